"""What a burst took goes back to the system."""

from __future__ import annotations

import subprocess
import sys

BURST = """
import asyncio, threading
from wppmt.app import memory

memory.tame_allocator()
before = memory.weigh()

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
during = memory.weigh()
results.clear()
print(during - before, memory.weigh() - before)
"""


def test_a_burst_of_small_and_large_blocks_is_given_back():
    said = subprocess.run([sys.executable, "-c", BURST], capture_output=True, text=True, check=True)
    during, after = map(float, said.stdout.split())
    assert during > 100
    assert after < 20
