"""The whole daemon as a process of its own, every browser a fake: shows what the daemon itself costs with many sessions.

Settings come from the environment, sessions from the store. Each line on standard input is a number: so many messages
arrive, spread over all sessions.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading
import time
from collections.abc import Mapping
from socket import socket

from wppmt.app import daemon
from wppmt.app.settings import Settings, load
from wppmt.browser.cdp.deadlines import Deadlines
from wppmt.browser.fake.browsers import FakeBrowsers, FakeTimes
from wppmt.browser.port import Right
from wppmt.store.port import Store

AT_ONCE = FakeTimes(ready=0.01)
"""A page that needs no time to load: what a boot takes is the daemon's own."""
FRIEND = "5511888880001"


def make_browsers(
    _: Settings, __: Mapping[str, str], ___: Mapping[str, socket], store: Store, ____: Right
) -> FakeBrowsers:
    """With the logins that the store knows of; messages arrive as standard input says."""
    made = FakeBrowsers(Deadlines(), time.time, AT_ONCE)
    made.world.add_phone(FRIEND)
    for record in store.sessions():
        made.world.link(record.phone, record.id)
        made.world.profiles[record.id].is_saved = True
    phones = [record.phone for record in store.sessions()]
    threading.Thread(target=_write_as_told, args=(made, phones), name="friend", daemon=True).start()
    return made


def _write_as_told(made: FakeBrowsers, phones: list[str]) -> None:
    receivers = itertools.cycle(phones)
    for line in sys.stdin:
        for _ in range(int(line)):
            made.send_from_phone(FRIEND, next(receivers), "oi")


if __name__ == "__main__":
    sys.exit(daemon.serve(load(os.environ), make_browsers=make_browsers))
