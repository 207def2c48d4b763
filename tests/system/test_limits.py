"""WhatsApp's limits by chance, in the whole: what its server would have to refuse never reaches it once it is told."""

from __future__ import annotations

import math
import time
from random import Random

import pytest

from tests.support import wait_until
from tests.system.tenant import Tenant, new_phone, new_text

pytestmark = [pytest.mark.chrome, pytest.mark.long, pytest.mark.timeout(240)]

ROUNDS = 12
TRIES = 5
FAULTS = {
    "reachout_timelock": ("coolDown", "REACHOUT_TIMELOCK"),
    "new_chat_cap": ("newChats", "NEW_CHAT_QUOTA"),
}


def begin(tenant: Tenant, kind: str, until: int) -> str:
    """WhatsApp sets a limit, and the page hears of it."""
    phones = tenant.daemon.phones
    if kind == "reachout_timelock":
        order = phones.fault(kind, phone=tenant.phone, until=until)
        wait_until(lambda: limits(tenant)["coolDown"]["active"])
    else:
        order = phones.fault(kind, phone=tenant.phone, total=10, used=10, cycleEnds=until)
        wait_until(lambda: limits(tenant)["newChats"]["status"] == "CAPPED")
    return order


def limits(tenant: Tenant) -> dict[str, dict[str, object]]:
    answer: dict[str, dict[str, object]] = tenant.daemon.api.get(f"{tenant.path}/limits")
    return answer


def refused_by_whatsapp(tenant: Tenant) -> list[object]:
    lines = tenant.daemon.phones.log()
    return [
        line
        for line in lines
        if line["event"] == "fault" and line.get("message") and line["phone"] == tenant.phone
    ]


def newcomer(tenant: Tenant) -> str:
    phone = new_phone()
    tenant.daemon.private.add(phone)
    tenant.daemon.phones.register(phone, "Maria Souza")
    return phone


def test_none_reaches_whatsapp_that_it_would_refuse_and_the_first_after_the_end_does(
    tenant: Tenant,
) -> None:
    random, friend = Random(17), newcomer(tenant)
    hello = new_text()
    tenant.daemon.private.add(hello)
    tenant.daemon.phones.write(friend, tenant.phone, hello)
    tenant.hears_message(hello)
    for number in range(ROUNDS):
        kind = random.choice(sorted(FAULTS))
        until = math.ceil(time.time()) + random.choice([4, 6, 8])
        order = begin(tenant, kind, until)
        for _ in range(TRIES):
            stranger = newcomer(tenant)
            refused = tenant.send(stranger, new_text())
            if time.time() >= until:
                break
            assert (refused.status, refused.json["code"]) == (429, FAULTS[kind][1])
            assert 0 < int(refused.headers["Retry-After"]) <= until - time.time() + 2
            assert tenant.daemon.phones.inbox(stranger) == []
        assert tenant.send(friend, new_text()).status == 200
        if number % 3 == 1:
            tenant.daemon.phones.fault("page_reload", phone=tenant.phone)
        if number % 3 == 2:
            # WhatsApp lifts it before its time.
            tenant.daemon.phones.delete_fault(order)
            wait_until(lambda: not limits(tenant)["paused"], 10)
        else:
            wait_until(lambda until=until: time.time() >= until + 1, 15)  # type: ignore[misc]
            tenant.reaches("connected")
        wait_until(lambda: not limits(tenant)["paused"], 10)
        assert tenant.send(newcomer(tenant), new_text()).status == 200
    assert refused_by_whatsapp(tenant) == []
