"""Looks at /proc twenty times a second: who of the gateway runs, since when, stopped or not; what the daemon holds."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.chaos.history import Recorder

PROC = Path("/proc")
SCAN_SECONDS = 0.05
SAMPLE_SECONDS = 1.0
SETTLED_SCANS = 3
"""A process just forked shows its parent's command line until it has become what it will be."""
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass(slots=True)
class Seen:
    """A process of the gateway."""

    pid: int
    started: str
    parent: int
    group: int
    since: float
    role: str = ""
    tenant: str | None = None
    scans: int = 0
    is_frozen: bool = False
    is_zombie: bool = False


@dataclass(frozen=True, slots=True)
class Stat:
    """Of /proc/PID/stat."""

    state: str
    parent: int
    group: int
    threads: int
    started: str
    rss_mb: float


def read_stat(pid: int) -> Stat | None:
    """None when it is gone."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    # The name in parentheses may hold spaces and parentheses itself.
    rest = text.rpartition(")")[2].split()
    return Stat(rest[0], int(rest[1]), int(rest[2]), int(rest[17]), rest[19], int(rest[21]) * PAGE_MB)


def read_command(pid: int) -> list[str]:
    with suppress(OSError):
        return (PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace").split("\0")
    return []


@dataclass(slots=True)
class Pace:
    """How closely /proc was watched since the last sample."""

    last: float = 0.0
    scans: int = 0
    gap: float = 0.0

    def step(self, now: float) -> None:
        self.gap = max(self.gap, now - self.last) if self.last else 0.0
        self.last, self.scans = now, self.scans + 1


class Watch:
    """Watches in a thread of its own while used with `with`. Ours is what names a folder of the gateway, and what descends from that."""

    def __init__(self, folder: Path, tokens: Path, recorder: Recorder) -> None:
        self._marks = (str(folder), str(tokens))
        self._profile = f"--user-data-dir={tokens}/"
        self._keeper = str(tokens / ".keeper")
        self._recorder = recorder
        self._daemon = 0
        self._ours: dict[int, Seen] = {}
        self._others: dict[int, int] = {}
        """Scans that a stranger was seen in."""
        self._pace = Pace()
        self._sampled = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def follow(self, daemon: int) -> None:
        """The daemon's pid from now on."""
        self._daemon = daemon

    # What is known now.

    def browser(self, tenant: str) -> int | None:
        """The main process of its Chrome."""
        return next((one.pid for one in self._alive() if (one.role, one.tenant) == ("chrome", tenant)), None)

    def family(self, tenant: str, *roles: str) -> list[int]:
        """All of the browser's processes that have one of these roles."""
        main = self.browser(tenant)
        group = next((one.group for one in self._alive() if one.pid == main), None)
        return [one.pid for one in self._alive() if one.group == group and one.role in roles]

    def renderers(self, tenant: str) -> list[int]:
        """A fork of Chrome's zygote writes its whole command line as one text."""
        helpers = self.family(tenant, "helper")
        return [pid for pid in helpers if any("--type=renderer" in part for part in read_command(pid))]

    def keeper(self) -> int | None:
        """Who keeps the lines to the browsers, where systemd does not."""
        return next((one.pid for one in self._alive() if one.role == "keeper"), None)

    def alive(self) -> list[int]:
        """All pids of the gateway."""
        return [one.pid for one in self._alive()]

    def _alive(self) -> Iterator[Seen]:
        return (one for one in list(self._ours.values()) if not one.is_zombie)

    # Watching.

    def _run(self) -> None:
        while not self._over.wait(max(0.0, self._pace.last + SCAN_SECONDS - time.monotonic())):
            now = time.monotonic()
            self._pace.step(now)
            self._scan(now)
            if now - self._sampled >= SAMPLE_SECONDS:
                self._sample(now)

    def _scan(self, now: float) -> None:
        pids = {int(entry.name) for entry in PROC.iterdir() if entry.name.isdecimal()}
        self._others = {pid: scans for pid, scans in self._others.items() if pid in pids}
        for pid in [*self._ours]:
            self._look(pid, now)
        for pid in sorted(pids - self._ours.keys()):
            if self._others.get(pid, 0) < SETTLED_SCANS:
                self._meet(pid, now)

    def _meet(self, pid: int, now: float) -> None:
        stat = read_stat(pid)
        if stat is None or pid == os.getpid():
            return
        if self._is_ours(pid, stat):
            self._ours[pid] = Seen(pid, stat.started, stat.parent, stat.group, now)
            self._look(pid, now)
        else:
            self._others[pid] = self._others.get(pid, 0) + 1

    def _is_ours(self, pid: int, stat: Stat) -> bool:
        groups = {one.group for one in self._ours.values()}
        descends = pid == self._daemon or stat.parent in self._ours or stat.group in groups
        return descends or any(mark in part for part in read_command(pid) for mark in self._marks)

    def _look(self, pid: int, now: float) -> None:
        one, stat = self._ours[pid], read_stat(pid)
        if stat is None or stat.started != one.started:
            self._tell_seen(one)
            if not one.is_zombie:
                self._tell(one, "gone", now)
            del self._ours[pid]
            return
        one.scans += 1
        if one.scans <= SETTLED_SCANS and stat.state != "Z":
            one.role, one.tenant = self._role(pid)
            one.group = stat.group
        if one.scans == SETTLED_SCANS:
            self._tell_seen(one)
        self._follow_state(one, stat.state, now)

    def _follow_state(self, one: Seen, state: str, now: float) -> None:
        if state == "Z" and not one.is_zombie:
            self._tell_seen(one)
            one.is_zombie = True
            self._tell(one, "gone", now)
        if (state == "T") != one.is_frozen and not one.is_zombie:
            one.is_frozen = state == "T"
            self._tell(one, "frozen" if one.is_frozen else "thawed", now)

    def _role(self, pid: int) -> tuple[str, str | None]:
        command = read_command(pid)
        tenant = next(
            (part.removeprefix(self._profile) for part in command if part.startswith(self._profile)), None
        )
        if pid == self._daemon:
            return "daemon", None
        if self._keeper in command:
            return "keeper", None
        is_main = tenant and not any(part.startswith("--type=") for part in command)
        return ("chrome" if is_main and "crashpad" not in command[0] else "helper"), tenant

    def _tell_seen(self, one: Seen) -> None:
        """Once, with the time of the first look."""
        if one.scans <= SETTLED_SCANS and not one.is_zombie:
            one.scans = SETTLED_SCANS + 1
            self._tell(one, "seen", one.since)

    def _tell(self, one: Seen, change: str, t: float) -> None:
        fields = {"pid": one.pid, "parent": one.parent, "role": one.role, "tenant": one.tenant}
        self._recorder.add("process", t, change=change, **fields)

    def _sample(self, now: float) -> None:
        stat = read_stat(self._daemon)
        if stat is not None and stat.state != "Z":
            with suppress(OSError):
                self._recorder.add(
                    "sample",
                    now,
                    fds=len(list((PROC / str(self._daemon) / "fd").iterdir())),
                    threads=stat.threads,
                    rss=stat.rss_mb,
                    zombies=sum(one.is_zombie and one.parent == self._daemon for one in self._ours.values()),
                    scans=self._pace.scans,
                    gap=self._pace.gap,
                )
        self._pace = Pace(last=now)
        self._sampled = now
