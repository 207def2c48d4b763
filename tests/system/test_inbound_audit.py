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
AT_ONCE = 10
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


def hide(tenant: Tenant, friend: str) -> str:
    """The next message that its page gets is stored there, and nobody is told of it."""
    phones, text = tenant.daemon.phones, new_text()
    tenant.daemon.private.add(text)
    order = phones.fault("inbound_unheard", phone=tenant.phone, count=1)
    phones.write(friend, tenant.phone, text)
    wait_until(lambda: order not in {fault["id"] for fault in phones.faults()}, FOUND_SECONDS)
    return text


def received(tenant: Tenant) -> list[tuple[str, bool]]:
    """The durable log's: text, and whether it came late."""
    events, after = [], 0
    while page := tenant.daemon.api.get(f"{tenant.path}/events?limit=1000&after={after}")["events"]:
        events += page
        after = page[-1]["sequence"]
    messages = [event for event in events if event["event"] == "message_received"]
    return [(event["message"]["body"], event.get("backfilled", False)) for event in messages]


def test_each_of_200_hidden_messages_is_told_exactly_once(
    new_daemon: NewDaemon, new_tenant: NewTenant, outside: dict[str, str]
) -> None:
    daemon = new_daemon(WPP_AUDIT_MINUTES=AUDIT_MINUTES, **outside)
    daemon.start()
    tenant = new_tenant(daemon).connect()
    friends = [new_phone() for _ in range(5)]
    for friend in friends:
        daemon.private.add(friend)
        daemon.phones.register(friend, "Maria Souza")
    hidden, heard = [], []
    for number in range(HIDDEN // AT_ONCE):
        for one in range(AT_ONCE):
            hidden.append(hide(tenant, friends[(number + one) % len(friends)]))
            heard.append(new_text())
            daemon.private.add(heard[-1])
            daemon.phones.write(friends[one % len(friends)], tenant.phone, heard[-1])
        TROUBLES[number % len(TROUBLES)](tenant)
        tenant.reaches("connected", 60)
    # Two more audits have come to their end when these are told, of which the first was there before the second.
    for friend in friends[:2]:
        hidden.append(hide(tenant, friend))
        wait_until(lambda: set(hidden) <= {text for text, _ in received(tenant)}, FOUND_SECONDS)
    told = received(tenant)
    assert Counter(text for text, _ in told) == Counter(hidden + heard)
    late = {text for text, is_late in told if is_late}
    assert set(hidden) <= late
    assert tenant.status()["inboundMissed"] == len(late)
