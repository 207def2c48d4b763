"""How bridge.js names things, for what the fake page tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wppmt.domain.inventory import Inventory


def told_message(message: Mapping[str, Any], phone: str) -> dict[str, Any]:
    """Of the page whose account has this phone: received, or written by the owner on the phone, `to` somebody."""
    sender, group = message["from"], message.get("group")
    me, person = f"{phone}@c.us", f"{sender}@c.us"
    is_own = person == me
    chat = group or (f"{message['chat']}@c.us" if is_own else person)
    kind = message.get("type", "chat")
    shape = {
        "id": message["id"],
        "messageId": f"{str(is_own).lower()}_{chat}_{message['id']}" + (f"_{person}" if group else ""),
        "chatId": chat,
        "chatNames": [chat],
        "fromMe": is_own,
        "from": me if is_own else chat,
        "to": chat if is_own else me,
        "content": {
            "body" if kind == "chat" else "caption": message["body"],
            **message.get("content", {}),
        },
        "type": kind,
        "timestamp": int(message["t"]),
        "isGroupMsg": bool(group),
        "sender": {"name": message["name"], "phone": sender},
        **(message.get("media") or {}),
        **(message.get("marks") or {}),
    }
    return shape | ({"author": person, "authorNames": [person]} if group else {})


def told_inventory(inventory: Inventory) -> dict[str, Any]:
    return {
        "missing": list(inventory.missing),
        "canReceive": inventory.can_receive,
        "canSend": inventory.can_send,
        "canAck": inventory.can_ack,
        "canSendMedia": inventory.can_send_media,
        "whatsappBuild": inventory.whatsapp_build,
        "waJs": inventory.wa_js,
    }
