"""Every button of the dashboard, pressed as an operator presses it; logout and replay of all are tried in test_dashboard.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import wait_until
from tests.system.chromeless import chromeless, settle
from tests.system.conftest import NewDaemon, NewTenant
from tests.system.operator_browser import Operator
from tests.system.tenant import Tenant
from tests.system.test_login_copies import lose_login
from wppmt.cli.sink import Sink
from wppmt.simulator.client import SimulatorError

pytestmark = [pytest.mark.chrome, pytest.mark.timeout(180)]

BACK_SECONDS = 40.0


@pytest.fixture(scope="module")
def operator() -> Iterator[Operator]:
    made = Operator()
    yield made
    made.leaves()


def row(tenant: Tenant, state: str) -> str:
    return f"[data-session={tenant.name}][data-state={state}]"


def presses(operator: Operator, tenant: Tenant, act: str) -> None:
    """A button of the session's own dialog, which is closed again."""
    operator.clicks(f"[data-session={tenant.name}] .link")
    operator.clicks(f"[data-act={act}]")


def leaves_details(operator: Operator) -> None:
    operator.does("document.querySelector('dialog.detail')?.close()")
    operator.loses("dialog.detail")


@pytest.mark.long
def test_every_button_of_a_session(operator: Operator, new_daemon: NewDaemon, new_tenant: NewTenant):
    daemon = new_daemon()
    daemon.start()
    tenant = new_tenant(daemon).connect()
    operator.looks()
    operator.logs_in(daemon.api.url, daemon.api.token(sub="ana"))

    presses(operator, tenant, "restart")
    operator.shows("#notices", tenant.name)
    tenant.hears("connection_change", status="connected", limit=BACK_SECONDS)
    operator.finds(row(tenant, "connected"))

    # No is no.
    operator.clicks("[data-act=close]")
    operator.shows("dialog.confirm", "login")
    operator.clicks("dialog.confirm .buttons button:not(.danger)")
    operator.loses("dialog.confirm")
    assert tenant.status()["status"] == "connected"
    operator.clicks("[data-act=close]")
    operator.clicks("#confirm-yes")
    operator.finds(row(tenant, "disconnected"), BACK_SECONDS)

    operator.clicks("[data-act=start]")
    operator.finds("#qr-done", BACK_SECONDS)
    operator.loses("dialog.qr")
    operator.finds(row(tenant, "connected"))
    leaves_details(operator)

    lose_login(tenant)
    operator.finds(row(tenant, "error"))
    presses(operator, tenant, "restore")
    operator.clicks("#confirm-yes")
    operator.finds(row(tenant, "connected"), BACK_SECONDS)
    leaves_details(operator)

    lose_login(tenant)
    operator.finds(row(tenant, "error"))
    presses(operator, tenant, "reset")
    operator.clicks("#confirm-yes")
    code = wait_until(operator.qr_text_of_dialog, BACK_SECONDS)
    assert code is not None
    daemon.private.add(code)
    tenant.scan(code)
    operator.finds("#qr-done", BACK_SECONDS)
    leaves_details(operator)
    operator.finds(row(tenant, "connected"))

    done = [
        one["action"]
        for one in daemon.api.get("/api/admin/audit?limit=1000")["entries"]
        if one["who"] == "ana"
    ]
    # A close is told when the browser has ended: by then the next button may be pressed.
    assert sorted(done) == [
        "session.close",
        "session.reset",
        "session.restart",
        "session.restore",
        "session.start",
    ]
    assert operator.complaints() == []


@pytest.mark.long
def test_all_that_crashed_are_restarted_by_one_button(
    operator: Operator, new_daemon: NewDaemon, new_tenant: NewTenant
):
    daemon = new_daemon()
    daemon.start()
    stuck, corrupt, well = (new_tenant(daemon) for _ in range(3))
    code = stuck.show_qr()
    daemon.phones.fault("passkey_required", phone=stuck.phone)
    with pytest.raises(SimulatorError):
        stuck.scan(code)
    stuck.reaches("error")
    lose_login(corrupt.connect())
    well.connect()
    browser = well.browser.pid
    operator.looks()
    operator.logs_in(daemon.api.url, daemon.api.token())
    operator.clicks("#restart-crashed")
    operator.shows("dialog.confirm", "erro")
    operator.clicks("#confirm-yes")
    operator.shows("#notices", f"{corrupt.name} (TOKEN_CORRUPT)")
    operator.finds(row(stuck, "waiting_scan"), BACK_SECONDS)
    assert corrupt.status()["reasonCode"] == "TOKEN_CORRUPT"
    assert (well.status()["status"], well.browser.pid) == ("connected", browser)


def test_one_event_of_those_given_up_is_delivered_again(operator: Operator, tmp_path: Path):
    status = [410]
    with Sink(0, lambda _: status[0]) as sink:
        daemon = chromeless(tmp_path / "letters", WPP_EGRESS_ALLOW=sink.target)
        try:
            daemon.start()
            daemon.api.call("POST", "/api/sessions/padaria/start", {"webhookUrl": sink.url})
            wait_until(lambda: daemon.api.get("/api/health")["webhooks"]["dead"] >= 2, 20)
            assert daemon.api.call("DELETE", "/api/sessions/padaria").status == 200
            dead = settle(daemon)["dead"]
            status[0] = 204
            operator.looks()
            operator.logs_in(daemon.api.url, daemon.api.token())
            operator.clicks("nav a[href='#webhooks']")
            operator.clicks(".card button")
            operator.shows(".letters", "HTTP 410")
            first = operator.text(".letters li strong")
            operator.clicks(".letters li .buttons button:not([aria-expanded])")
            operator.shows("#notices", "1")
            wait_until(lambda: settle(daemon)["dead"] == dead - 1, 10)
            wait_until(lambda: len(operator.all(".letters li")) == dead - 1, 10)
            assert first
        finally:
            operator.does("sessionStorage.clear()")
            daemon.end()
