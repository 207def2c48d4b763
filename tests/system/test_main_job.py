"""The main job, end to end: pair, send, receive."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import wait_until
from tests.system.conftest import NewTenant
from tests.system.daemon import Daemon
from tests.system.tenant import Tenant, new_text

pytestmark = pytest.mark.chrome


def test_a_tenant_pairs_by_the_qr_picture_of_the_api(new_tenant: NewTenant):
    tenant = new_tenant()
    started = tenant.start(description="Conta WhatsApp da Empresa ABC")
    assert started.status == 201
    assert started.json["status"] == "initializing"
    assert started.json["qrCode"] is None

    code = tenant.hears("qr_code")
    shown = tenant.daemon.api.get(f"{tenant.path}/qrcode")
    assert shown["status"] == "waiting_scan"
    assert shown["qrCode"].startswith("data:image/png;base64,")
    assert shown["expiresAt"] == code["expiresAt"]
    assert shown["qrCode"] == code["qrCode"]

    tenant.scan(tenant.read_qr())
    change = tenant.hears("connection_change", status="connected")
    assert change["previousStatus"] == "waiting_scan"
    status = tenant.status()
    assert (status["status"], status["phone"]) == ("connected", tenant.phone)
    assert (status["connectedAt"], status["description"]) != (None, None)
    assert tenant.daemon.api.get(f"{tenant.path}/qrcode") == {
        "sessionId": tenant.name,
        "status": "connected",
        "message": "WhatsApp já está conectado",
        "phone": tenant.phone,
    }
    assert tenant.changes() == [
        ("disconnected", "initializing"),
        ("initializing", "waiting_scan"),
        ("waiting_scan", "connected"),
    ]


def test_a_message_reaches_the_phone_once_and_its_receipts_come_back(tenant: Tenant, stranger: str):
    text = new_text()
    sent = tenant.send(stranger, text)
    assert sent.status == 200, sent
    assert (sent.json["success"], sent.json["status"], sent.json["to"]) == (True, "sent", f"{stranger}@c.us")
    message_id = sent.json["id"]

    phones = tenant.daemon.phones
    [line] = phones.inbox(stranger, wait=5)
    assert (line["id"], line["from"], line["body"]) == (message_id, f"{tenant.phone}@c.us", text)
    assert tenant.hears("message_ack", messageId=message_id)["status"] == "sent"

    phones.receipt(stranger, message_id, 2)
    assert tenant.hears("message_ack", messageId=message_id, ack=2)["status"] == "delivered"
    phones.receipt(stranger, message_id, 3)
    assert tenant.hears("message_ack", messageId=message_id, ack=3)["status"] == "read"

    assert len(phones.inbox(stranger)) == 1
    acks = [event["ack"] for event in tenant.webhooks().values() if event["event"] == "message_ack"]
    assert acks == [1, 2, 3]
    assert tenant.status()["messagesSent"] == 1
    assert tenant.daemon.api.get(f"{tenant.path}/messages/{message_id}")["status"] == "read"


def test_an_answer_comes_by_webhook_once(tenant: Tenant, stranger: str):
    text, last = new_text(), new_text()
    tenant.daemon.private |= {text, last}
    message_id = tenant.daemon.phones.write(stranger, tenant.phone, text)
    message = tenant.hears_message(text)
    assert (message["id"], message["from"]) == (message_id, f"{stranger}@c.us")
    assert message["to"] == f"{tenant.phone}@c.us"
    assert (message["type"], message["isGroupMsg"], message["fromMe"]) == ("chat", False, False)
    assert message["sender"] == {"name": "Maria Souza", "phone": stranger}

    tenant.daemon.phones.write(stranger, tenant.phone, last)
    tenant.hears_message(last)
    arrived = [event["message"]["body"] for event in tenant.webhooks().values() if "message" in event]
    assert arrived == [text, last]
    assert tenant.status()["messagesReceived"] == 2


def test_two_tenants_write_to_each_other(new_tenant: NewTenant):
    one, other = new_tenant().connect(), new_tenant().connect()
    for sender, recipient in ((one, other), (other, one)):
        text = new_text()
        sent = sender.send(recipient.phone, text)
        assert sent.status == 200, sent
        message = recipient.hears_message(text)
        assert (message["id"], message["from"]) == (sent.json["id"], f"{sender.phone}@c.us")
        assert len(recipient.inbox(sent.json["id"])) == 1


def test_webhooks_and_event_log_agree(tenant: Tenant, stranger: str):
    for _ in range(3):
        assert tenant.send(stranger, new_text()).status == 200
    logged = tenant.logged_events()
    assert [event["sequence"] for event in logged] == list(range(1, len(logged) + 1))
    # The log has also what nobody asked for.
    asked = [event for event in logged if event["event"] != "account_limit"]
    tenant.hears("message_ack", messageId=asked[-1]["messageId"])
    assert list(tenant.webhooks().values()) == asked


def test_halves_of_emojis_in_names_and_messages_harm_nobody(new_tenant: NewTenant, stranger: str):
    """Any customer of a tenant can send one; it has no UTF-8, so neither the store nor an answer could hold it."""
    tenant = new_tenant()
    phones = tenant.daemon.phones
    phones.register(tenant.phone, "Loja \ud83d")
    phones.register(stranger, "Maria \ud83d")
    tenant.connect()
    assert tenant.status()["pushname"] == "Loja \ufffd"

    text = new_text()
    phones.write(stranger, tenant.phone, f"{text} \ud83d")
    assert tenant.hears_message(f"{text} \ufffd")["sender"]["name"] == "Maria \ufffd"
    contacts = tenant.daemon.api.get(f"{tenant.path}/contacts")["contacts"]
    assert stranger in {contact["phone"] for contact in contacts}


def test_typing_is_shown_before_the_message(tenant: Tenant, stranger: str):
    sent = tenant.send(stranger, new_text(), typing=True, typingDuration=300)
    assert sent.status == 200, sent
    mine = [entry for entry in tenant.daemon.phones.log() if entry.get("phone") == tenant.phone]
    typing = next(entry for entry in mine if entry["event"] == "typing")
    send = next(entry for entry in mine if entry["event"] == "send")
    assert send["t"] - typing["t"] >= 0.25


def test_a_phone_pairs_by_a_code_that_it_types(new_tenant: NewTenant):
    tenant = new_tenant()
    assert tenant.start(phone=tenant.phone).status == 201
    shown = wait_until(lambda: tenant.daemon.api.get(f"{tenant.path}/qrcode").get("pairingCode"), 20)
    assert shown
    tenant.daemon.private.add(shown)
    tenant.daemon.phones.pair_code(tenant.phone, shown)
    assert tenant.hears("connection_change", status="connected")["previousStatus"] == "waiting_scan"


def test_the_log_tells_the_story_without_its_words(tenant: Tenant, stranger: str, shared_daemon: Daemon):
    text = new_text()
    message_id = tenant.send(stranger, text).json["id"]
    tenant.daemon.phones.write(stranger, tenant.phone, text)
    tenant.hears_message(text)

    def told() -> list[dict[str, Any]]:
        lines = [line for line in shared_daemon.log() if line["sessionId"] == tenant.name]
        return lines if any(line["details"].get("messageId") == message_id for line in lines) else []

    lines = wait_until(told)
    assert {"timestamp", "level", "sessionId", "event", "details", "metadata"} <= set(lines[0])
    changes = [line["details"] for line in lines if line["event"] == "connection_change"]
    assert changes[-1]["status"] == "connected"
    sent = next(line for line in lines if line["details"].get("messageId") == message_id)
    assert stranger[-4:] in str(sent["details"]["to"])
    assert not shared_daemon.leaks()
