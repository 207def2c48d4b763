"""A daemon whose browsers never start: sessions still make events, all else is as always, and much faster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support import wait_until
from tests.system.api import Json
from tests.system.daemon import Daemon
from wppmt.app.running import DATABASE
from wppmt.store.records import Desired, SessionRecord
from wppmt.store.sqlite.store import SqliteStore


def chromeless(folder: Path, **environ: Any) -> Daemon:
    """Not yet started."""
    return Daemon(
        folder, WPP_SIMULATOR="external", WPP_CHROME="/bin/false", WPP_CHROMEDRIVER="/bin/false", **environ
    )


def logged_in_before(folder: Path, *names: str, desired: Desired = Desired.RUNNING) -> None:
    """Sessions that an earlier daemon had linked."""
    state = folder / "state"
    state.mkdir(mode=0o700, parents=True)
    store = SqliteStore(state / DATABASE)
    with store.transaction() as transaction:
        for name in names:
            transaction.save(
                SessionRecord(name, 1.0, desired=desired, since=1.0, has_login=True, phone="5511988880001")
            )
    store.close()


def counts(daemon: Daemon) -> Json:
    """Webhook deliveries that wait, and those that were given up."""
    found: Json = daemon.api.get("/api/health")["webhooks"]
    return found


def settle(daemon: Daemon, limit: float = 20.0) -> Json:
    """The counts when no delivery waits any more."""
    wait_until(lambda: counts(daemon)["pending"] == 0, limit)
    return counts(daemon)


def log_of(daemon: Daemon, session_id: str) -> list[Json]:
    """The whole event log, which has no gap."""
    found: list[Json] = []
    more = True
    while more:
        page = daemon.api.get(f"/api/sessions/{session_id}/events?after={len(found)}&limit=1000")
        found += page["events"]
        more = page["more"]
    assert [event["sequence"] for event in found] == list(range(1, len(found) + 1))
    return found
