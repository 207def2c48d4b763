"""The dashboard in a real Chrome: a newcomer's way in, each trouble told in words, what can be done about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys

from tests.support import wait_until
from tests.system.chromeless import chromeless, settle
from tests.system.conftest import NewTenant
from tests.system.customer import DESK
from tests.system.daemon import Daemon
from tests.system.operator_browser import Operator
from tests.system.tenant import Tenant
from wppmt.cli.sink import Sink

pytestmark = [pytest.mark.chrome, pytest.mark.timeout(120)]

PHONE = (320, 640)


@pytest.fixture(scope="module")
def operator() -> Iterator[Operator]:
    made = Operator()
    yield made
    made.leaves()


@pytest.fixture
def at_work(operator: Operator, shared_daemon: Daemon) -> Operator:
    operator.looks()
    operator.logs_in(shared_daemon.api.url, shared_daemon.api.token())
    return operator


def row(tenant: Tenant, state: str = "") -> str:
    return f"[data-session={tenant.name}]" + (f"[data-state={state}]" if state else "")


def details(at_work: Operator, tenant: Tenant, part: str = "summary") -> None:
    at_work.clicks(f"{row(tenant)} .link")
    at_work.clicks(f"[data-part={part}]")


def test_a_newcomer_gets_in_and_pairs_a_session_in_the_page(
    operator: Operator, shared_daemon: Daemon, new_tenant: NewTenant
):
    tenant, token = new_tenant(), shared_daemon.api.token()
    operator.looks()
    operator.opens(shared_daemon.api.url, DESK)
    operator.reads("wppmt token --admin")
    assert operator.hindrances() == []
    operator.keeps_picture("entrada")
    operator.types("#token", token + Keys.ENTER)
    operator.clicks("#new-session")
    operator.types("#new-id", tenant.name)
    assert operator.hindrances() == []
    operator.clicks("#new-start")
    code = wait_until(operator.qr_text_of_dialog, 30)
    assert code is not None
    tenant.daemon.private.add(code)
    operator.keeps_picture("qr")
    assert operator.hindrances() == []
    tenant.scan(code)
    operator.finds("#qr-done", 15)
    operator.loses("dialog")
    operator.finds(row(tenant, "connected"), 2)
    assert token not in operator.address
    assert operator.does("return localStorage.length === 0 || !JSON.stringify(localStorage).includes('eyJ')")
    assert operator.complaints() == []
    assert operator.hosts() == {"127.0.0.1"}


def test_it_fits_a_phone_and_the_dark_and_hinders_nobody(at_work: Operator, tenant: Tenant):
    at_work.finds(row(tenant, "connected"))
    for name, size, dark in (("mesa", DESK, False), ("celular", PHONE, False), ("escuro", (1440, 900), True)):
        at_work.looks(size=size, dark=dark)
        assert at_work.width <= size[0], name
        assert at_work.hindrances() == [], name
        at_work.keeps_picture(name)
        details(at_work, tenant)
        assert at_work.hindrances() == [], name
        at_work.keeps_picture(f"{name}-sessao")
        at_work.presses(Keys.ESCAPE)
        at_work.loses("dialog")
    at_work.clicks("#language")
    at_work.shows(row(tenant), "Connected to WhatsApp")
    at_work.clicks("#language")
    at_work.shows(row(tenant), "Conectado ao WhatsApp")
    assert at_work.complaints() == []


def test_its_screen_its_day_and_its_story_are_shown(at_work: Operator, tenant: Tenant):
    details(at_work, tenant, "screen")
    wait_until(lambda: at_work.does("return document.querySelector('img.screen')?.naturalWidth ?? 0") > 300)
    assert at_work.finds("img.screen").size["width"] > 300
    at_work.keeps_picture("tela")
    for part in ("day", "webhook", "explain"):
        at_work.clicks(f"[data-part={part}]")
        wait_until(lambda: "Carregando" not in at_work.text("#detail-part"), 10)
        assert at_work.hindrances() == [], part
        at_work.keeps_picture(f"parte-{part}")
    at_work.presses(Keys.ESCAPE)
    for view in ("alerts", "webhooks", "actors", "audit"):
        at_work.clicks(f"nav a[href='#{view}']")
        wait_until(lambda: "Carregando" not in at_work.text("#view"), 10)
        assert at_work.hindrances() == [], view
        at_work.keeps_picture(f"secao-{view}")
    # What was done last: the service's own start is the oldest.
    at_work.shows("#view tbody tr", "session.")
    assert not [line for line in at_work.complaints() if "404" not in line]


def test_a_logout_is_asked_twice_and_says_what_is_lost(at_work: Operator, tenant: Tenant):
    details(at_work, tenant)
    at_work.clicks("[data-act=logout]")
    at_work.shows("dialog.confirm", "o login: o cliente terá de ler um novo QR Code")
    at_work.clicks("#confirm-yes")
    at_work.finds("#confirm-word")
    assert not at_work.finds("#confirm-yes").is_enabled()
    assert tenant.status()["status"] == "connected"
    at_work.types("#confirm-word", tenant.name)
    at_work.clicks("#confirm-yes")
    at_work.finds(row(tenant, "disconnected"))
    wait_until(lambda: tenant.devices() == [])


def test_who_is_no_administrator_sees_their_own_and_is_told_so(
    operator: Operator, shared_daemon: Daemon, new_tenant: NewTenant
):
    tenant, other = new_tenant(), new_tenant()
    other.start()
    tenant.start()
    operator.looks()
    operator.logs_in(shared_daemon.api.url, shared_daemon.api.token(sessions=[tenant.name], scope=""))
    operator.finds(row(tenant))
    assert operator.all(row(other)) == []
    operator.reads("só as sessões do seu token")
    operator.clicks("nav a[href='#alerts']")
    operator.shows("#view", "permissão de administrador")
    assert operator.hindrances() == []
    operator.keeps_picture("sem-permissao")
    operator.clicks("#leave")
    operator.types("#token", shared_daemon.api.token() + "x" + Keys.ENTER)
    operator.shows("#login-problem", "não é aceito")
    operator.keeps_picture("token-recusado")


def test_an_event_that_was_given_up_is_seen_with_its_attempts_and_delivered_again(
    operator: Operator, tmp_path: Path
):
    status = [410]
    with Sink(0, lambda _: status[0]) as sink:
        daemon = chromeless(tmp_path / "letters", WPP_EGRESS_ALLOW=sink.target)
        try:
            daemon.start()
            daemon.api.call("POST", "/api/sessions/padaria/start", {"webhookUrl": sink.url})
            operator.looks()
            operator.logs_in(daemon.api.url, daemon.api.token())
            operator.shows("[data-session=padaria]", "abandonados")
            operator.clicks("nav a[href='#webhooks']")
            operator.clicks(".card button")
            operator.clicks(".letters [aria-expanded]")
            operator.shows(".attempts", "HTTP 410")
            assert operator.hindrances() == []
            operator.keeps_picture("abandonados")
            assert daemon.api.call("DELETE", "/api/sessions/padaria").status == 200
            settle(daemon)
            status[0] = 204
            put = daemon.api.call("PUT", "/api/sessions/padaria/webhook", {"url": sink.url})
            assert put.status == 200
            operator.clicks("#detail-part .main")
            operator.shows("#detail-part", "Nenhum evento abandonado")
            wait_until(lambda: daemon.api.get("/api/health")["webhooks"] == {"pending": 0, "dead": 0}, 10)
        finally:
            operator.does("sessionStorage.clear()")
            daemon.end()
