"""How settings become the policies of the parts, but for the HTTP front's: plain values, and no part itself."""

from __future__ import annotations

from actors.session.policy import SessionPolicy
from actors.watch.policy import AlertPolicy, Thresholds
from actors.webhooks.policy import WebhookPolicy
from wppmt.app import mail
from wppmt.app.addresses import base_url
from wppmt.app.settings import Settings
from wppmt.domain.contact_policy import ContactPolicy
from wppmt.domain.units import MEGABYTE
from wppmt.webhook.schedule import WebhookSchedule

DAY = 86_400.0
FORCED_STOP_SECONDS = 25.0
"""On top of the browser's own deadline: its processes are killed and reaped, and the login is copied."""
REPORT_SECONDS = 5.0
"""On top of that: the session handles it and answers."""


def session_policy(settings: Settings) -> SessionPolicy:
    sessions, browser = settings.sessions, settings.browser
    return SessionPolicy(
        qr_max=sessions.qr_max,
        send_deadline=sessions.send_deadline_seconds,
        beat_seconds=browser.beat_seconds,
        memory_mb=sessions.tenant_memory_mb,
        memory_hard_mb=sessions.tenant_memory_hard_mb,
        copy_seconds=settings.store.login_copy_hours * 3600,
        audit_seconds=sessions.audit_minutes * 60,
        media_bytes=settings.media.max_mb * MEGABYTE,
        media_eager=settings.media.received_eager,
        close_deadline=browser.stop_deadline_seconds + FORCED_STOP_SECONDS,
        contacts=contact_policy(settings),
    )


def contact_policy(settings: Settings) -> ContactPolicy:
    """Of sessions that have none of their own."""
    policy = settings.policy
    return ContactPolicy(
        new_contacts_per_day=policy.new_per_day,
        warm_up=policy.warm_up,
        gap_min=policy.gap_min_seconds,
        gap_max=policy.gap_max_seconds,
        quiet_from=policy.quiet_from,
        quiet_to=policy.quiet_to,
        time_zone=policy.time_zone,
    )


def all_browsers_stop_seconds(settings: Settings) -> float:
    """Within which all browsers go down together, and their sessions have said so."""
    return settings.browser.stop_deadline_seconds + FORCED_STOP_SECONDS + REPORT_SECONDS


def webhook_policy(settings: Settings) -> WebhookPolicy:
    webhooks = settings.webhooks
    return WebhookPolicy(
        hold_seconds=webhooks.hold_hours * 3600,
        auto_replay=webhooks.auto_replay,
        default_url=webhooks.url,
        pending_max=webhooks.pending_max,
        keep_seconds=settings.store.keep_events_days * DAY,
        audit_keep_seconds=settings.store.keep_audit_days * DAY,
        journal_keep_seconds=settings.store.keep_journal_days * DAY,
    )


def alert_policy(settings: Settings) -> AlertPolicy:
    alerts = settings.alerts
    thresholds = Thresholds(
        memory_share=alerts.memory_percent / 100,
        cpu_share=alerts.cpu_percent / 100,
        error_rate=alerts.error_percent / 100,
        response_seconds=alerts.slow_seconds,
        webhooks_failed=alerts.webhooks_failed,
        free_slots_share=alerts.free_slots_percent / 100,
        default_endpoint=settings.webhooks.url,
    )
    return AlertPolicy(thresholds, alerts.webhook_url, mail.url(alerts.email))


def webhook_schedule(settings: Settings) -> WebhookSchedule:
    return WebhookSchedule(settings.webhooks.retries)


def public_url(settings: Settings) -> str:
    """The API as those outside reach it; without a slash at its end."""
    return settings.http.public_url.rstrip("/") or base_url(settings.http.host, settings.http.port)
