"""What WhatsApp's changes of 2026 broke: now it is named, the login stays, and nothing is lost when it is mended.

Three customers at once, and two changes each: WhatsApp's own code finds what was renamed, wa-js does not.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from tests.support import wait_until
from tests.system.conftest import NewTenant
from tests.system.tenant import Tenant, new_text

pytestmark = [pytest.mark.chrome, pytest.mark.long, pytest.mark.timeout(240)]

NAMED_SECONDS = 60.0
MENDED_SECONDS = 60.0
# What cannot receive is not called connected, and does nothing.
EVERYTHING = frozenset({"canSend", "canReceive", "canAck", "canSendMedia"})


@dataclass(frozen=True, slots=True)
class Row:
    """Modules that are renamed at once, what is missing then, and what cannot be done."""

    modules: Sequence[str]
    missing: str
    lost: frozenset[str]

    @property
    def status(self) -> str:
        return "error" if self.lost == EVERYTHING else "connected"


SENDING = frozenset({"canSend", "canSendMedia"})
ROUNDS = [
    (
        Row(["WAWebMsgCollection"], "MsgStore", EVERYTHING),
        Row(["WAWebFindChatAction", "WAWebFindChat"], "findOrCreateLatestChat", SENDING),
        Row(["WAWebPrepRawMedia", "WAWebMedia"], "MediaPrep", frozenset({"canSendMedia"})),
    ),
    (
        Row(["WAWebStreamModel"], "Stream", EVERYTHING),
        Row(["WAWebSendMsgChatAction"], "addAndSendMsgToChat", SENDING),
        Row(["WAWebUserPrefsIsLoggedIn"], "isAuthenticated", EVERYTHING),
    ),
]


PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def test_each_change_is_named_and_mended_and_loses_nothing(new_tenant: NewTenant, stranger: str) -> None:
    tenants = [new_tenant().connect() for _ in range(3)]
    for rows in ROUNDS:
        pairs = list(zip(tenants, rows, strict=True))
        orders = [rename(tenant, row) for tenant, row in pairs]
        began = time.monotonic()
        for tenant, row in pairs:
            wait_until(lambda tenant=tenant, row=row: names(tenant, row), NAMED_SECONDS)  # type: ignore[misc]
        assert time.monotonic() - began < NAMED_SECONDS
        written = [write(stranger, tenant) for tenant in tenants]
        for tenant, row in pairs:
            assert_refuses(tenant, row, stranger)
        for tenant, order in zip(tenants, orders, strict=True):
            tenant.daemon.phones.delete_fault(order)
        for tenant in tenants:
            wait_until(lambda tenant=tenant: is_whole(tenant), MENDED_SECONDS)  # type: ignore[misc]
        for tenant, text in zip(tenants, written, strict=True):
            assert tenant.send(stranger, new_text()).status == 200
            tenant.hears_message(text)
    for tenant in tenants:
        told = [event for event in tenant.logged_events() if event["event"] == "message_received"]
        assert len(told) == len({event["message"]["body"] for event in told}) == len(ROUNDS)
        assert [state for _, state in tenant.changes()].count("waiting_scan") == 1
        assert len(tenant.devices()) == 1


def test_a_module_that_never_ends_to_load_is_named(new_tenant: NewTenant) -> None:
    tenant = new_tenant()
    phones = tenant.daemon.phones
    order = phones.fault("missing_module", module="WAWebMsgCollection", how="hangs", count=9)
    try:
        assert tenant.start().status == 201
        tenant.hears("connection_change", limit=NAMED_SECONDS, reasonCode="WHATSAPP_CHANGED")
    finally:
        phones.delete_fault(order)
    assert "WAWebMsgCollection (não termina de carregar)" in tenant.status()["reason"]
    assert tenant.post("restart").status == 202
    tenant.hears("qr_code")


def rename(tenant: Tenant, row: Row) -> str:
    """The next page of this phone has these modules under names that only WhatsApp's own code knows; the order's id."""
    phones = tenant.daemon.phones
    order = phones.fault("missing_module", modules=list(row.modules), phone=tenant.phone)
    phones.fault("page_reload", phone=tenant.phone)
    return order


def write(stranger: str, tenant: Tenant) -> str:
    text = new_text()
    tenant.daemon.private.add(text)
    tenant.daemon.phones.write(stranger, tenant.phone, text)
    return text


def names(tenant: Tenant, row: Row) -> bool:
    """The status says what is missing, and what cannot be done for it."""
    status = tenant.status()
    lost = frozenset(ability for ability, has in status["abilities"].items() if not has)
    return (
        (status["status"], status["reasonCode"], lost) == (row.status, "WHATSAPP_CHANGED", row.lost)
        and row.missing in status["reason"]
        and status["loginSaved"] is True
    )


def is_whole(tenant: Tenant) -> bool:
    status = tenant.status()
    return (status["status"], status["reasonCode"]) == ("connected", "READY") and all(
        status["abilities"].values()
    )


def assert_refuses(tenant: Tenant, row: Row, to: str) -> None:
    """What cannot be sent is said so at once, and by name; what can be sent goes."""
    file = {"phone": to, "base64": PICTURE, "fileName": "foto.png", "type": "image"}
    text, media = tenant.send(to, new_text()), tenant.post("send-file", file)
    for answer, ability in ((text, "canSend"), (media, "canSendMedia")):
        if row.status == "error" or ability in row.lost:
            assert (answer.status, answer.json["code"]) == (503, "WHATSAPP_CHANGED"), answer
            assert row.missing in str(answer.json["details"])
        else:
            assert answer.status == 200, answer
