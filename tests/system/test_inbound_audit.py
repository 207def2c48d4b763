"""Two hundred messages that the page hides from the gateway, and troubles in between: each is told exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.support import wait_until
from tests.system.conftest import NewDaemon, NewTenant
from tests.system.tenant import Tenant, new_phone, new_text

pytestmark = [pytest.mark.chrome, pytest.mark.long, pytest.mark.timeout(400)]

HIDDEN = 200
ROUNDS, AT_ONCE = 21, 10
"""Some more than are meant: one that was on its way when the socket was lost comes again, and is heard."""
AUDIT_MINUTES = "0.05"
FOUND_SECONDS = 60.0


def drop_socket(tenant: Tenant) -> None:
    tenant.daemon.phones.fault("drop_socket", phone=tenant.phone)


def reload(tenant: Tenant) -> None:
    tenant.daemon.phones.fault("page_reload", phone=tenant.phone)


def kill_daemon(tenant: Tenant) -> None:
    tenant.daemon.kill()
    tenant.daemon.start()


def kill_browser(tenant: Tenant) -> None:
    tenant.browser.kill()


def nothing(tenant: Tenant) -> None: ...


TROUBLES: tuple[Callable[[Tenant], None], ...] = (nothing, drop_socket, reload, kill_daemon, kill_browser)


class Log:
    """The tenant's durable log, read on from where the last look ended."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._sequence = 0
        self.told: Counter[str] = Counter()
        self.late: set[str] = set()

    def has(self, *texts: str) -> bool:
        path = f"{self._tenant.path}/events?limit=1000&after={self._sequence}"
        for event in self._tenant.daemon.api.get(path)["events"]:
            self._sequence = event["sequence"]
            if event["event"] == "message_received":
                text = event["message"]["body"]
                self.told[text] += 1
                self.late |= {text} if event.get("backfilled") else set()
        return self.told.keys() >= set(texts)


def hide(tenant: Tenant, friend: str) -> str:
    """The next message that its page gets is stored there, and nobody is told of it."""
    phones, text = tenant.daemon.phones, new_text()
    order = phones.fault("inbound_unheard", phone=tenant.phone, count=1)
    write(tenant, friend, text)
    wait_until(lambda: order not in {fault["id"] for fault in phones.faults()}, FOUND_SECONDS)
    return text


def write(tenant: Tenant, friend: str, text: str) -> None:
    tenant.daemon.private.add(text)
    tenant.daemon.phones.write(friend, tenant.phone, text)


def test_each_of_200_hidden_messages_is_told_exactly_once(
    new_daemon: NewDaemon, new_tenant: NewTenant, outside: dict[str, str]
) -> None:
    daemon = new_daemon(WPP_AUDIT_MINUTES=AUDIT_MINUTES, **outside)
    daemon.start()
    tenant = new_tenant(daemon).connect()
    log, hidden, heard = Log(tenant), list[str](), list[str]()
    friends = [new_phone() for _ in range(5)]
    for friend in friends:
        daemon.private.add(friend)
        daemon.phones.register(friend, "Maria Souza")
    for number in range(ROUNDS):
        for friend in friends * (AT_ONCE // len(friends)):
            hidden.append(hide(tenant, friend))
            heard.append(new_text())
            write(tenant, friend, heard[-1])
            # Nothing else is on its way when the next one is hidden.
            wait_until(lambda: log.has(heard[-1]), FOUND_SECONDS)
        TROUBLES[number % len(TROUBLES)](tenant)
        tenant.reaches("connected", FOUND_SECONDS)
    # Two more audits have come to their end when these are told, of which the first was there before the second.
    for friend in friends[:2]:
        hidden.append(hide(tenant, friend))
        wait_until(lambda: log.has(*hidden), FOUND_SECONDS)
    assert log.told == Counter(hidden + heard)
    assert len(log.late & set(hidden)) >= HIDDEN
    # With some others that came while a page that loads anew did not listen yet.
    assert tenant.status()["inboundMissed"] == len(log.late)
