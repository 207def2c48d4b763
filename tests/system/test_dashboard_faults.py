"""Every fault that the simulator can set, as an operator sees it: the right reason and remedy in 5 s, or nothing amiss.

What must not show as trouble of the session is looked for where it belongs: in the story of the session or the message.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support import wait_until
from tests.system.conftest import NewDaemon, NewTenant
from tests.system.daemon import Daemon
from tests.system.operator_browser import Operator
from tests.system.tenant import Tenant, new_phone, new_text
from wppmt.domain.reasons import Reason, sentence
from wppmt.domain.remedies import remedy
from wppmt.simulator.client import SimulatorError
from wppmt.simulator.faults import KINDS

pytestmark = [pytest.mark.chrome, pytest.mark.timeout(240)]

TOLD_SECONDS = 5.0
"""From a session's state to its reason and remedy on the page."""
_RECORD = """
window.told = [];
const row = document.querySelector('[data-session=ID]');
new MutationObserver(() => window.told.push(row.textContent)).observe(row, { subtree: true, childList: true, characterData: true });
"""
Deed = Callable[[Tenant, str], object]
"""What is done once the fault is set; the second is somebody's number who has never written."""


def nothing(_: Tenant, __: str) -> None:
    return


def reopen(tenant: Tenant, _: str) -> None:
    assert tenant.post("restart").status == 202


def send(tenant: Tenant, to: str) -> None:
    tenant.send(to, new_text())


def send_later(tenant: Tenant, to: str) -> None:
    """Three, and nobody waits for them."""
    for _ in range(3):
        body = {"phone": to, "message": new_text()}
        headers = {"Prefer": "respond-async"}
        assert (
            tenant.daemon.api.call("POST", f"{tenant.path}/send-message", body, headers=headers).status == 202
        )


def send_preview(tenant: Tenant, to: str) -> None:
    assert tenant.send(to, f"{new_text()} https://exemplo.com", linkPreview=True).status == 200


def be_written_to(tenant: Tenant, stranger: str) -> None:
    tenant.daemon.phones.write(stranger, tenant.phone, new_text())


def scan(tenant: Tenant, _: str) -> None:
    with contextlib.suppress(SimulatorError):
        tenant.scan(tenant.read_qr())


@dataclass(frozen=True)
class Fault:
    """`kind` with `options`. `at` says when: on a page in use, on the next page that opens, or on one that is being paired."""

    kind: str
    reason: Reason | None = None
    """None: the session is as it was, and so is what is shown of it."""
    options: Mapping[str, Any] = field(default_factory=dict)
    at: str = "use"
    deed: Deed = nothing
    story: str = ""
    """Stands in what the page explains of the session."""
    within: float = 60.0
    """Until the service has noticed."""
    in_ci: bool = False


FAULTS = [
    # Of sends: the session itself goes on.
    Fault("ack_delay", options={"count": 1, "delayMs": 800}, deed=send),
    Fault("ack_never", Reason.ACKS_MISSING, {"count": 3}, deed=send_later, within=150),
    Fault("send_reject", options={"count": 1}, deed=send, story="não foi enviada", in_ci=True),
    Fault("reachout_timelock", options={"count": 1}, deed=send, story="novos contatos em pausa"),
    Fault("new_chat_cap", options={"total": 10, "used": 10}, deed=send, story="novos contatos em pausa"),
    Fault("slow_preview", options={"count": 1}, deed=send_preview),
    Fault("inbound_unheard", deed=be_written_to, story="mensagens de que a página não avisou", within=120),
    # Of the connection and the page.
    Fault("drop_socket"),
    Fault("drop_socket", options={"silent": True}),
    Fault("refuse_socket", Reason.NETWORK),
    Fault("page_reload"),
    Fault("page_hang", Reason.BROWSER_HUNG),
    Fault("history_sync", options={"chats": 3, "messages": 5}),
    Fault("whats_new_dialog", story="um aviso do WhatsApp Web foi fechado"),
    # Of the next page that opens.
    Fault("page_load_error", Reason.PAGE_LOAD_FAILED, {"status": 503}, "opening", reopen, in_ci=True),
    Fault("page_slow", Reason.RESTARTED, {"delayMs": 5000}, "opening", reopen),
    Fault("modules_late", Reason.RESTARTED, {"delayMs": 4000}, "opening", reopen),
    Fault(
        "missing_module", Reason.WHATSAPP_CHANGED, {"module": "WAWebUserPrefsIsLoggedIn"}, "opening", reopen
    ),
    # Of the account.
    Fault("conflict", Reason.CONFLICT, within=210),
    Fault("tos_block", Reason.ACCOUNT_LOCKED),
    Fault("tos_block", Reason.ACCOUNT_BANNED, {"banSeconds": 600}),
    Fault("needs_update", Reason.UPDATE_NEEDED),
    Fault("needs_update", options={"hard": False}),
    # Of pairing.
    Fault("qr_never", Reason.QR_NEVER, at="first page", within=100),
    Fault("qr_expire_fast", Reason.QR_EXPIRED, {"ttlMs": 300}, at="first page", within=100),
    Fault("qr_wrapped", Reason.SCAN_QR, {"form": "suffix"}, at="first page"),
    Fault("pairing_refused", Reason.SCAN_QR, at="pairing", deed=scan, story="Falha na autenticação"),
    Fault("passkey_required", Reason.PASSKEY_REQUIRED, at="pairing", deed=scan, in_ci=True),
]


def test_no_fault_is_left_out():
    assert {fault.kind for fault in FAULTS} | {"heap_mb"} == set(KINDS)


@pytest.fixture(scope="module")
def operator() -> Iterator[Operator]:
    made = Operator()
    yield made
    made.leaves()


def open_page(operator: Operator, daemon: Daemon) -> None:
    operator.looks()
    operator.logs_in(daemon.api.url, daemon.api.token())


def row(tenant: Tenant, state: str = "") -> str:
    return f"[data-session={tenant.name}]" + (f"[data-state={state}]" if state else "")


def told(operator: Operator) -> str:
    """All that the session's row has said since `record`."""
    said: str = operator.does("return window.told.join(' ')")
    return " ".join(said.split())


def record(operator: Operator, tenant: Tenant) -> None:
    operator.finds(row(tenant))
    operator.does(_RECORD.replace("ID", tenant.name))


def explained(operator: Operator, tenant: Tenant) -> str:
    operator.clicks(f"{row(tenant)} .link")
    operator.clicks("[data-part=explain]")
    wait_until(lambda: "Agora:" in operator.text("#detail-part"), 10)
    text = operator.text("#detail-part")
    operator.does("for (const one of document.querySelectorAll('dialog')) one.close()")
    return text


def cases() -> Iterator[Any]:
    for fault in FAULTS:
        name = "-".join(
            [fault.kind, *(key for key in ("silent", "banSeconds", "hard") if key in fault.options)]
        )
        yield pytest.param(fault, id=name, marks=() if fault.in_ci else pytest.mark.long)


def prepare(tenant: Tenant, fault: Fault) -> None:
    """Up to where the fault strikes."""
    if fault.at == "first page":
        tenant.daemon.phones.fault(fault.kind, **fault.options)
        assert tenant.start().status == 201
    elif fault.at == "pairing":
        tenant.show_qr()
    else:
        tenant.connect()


@pytest.mark.parametrize("fault", list(cases()))
def test_it_is_told_with_its_reason_and_remedy(
    fault: Fault, operator: Operator, shared_daemon: Daemon, new_tenant: NewTenant
):
    tenant, stranger = new_tenant(), new_phone()
    shared_daemon.phones.register(stranger, "Maria")
    shared_daemon.private.add(stranger)
    open_page(operator, shared_daemon)
    prepare(tenant, fault)
    record(operator, tenant)
    if fault.at != "first page":
        phone = None if fault.at == "opening" else tenant.phone
        shared_daemon.phones.fault(fault.kind, phone=phone, **fault.options)
    fault.deed(tenant, stranger)
    if fault.reason and fault.reason is not Reason.SCAN_QR:
        event = tenant.hears("connection_change", limit=fault.within, reasonCode=fault.reason.value)
        wait_until(lambda: sentence(fault.reason) in told(operator), TOLD_SECONDS)  # type: ignore[arg-type]
        if event["status"] not in {"connected", "disconnected"}:
            assert remedy(fault.reason) in told(operator)
    elif fault.reason:
        operator.shows(row(tenant, "waiting_scan"), sentence(fault.reason))
        assert remedy(fault.reason) in operator.text(row(tenant))
    if fault.story:
        wait_until(lambda: fault.story in explained(operator, tenant), fault.within)
    if fault.reason is None:
        stays_well(operator, tenant)


def stays_well(operator: Operator, tenant: Tenant) -> None:
    """For longer than the service takes to call it trouble, once the simulator has struck."""
    wait_until(lambda: [line for line in tenant.daemon.phones.log() if line["event"] == "fault"], 20)
    end = time.monotonic() + TOLD_SECONDS
    friend = new_phone()
    tenant.daemon.phones.register(friend, "Ana")
    tenant.daemon.private.add(friend)
    while time.monotonic() < end:
        tenant.daemon.phones.write(friend, tenant.phone, text := new_text())
        tenant.hears_message(text, 45)
    assert tenant.send(friend, new_text()).status == 200
    operator.shows(row(tenant, "connected"), sentence(Reason.READY))
    bad = {one for one in Reason if one in {Reason.NETWORK, Reason.BROWSER_CRASHED, Reason.BROWSER_HUNG}}
    assert not [one for one in bad if sentence(one) in told(operator)]


@pytest.mark.long
def test_a_page_that_takes_too_much_memory(operator: Operator, new_daemon: NewDaemon, new_tenant: NewTenant):
    """`heap_mb`: above the limit of a session, which the shared daemon's have not."""
    daemon = new_daemon(WPP_TENANT_MEMORY_MB="300", WPP_MEASURE_SECONDS="1")
    daemon.start()
    tenant = new_tenant(daemon).connect()
    open_page(operator, daemon)
    record(operator, tenant)
    daemon.phones.fault("heap_mb", phone=tenant.phone, mb=600)
    tenant.hears("connection_change", limit=90, reasonCode=Reason.RECYCLED.value)
    wait_until(lambda: sentence(Reason.RECYCLED) in told(operator), TOLD_SECONDS)
    assert remedy(Reason.RECYCLED) in told(operator)


def unlink(tenant: Tenant) -> None:
    tenant.daemon.phones.unlink(tenant.phone)


def kill_browser(tenant: Tenant) -> None:
    tenant.browser.kill()


def kill_page(tenant: Tenant) -> None:
    """A dead renderer is made by killing its process."""
    for process in tenant.browser.children(recursive=True):
        if "--type=renderer" in process.cmdline():
            process.kill()


@pytest.mark.parametrize(
    ("provoke", "reason"),
    [
        pytest.param(unlink, Reason.LOGGED_OUT, id="unlinked"),
        pytest.param(kill_browser, Reason.BROWSER_CRASHED, id="browser"),
        pytest.param(kill_page, Reason.BROWSER_CRASHED, id="renderer", marks=pytest.mark.long),
    ],
)
def test_what_is_no_fault_of_the_simulator(
    provoke: Callable[[Tenant], None],
    reason: Reason,
    operator: Operator,
    shared_daemon: Daemon,
    new_tenant: NewTenant,
):
    tenant = new_tenant().connect()
    open_page(operator, shared_daemon)
    record(operator, tenant)
    provoke(tenant)
    tenant.hears("connection_change", limit=60, reasonCode=reason.value)
    wait_until(lambda: sentence(reason) in told(operator), TOLD_SECONDS)
    assert remedy(reason) in told(operator)
