"""Each class of trouble, provoked for real: told apart, told in words, and mended as far as it can be."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support import wait_until
from tests.system.conftest import NewDaemon, NewTenant
from tests.system.daemon import ROOT
from tests.system.tenant import Tenant, new_text
from wppmt.simulator.client import SimulatorError

pytestmark = pytest.mark.chrome

BEAT_SECONDS = 10.0
"""Dialogs are looked for with every beat."""


def strike(tenant: Tenant, kind: str, **options: Any) -> str:
    """Order a fault for this tenant's number."""
    return tenant.daemon.phones.fault(kind, phone=tenant.phone, **options)


def send_async(tenant: Tenant, to: str) -> str:
    """The id of a message whose fate is told later."""
    text = new_text()
    tenant.daemon.private.add(text)
    body = {"phone": to, "message": text}
    headers = {"Prefer": "respond-async"}
    answer = tenant.daemon.api.call("POST", f"{tenant.path}/send-message", body, headers=headers)
    assert (answer.status, answer.json["status"]) == (202, "pending")
    return str(answer.json["id"])


def assert_needs_person(tenant: Tenant, code: str) -> None:
    """State `error` with its reason, one `error` webhook, and a line for the operator that says what to do."""
    change = tenant.hears("connection_change", status="error")
    assert (change["reasonCode"], tenant.hears("error")["code"]) == (code, code)
    status = tenant.status()
    assert (status["status"], status["reasonCode"], status["reason"]) == ("error", code, change["reason"])
    manual = (ROOT / "docs" / "operacao.md").read_text()
    assert re.search(rf"^\| `{code}` \|.+\|.+\|$", manual, re.MULTILINE)


def assert_restart_mends(tenant: Tenant) -> None:
    assert tenant.post("restart").status == 202
    tenant.hears("connection_change", status="connected")


@pytest.mark.long
@pytest.mark.timeout(400)
def test_a_login_used_elsewhere_is_noticed_and_taken_back_once(tenant: Tenant, stranger: str):
    strike(tenant, "conflict")
    tenant.hears("connection_change", status="reconnecting", limit=200)
    tenant.hears("connection_change", status="connected", limit=60)
    assert tenant.send(stranger, new_text()).status == 200


def test_a_login_that_whatsapp_refuses_shows_codes_again(new_tenant: NewTenant, stranger: str):
    tenant = new_tenant().connect()
    strike(tenant, "tos_block")
    tenant.hears("connection_change", status="waiting_scan", limit=60)
    refused = tenant.send(stranger, new_text())
    assert (refused.status, refused.json["reconnectRequired"]) == (503, True)


def test_a_page_that_wants_an_update_is_opened_anew(tenant: Tenant, stranger: str):
    strike(tenant, "needs_update")
    change = tenant.hears("connection_change")
    assert (change["status"], change["reasonCode"]) == ("reconnecting", "UPDATE_NEEDED")
    tenant.hears("connection_change", status="connected")
    assert tenant.send(stranger, new_text()).status == 200


def test_a_passkey_is_asked_for_and_no_more_codes_are_shown(new_tenant: NewTenant):
    tenant = new_tenant()
    code = tenant.show_qr()
    strike(tenant, "passkey_required")
    with pytest.raises(SimulatorError):
        tenant.scan(code)
    assert_needs_person(tenant, "PASSKEY_REQUIRED")
    assert tenant.daemon.api.qr_text(tenant.name) is None
    assert tenant.post("restart").status == 202
    tenant.hears("qr_code")
    tenant.scan(tenant.read_qr())
    tenant.hears("connection_change", status="connected")


def test_a_refused_pairing_is_reported_and_the_next_code_works(new_tenant: NewTenant):
    tenant = new_tenant()
    code = tenant.show_qr()
    strike(tenant, "pairing_refused")
    with pytest.raises(SimulatorError):
        tenant.scan(code)
    assert tenant.hears("error")["code"] == "AUTH_FAILED"
    wait_until(lambda: tenant.daemon.api.qr_text(tenant.name) != code)
    tenant.scan(tenant.read_qr())
    tenant.hears("connection_change", status="connected")


def test_whatsapps_news_are_read_before_they_cost_the_login(tenant: Tenant, stranger: str):
    """The simulator unlinks a device that leaves them unread, as WhatsApp does."""
    strike(tenant, "whats_new_dialog", unlinkAfterMs=2000 * BEAT_SECONDS)
    told = ("news_dismissed", tenant.name)
    wait_until(
        lambda: any((line["event"], line["sessionId"]) == told for line in tenant.daemon.log()),
        2 * BEAT_SECONDS + 10,
    )
    assert tenant.send(stranger, new_text()).status == 200
    assert tenant.status()["status"] == "connected"


def test_a_new_contact_is_refused_and_then_left_alone(tenant: Tenant, stranger: str, new_tenant: NewTenant):
    friend, hello = new_tenant(), new_text()
    friend.daemon.phones.write(friend.phone, tenant.phone, hello)
    tenant.hears_message(hello)
    strike(tenant, "reachout_timelock", count=1)
    wait_until(lambda: tenant.daemon.api.get(f"{tenant.path}/limits")["coolDown"]["active"])
    for _ in range(2):
        refused = tenant.send(stranger, new_text())
        assert (refused.status, refused.json["code"]) == (429, "REACHOUT_TIMELOCK")
        assert 3500 < int(refused.headers["Retry-After"]) <= 3600
        assert tenant.send(friend.phone, new_text()).status == 200
    assert tenant.hears("error")["code"] == "REACHOUT_TIMELOCK"
    assert tenant.daemon.phones.inbox(stranger) == []
    reached = [
        line for line in tenant.daemon.phones.log() if line["event"] == "fault" and line.get("message")
    ]
    assert len([line for line in reached if line["phone"] == tenant.phone]) == 0
    assert tenant.status()["status"] == "connected"


def test_a_refused_message_is_an_error_of_that_message_alone(tenant: Tenant, stranger: str):
    strike(tenant, "send_reject", count=1)
    refused = tenant.send(stranger, new_text())
    assert (refused.status, refused.json["code"]) == (422, "SEND_FAILED")
    assert tenant.send(stranger, new_text()).status == 200
    assert len(tenant.daemon.phones.inbox(stranger)) == 1


@pytest.mark.parametrize("body", ["", "Service Unavailable"])
def test_a_page_that_does_not_load_is_reported_as_such(new_tenant: NewTenant, body: str):
    tenant = new_tenant()
    tenant.daemon.phones.fault("page_load_error", status=503, body=body)
    assert tenant.start().status == 201
    assert tenant.hears("connection_change", status="reconnecting")["reasonCode"] == "PAGE_LOAD_FAILED"
    tenant.hears("qr_code", limit=45)


@pytest.mark.long
@pytest.mark.timeout(200)
def test_a_connection_without_acknowledgements_is_not_connected(tenant: Tenant, stranger: str):
    fault = strike(tenant, "ack_never")
    ids = [send_async(tenant, stranger) for _ in range(3)]
    browser = tenant.browser.pid
    change = tenant.hears("connection_change", limit=80)
    assert (change["status"], change["reasonCode"]) == ("reconnecting", "ACKS_MISSING")
    tenant.hears("connection_change", status="connected")
    assert tenant.browser.pid == browser
    tenant.hears("connection_change", reasonCode="ACKS_MISSING", limit=80)
    tenant.daemon.phones.delete_fault(fault)
    tenant.hears("connection_change", status="connected", limit=45)
    assert tenant.browser.pid != browser
    for message_id in ids:
        assert tenant.hears("message_ack", messageId=message_id)["status"] == "sent"
    assert [line["id"] for line in tenant.daemon.phones.inbox(stranger)] == ids


@pytest.mark.timeout(120)
def test_a_browser_that_grows_is_exchanged_and_keeps_its_login(new_daemon: NewDaemon, new_tenant: NewTenant):
    # The only Chrome of a machine shares its 200 MB of program with nobody.
    daemon = new_daemon(WPP_TENANT_MEMORY_MB="450", WPP_TENANT_MEMORY_HARD_MB="500", WPP_MEASURE_SECONDS="1")
    daemon.start()
    tenant = new_tenant(daemon).connect()
    [device] = tenant.devices()
    browser = tenant.browser.pid
    strike(tenant, "heap_mb", mb=400)
    change = tenant.hears("connection_change")
    assert (change["status"], change["reasonCode"]) == ("reconnecting", "RECYCLED")
    tenant.hears("connection_change", status="connected")
    assert tenant.browser.pid != browser
    assert [one["device"] for one in tenant.devices()] == [device["device"]]
    assert wait_until(lambda: tenant.status()["memoryMb"]) < 450
