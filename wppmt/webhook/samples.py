"""A sample of each webhook event (docs/MULTI_TENANT_ARCHITECTURE.md 5.2), to try a receiver out. All say `test`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ONE_PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTj2FAAAAABJRU5ErkJggg=="
_MESSAGE = {
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
    "chatKey": "5511888888888@c.us",
    "fromMe": False,
}
_ON_THE_PHONE = {
    **_MESSAGE,
    "id": "3A5D21C0B1E2F3A4B5C6",
    "from": "5511999999999@c.us",
    "to": "5511888888888@c.us",
    "body": "Já vou verificar",
    "sender": {"name": "Loja", "phone": "5511999999999"},
    "messageId": "true_5511888888888@c.us_3A5D21C0B1E2F3A4B5C6",
    "fromMe": True,
}
_CHANGED = {
    "messageId": "3EB0F6F2E2E2E2E2E30",
    "chatId": "5511888888888@c.us",
    "chatKey": "5511888888888@c.us",
    "from": "5511888888888@c.us",
    "fromMe": False,
}
_SAMPLES: Mapping[str, Mapping[str, Any]] = {
    "test": {},
    "message_received": {"message": _MESSAGE},
    "message_sent": {"message": _ON_THE_PHONE},
    "message_edited": {
        "message": {**_MESSAGE, "body": "Olá, tudo bem? Fecham às 18h?", "editedAt": 1739203000}
    },
    "message_revoked": _CHANGED,
    "message_reaction": {**_CHANGED, "emoji": "👍"},
    "poll_vote": {**_CHANGED, "options": ["Manhã"]},
    "call_received": {
        "callId": "7B1E6A0C5D2F4E8A9B3C1D0E2F4A6B8C",
        "from": "5511888888888@c.us",
        "isVideo": False,
        "isGroup": False,
    },
    "group_change": {
        "groupId": "120363041234567890@g.us",
        "action": "add",
        "by": "5511888888888@c.us",
        "participants": ["5511777777777@c.us"],
    },
    "presence_change": {
        "chatId": "5511888888888@c.us",
        "chatKey": "5511888888888@c.us",
        "from": "5511888888888@c.us",
        "state": "composing",
    },
    "label_change": {"labelId": "3", "name": "Pedido novo", "action": "add", "chatId": "5511888888888@c.us"},
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
    "account_limit": {
        "coolDown": {
            "active": True,
            "kind": "DEFAULT",
            "until": "2026-02-11T14:30:00Z",
            "source": "whatsapp",
        },
        "newChats": {"status": None, "used": None, "total": None, "cycleEndsAt": None, "source": "unknown"},
        "budget": {"perDay": 30, "used": 12, "resetsAt": "2026-02-11T03:00:00Z"},
        "paused": True,
    },
    "error": {"error": "Falha na autenticação", "code": "AUTH_FAILED", "recoverable": True},
}


def sample(name: str) -> dict[str, Any]:
    """The fields beside the envelope's of an event called `name`; "test" is an event that means nothing."""
    return {**_SAMPLES[name], "test": True}
