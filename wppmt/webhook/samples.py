"""A sample of each webhook event (docs/MULTI_TENANT_ARCHITECTURE.md 5.2), to try a receiver out. All say `test`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ONE_PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg=="
_SAMPLES: Mapping[str, Mapping[str, Any]] = {
    "test": {},
    "message_received": {
        "message": {
            "id": "3EB0F6F2E2E2E2E2E30",
            "from": "5511888888888@c.us",
            "to": "5511999999999@c.us",
            "body": "Olá, tudo bem?",
            "type": "chat",
            "timestamp": 1739202900,
            "isGroupMsg": False,
            "sender": {"name": "Maria Souza", "phone": "5511888888888"},
            "messageId": "false_5511888888888@c.us_3EB0F6F2E2E2E2E2E30",
            "chatId": "5511888888888@c.us",
            "fromMe": False,
        }
    },
    "message_ack": {
        "messageId": "3EB0F6F2E2E2E2E2E2E",
        "status": "delivered",
        "ack": 2,
        "to": "5511999999999@c.us",
    },
    "connection_change": {
        "status": "phone_disconnected",
        "previousStatus": "connected",
        "reason": "Celular desconectado da internet",
        "reasonCode": "PHONE_OFFLINE",
    },
    "qr_code": {"qrCode": _ONE_PIXEL, "expiresAt": "2026-02-10T14:35:00Z"},
    "account_changed": {"phone": "5511999999999", "previousPhone": "5511777777777"},
    "error": {"error": "Falha na autenticação", "code": "AUTH_FAILED", "recoverable": True},
}


def sample(name: str) -> dict[str, Any]:
    """The fields beside the envelope's of an event called `name`; "test" is an event that means nothing."""
    return {**_SAMPLES[name], "test": True}
