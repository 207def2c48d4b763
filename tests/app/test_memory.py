"""What a burst took goes back to the system."""

from __future__ import annotations

import subprocess
import sys

from wppmt.app.memory import OwnWeight

BURST = """
import asyncio, threading
from wppmt.app import memory

memory.tame_allocator()
weigh = memory.OwnWeight()
before = weigh()

def work():
    kept = [bytes(30_000) for _ in range(3000)]
    large = [bytes(10_000_000) for _ in range(3)]
    del large
    # Every other one lives on, as the buffers of connections do.
    return kept[::2]

results = []
threads = [threading.Thread(target=lambda: results.append(work())) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
during = weigh()
results.clear()
print(during - before, weigh() - before)
"""


def test_a_burst_of_small_and_large_blocks_is_given_back():
    said = subprocess.run([sys.executable, "-c", BURST], capture_output=True, text=True, check=True)
    during, after = map(float, said.stdout.split())
    assert during > 100
    assert after < 20


class Scale:
    """An OwnWeight on a process that weighs `mb`, of which `circles` go with a collection."""

    def __init__(self) -> None:
        self.mb, self.circles, self.collections = 0.0, 0.0, 0
        self.weigh = OwnWeight(lambda: self.mb + self.circles, self._collect)

    def looks(self, mb: float, circles: float = 0.0) -> int:
        """How often it has collected by then."""
        self.mb, self.circles = mb, circles
        self.weigh()
        return self.collections

    def _collect(self) -> None:
        self.collections += 1
        self.circles = 0.0


def test_many_sessions_do_not_stop_every_thread_again_and_again():
    scale = Scale()
    assert scale.looks(400) == 1
    assert [scale.looks(mb) for mb in (400, 410, 499)] == [1, 1, 1]
    assert scale.looks(501) == 2


def test_a_small_daemon_never_does():
    scale = Scale()
    assert [scale.looks(mb) for mb in (60, 149, 90, 148)] == [0, 0, 0, 0]


def test_what_refused_requests_left_is_collected_also_after_many_sessions_went():
    scale = Scale()
    scale.looks(400)
    assert scale.looks(160) == 1
    assert scale.looks(160, circles=60) == 2
    assert scale.weigh() == 160


def test_slow_growth_is_looked_at_too():
    scale = Scale()
    scale.looks(160)
    assert [scale.looks(160, circles) for circles in (10, 20, 30, 41)] == [1, 1, 1, 2]
