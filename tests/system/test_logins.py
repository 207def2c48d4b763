"""A login is never lost unless someone ends it: close, restart, log out, unlink, offline."""

from __future__ import annotations

from contextlib import suppress

import pytest

from tests.support import wait_until
from tests.system import processes
from tests.system.conftest import NewTenant
from tests.system.receiver import WAIT_SECONDS
from tests.system.tenant import Tenant, new_text
from wppmt.simulator.client import SimulatorError

pytestmark = pytest.mark.chrome

CLOSED = "Sessão encerrada. Tokens preservados para reconexão futura."
LOGGED_OUT = "Logout realizado. QR Code será necessário na próxima conexão."


def test_a_closed_session_keeps_its_login(tenant: Tenant, stranger: str):
    group = processes.groups({tenant.browser})
    for answer in (tenant.close(), tenant.close(), tenant.post("disconnect")):
        assert (answer.status, answer.json) == (200, {"success": True, "message": CLOSED})
    assert not processes.alive(group)
    assert tenant.hears("connection_change", status="disconnected")["previousStatus"] == "connected"
    refused = tenant.send(stranger, new_text())
    assert refused.status == 503
    assert refused.json["error"] == "WhatsApp não está conectado"
    assert (refused.json["status"], refused.json["reconnectRequired"]) == ("disconnected", True)

    assert tenant.start().status == 200
    assert tenant.hears("connection_change", status="connected")["previousStatus"] == "initializing"
    assert [event["event"] for event in tenant.webhooks().values()].count("qr_code") == 1
    assert tenant.send(stranger, new_text()).status == 200


def test_a_second_start_changes_nothing(tenant: Tenant):
    browser = tenant.browser.pid
    again = tenant.start()
    assert (again.status, again.json["status"]) == (200, "connected")
    assert tenant.browser.pid == browser


def test_logout_unlinks_the_phone_and_removes_the_profile(tenant: Tenant):
    answer = tenant.post("logout")
    assert (answer.status, answer.json) == (200, {"success": True, "message": LOGGED_OUT})
    assert tenant.devices() == []
    assert not tenant.daemon.profile(tenant.name).exists()
    assert tenant.status()["status"] == "disconnected"
    tenant.scan(tenant.show_qr())
    tenant.hears("connection_change", status="connected")


def test_a_closed_session_is_unlinked_by_logout_too(tenant: Tenant):
    assert tenant.close().status == 200
    assert tenant.post("logout").json == {"success": True, "message": LOGGED_OUT}
    assert tenant.devices() == []
    assert not tenant.daemon.profile(tenant.name).exists()


def test_unlinked_on_the_phone_a_session_shows_a_new_qr(tenant: Tenant):
    tenant.daemon.phones.unlink(tenant.phone)
    change = tenant.hears("connection_change", status="waiting_scan")
    assert (change["previousStatus"], change["reasonCode"]) == ("connected", "LOGGED_OUT")
    assert "desvinculado" in change["reason"]
    tenant.hears("qr_code")
    tenant.scan(tenant.read_qr())
    tenant.hears("connection_change", status="connected")


@pytest.mark.timeout(90)
def test_a_lost_network_is_reported_and_its_return_too(tenant: Tenant, stranger: str):
    phones = tenant.daemon.phones
    refusing = phones.fault("refuse_socket", phone=tenant.phone, count=1000)
    phones.fault("drop_socket", phone=tenant.phone)
    change = tenant.hears("connection_change", status="phone_disconnected", limit=30)
    assert (change["previousStatus"], change["reasonCode"]) == ("connected", "NETWORK")
    refused = tenant.send(stranger, new_text())
    assert (refused.status, refused.json["status"]) == (503, "phone_disconnected")
    assert refused.json["reconnectRequired"] is False
    phones.delete_fault(refusing)
    back = tenant.hears("connection_change", status="connected", limit=40)
    assert back["previousStatus"] == "phone_disconnected"
    assert tenant.send(stranger, new_text()).status == 200


def test_restart_of_an_unscanned_session_gives_a_new_qr(new_tenant: NewTenant):
    tenant = new_tenant()
    first, browser = tenant.show_qr(), tenant.browser
    assert tenant.post("restart").status == 202
    assert tenant.hears("connection_change", status="initializing")["previousStatus"] == "waiting_scan"
    tenant.hears("qr_code")
    second = tenant.read_qr()
    assert second != first
    assert not processes.alive({browser})
    tenant.scan(second)
    tenant.hears("connection_change", status="connected")


def test_restart_of_a_connected_session_keeps_its_login(tenant: Tenant, stranger: str):
    browser = tenant.browser
    assert tenant.post("restart").status == 202
    assert tenant.hears("connection_change", status="initializing")["previousStatus"] == "connected"
    assert tenant.hears("connection_change", status="connected")["previousStatus"] == "initializing"
    assert not processes.alive({browser})
    assert tenant.send(stranger, new_text()).status == 200


def test_an_unscanned_code_is_replaced_in_time(new_tenant: NewTenant):
    tenant = new_tenant()
    tenant.daemon.phones.fault("qr_expire_fast", ttlMs=1500)
    first = tenant.show_qr()
    tenant.hears("qr_code")
    wait_until(lambda: tenant.read_qr() != first, WAIT_SECONDS)

    def scans_in_time() -> bool:
        with suppress(SimulatorError):
            return bool(tenant.scan(tenant.read_qr()))
        return False

    wait_until(scans_in_time, WAIT_SECONDS)
    tenant.hears("connection_change", status="connected")
