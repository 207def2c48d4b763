"""The stop ladder: how a tenant's Chrome is ended, each rung harder than the one before.

The first three flush the login: measured, cookies and localStorage are whole after each of them. Never SIGTERM, which
loses them (7 of 8 times).
"""

from __future__ import annotations

import signal
import time

from wppmt.browser.cdp.connection import Connection
from wppmt.browser.cdp.devtools import browser
from wppmt.browser.chrome import processes
from wppmt.browser.port import BrowserGone, CallFailure

ASK_SECONDS = 2.0
CLOSE_SHARE, HANG_UP_SHARE = 0.6, 0.2
"""Of the time for a clean end; what is left is for SIGINT."""
KILL_SECONDS = 5.0


def close_in_order(pid: int, connection: Connection | None, seconds: float) -> bool:
    """Browser.close, then the end of the line, then SIGINT. Whether Chrome ended by one of them in time.

    Without a connection, as to a Chrome that an earlier daemon left, SIGINT alone.
    """
    if not processes.is_alive(pid):
        return False
    deadline = time.monotonic() + seconds
    if connection is not None:
        if _ask_to_close(connection) and processes.wait_until_gone(pid, CLOSE_SHARE * seconds):
            return True
        connection.hang_up()
        if processes.wait_until_gone(pid, HANG_UP_SHARE * seconds):
            return True
    processes.send(pid, signal.SIGINT)
    return processes.wait_until_gone(pid, max(0.0, deadline - time.monotonic()))


def end(group: int) -> None:
    """The last rung: whatever of the group is left is killed and reaped."""
    processes.end_group(group, KILL_SECONDS)


def _ask_to_close(connection: Connection) -> bool:
    """Whether Chrome took it: it answered, or is gone already."""
    try:
        connection.ask(browser.close(), ASK_SECONDS)
    except BrowserGone:
        return True
    except CallFailure:
        return False
    return True
