"""A version whose bridge differs takes over browsers that go on as they are, and opens them anew one after the other."""

from __future__ import annotations

import signal

import pytest

from tests.support import wait_until
from tests.system.conftest import NewDaemon, NewTenant
from tests.system.tenant import new_text

pytestmark = [pytest.mark.chrome, pytest.mark.timeout(120)]


def test_one_session_after_the_other_without_a_code(
    new_daemon: NewDaemon, outside: dict[str, str], new_tenant: NewTenant
):
    daemon = new_daemon(**outside)
    daemon.start()
    tenants = [new_tenant(daemon).connect() for _ in range(2)]
    before = {tenant.name: tenant.browser.pid for tenant in tenants}
    daemon.process.send_signal(signal.SIGUSR2)
    assert daemon.process.wait(20) == 0, daemon.stderr()
    # What is put into the page differs: as good as another bridge.
    daemon.environ["WPP_BEAT_SECONDS"] = "9"
    daemon.start()
    for tenant in tenants:
        assert tenant.send(tenants[0].phone, new_text()).status == 200, "it goes on with what it has"

    def told(event: str) -> list[str]:
        return [line["sessionId"] for line in daemon.log() if line["event"] == event]

    wait_until(lambda: len(told("browser_renewed")) == 2, 90)
    order = [
        (line["event"], line["sessionId"])
        for line in daemon.log()
        if line["event"] in {"renewal_begun", "browser_renewed"}
    ]
    first, second = sorted(before)
    assert order == [
        ("renewal_begun", first), ("browser_renewed", first), ("renewal_begun", second), ("browser_renewed", second),
    ]  # fmt: skip
    for tenant in tenants:
        assert tenant.status()["status"] == "connected"
        assert tenant.browser.pid != before[tenant.name]
        events = tenant.logged_events()
        assert [event["event"] for event in events].count("qr_code") == 1
        # The log is written before the webhook is delivered.
        assert tenant.hears("connection_change")["status"] == "reconnecting"
        assert tenant.hears("connection_change")["status"] == "connected"
        assert tenant.changes()[-2:] == [("connected", "reconnecting"), ("reconnecting", "connected")]
    assert told("renewal_stopped") == []
