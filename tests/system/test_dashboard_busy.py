"""The dashboard beside ten real sessions that write to one another: all is right on it, soon, and it costs little."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Self

import psutil
import pytest

from tests.support import wait_until
from tests.system.conftest import NewDaemon, NewTenant
from tests.system.customer import DESK
from tests.system.operator_browser import PICTURES, Operator
from tests.system.tenant import Tenant, new_text

pytestmark = [pytest.mark.chrome, pytest.mark.long, pytest.mark.timeout(400)]

SESSIONS = 10
PHONE = (320, 640)
SEEN_SECONDS = 1.0
WATCHED_SECONDS = 15.0
_NOTE_CHANGE = """
const row = document.querySelector('[data-session=ID]');
new MutationObserver(() => { window.changedAt ??= Date.now(); }).observe(row, { attributes: true, attributeFilter: ['data-state'] });
"""


class Chatter:
    """Each writes to the next, again and again, until it is over."""

    def __init__(self, tenants: list[Tenant]) -> None:
        self.sent = 0
        self.refused: list[object] = []
        self._tenants = tenants
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            for tenant, friend in zip(self._tenants, [*self._tenants[1:], self._tenants[0]], strict=True):
                answer = tenant.send(friend.phone, new_text())
                self.sent += 1
                if answer.status not in {200, 202}:
                    self.refused.append(answer)
                self._over.wait(0.1)


@pytest.fixture
def operator() -> Iterator[Operator]:
    made = Operator()
    yield made
    made.leaves()


def cpu_seconds(process: psutil.Process) -> float:
    return float(sum(process.cpu_times()[:2]))


def rate(process: psutil.Process) -> float:
    """Of a core, over some seconds."""
    before = cpu_seconds(process)
    time.sleep(WATCHED_SECONDS)
    return (cpu_seconds(process) - before) / WATCHED_SECONDS


def test_ten_that_are_busy(operator: Operator, new_daemon: NewDaemon, new_tenant: NewTenant):
    daemon = new_daemon(WPP_MAX_SESSIONS=str(SESSIONS), WPP_RATE_LIMIT="100")
    daemon.start()
    tenants = [new_tenant(daemon).connect() for _ in range(SESSIONS)]
    with Chatter(tenants) as chatter:
        operator.looks()
        operator.logs_in(daemon.api.url, daemon.api.token())
        for tenant in tenants:
            operator.finds(f"[data-session={tenant.name}][data-state=connected]")
        paint = (
            operator.does("return performance.getEntriesByName('first-contentful-paint')[0].startTime") / 1000
        )
        wait_until(lambda: chatter.sent >= 3 * SESSIONS, 60)
        operator.shows(".rows", "enviadas", 15)
        for name, size, dark in (
            ("mesa", DESK, False),
            ("celular", PHONE, False),
            ("escuro", (1440, 900), True),
        ):
            operator.looks(size=size, dark=dark)
            assert operator.width <= size[0], name
            assert operator.hindrances() == [], name
            operator.keeps_picture(f"dez-{name}")
        process = psutil.Process(daemon.pid)
        watched = rate(process)
        operator.looks()
        operator.does(_NOTE_CHANGE.replace("ID", tenants[0].name))
        began = time.time()
        assert tenants[0].post("restart").status == 202
        changed = wait_until(lambda: operator.does("return window.changedAt"), 10) / 1000 - began
        operator.finds(f"[data-session={tenants[0].name}][data-state=connected]")
        operator.opens("about:blank", DESK)
        alone = rate(process)
    figures = {"paint": paint, "change": changed, "watched": watched, "alone": alone, "sent": chatter.sent}
    (PICTURES / "dez.json").write_text(json.dumps(figures))
    # A session that is being restarted refuses; nobody is told that the dashboard used up the hundred a minute.
    assert {getattr(one, "status", 0) for one in chatter.refused} <= {503}
    assert max(paint, changed) <= SEEN_SECONDS
