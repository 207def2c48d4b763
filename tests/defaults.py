"""The parts' policies as config/default.toml has them, for tests; what a test is about it changes by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from actors.session.policy import SessionPolicy
from actors.webhooks.policy import WebhookPolicy
from wppmt.app import front_policies, policies
from wppmt.app.settings import load
from wppmt.http.ports import HttpPolicy
from wppmt.http.security.auth import AuthPolicy
from wppmt.webhook.schedule import WebhookSchedule

SETTINGS = load({"WPP_SECRET": "s" * 32, "WPP_SIMULATOR": "external"})


def session_policy(**changes: Any) -> SessionPolicy:
    return replace(policies.session_policy(SETTINGS), **changes)


def webhook_policy(**changes: Any) -> WebhookPolicy:
    return replace(policies.webhook_policy(SETTINGS), **changes)


def webhook_schedule(**changes: Any) -> WebhookSchedule:
    return replace(policies.webhook_schedule(SETTINGS), **changes)


def auth_policy(**changes: Any) -> AuthPolicy:
    return replace(front_policies.auth_policy(SETTINGS), **changes)


def http_policy(**changes: Any) -> HttpPolicy:
    return replace(front_policies.http_policy(SETTINGS), **changes)
