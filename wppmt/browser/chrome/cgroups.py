"""A cgroup of its own for each tenant's Chrome, where systemd has delegated the service's (Delegate=, cgroup version 2).

Memory that ends in one session ends that session alone; processor and processes have limits. The service lives in a leaf
beside them: a cgroup that hands controllers down must hold no process itself.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from wppmt.browser.chrome import processes
from wppmt.browser.port import Usage
from wppmt.domain.units import MEGABYTE

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
SERVICE = "service"
SESSION = "session-"
WANTED = ("memory", "cpu", "pids")
PERIOD = 100_000
"""Microseconds, of cpu.max."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one session; 0 is none."""

    memory_mb: int = 0
    """Beyond it the kernel ends the session's browser, and nothing else."""
    memory_high_mb: int = 0
    """Beyond it the session becomes slow, and its memory is reclaimed."""
    cpu_percent: int = 0
    """100 is one processor."""
    pids: int = 0

    def files(self) -> Mapping[str, str]:
        """What is written where."""
        return {
            "memory.high": _bytes_or_max(self.memory_high_mb),
            "memory.max": _bytes_or_max(self.memory_mb),
            # Chrome without one of its processes would be of no use.
            "memory.oom.group": "1",
            "cpu.max": f"{self.cpu_percent * PERIOD // 100} {PERIOD}"
            if self.cpu_percent
            else f"max {PERIOD}",
            "pids.max": str(self.pids) if self.pids else "max",
        }


def _bytes_or_max(megabytes: int) -> str:
    return str(megabytes * MEGABYTE) if megabytes else "max"


class Cgroups:
    """Below the service's own cgroup. What the kernel refuses costs the limits, never the session."""

    def __init__(self, own: Path, limits: Limits) -> None:
        self._own = own
        self._limits = limits

    @classmethod
    def delegated(cls, limits: Limits, root: Path = ROOT, own: Path = OWN) -> Cgroups | None:
        """None where the service's cgroup is not ours to divide."""
        folder = own_folder(root, own)
        if folder is None or not _is_ours(folder):
            return None
        return cls(folder, limits)

    def prepare(self) -> bool:
        """Once, before any browser: the service into its leaf, the controllers handed down. False where that fails."""
        leaf = self._own / SERVICE
        try:
            leaf.mkdir(exist_ok=True)
            for pid in (self._own / "cgroup.procs").read_text().split():
                _write(leaf / "cgroup.procs", pid)
            there = (self._own / "cgroup.controllers").read_text().split()
            for controller in (name for name in WANTED if name in there):
                (self._own / "cgroup.subtree_control").write_text(f"+{controller}")
        except OSError:
            return False
        return True

    def enclose(self, session_id: str, group: int) -> bool:
        """Every process of this process group into the session's cgroup. Whether they are in it."""
        folder = self._of(session_id)
        try:
            folder.mkdir(exist_ok=True)
            for name, value in self._limits.files().items():
                # Only the controllers that were handed down have files here.
                _write(folder / name, value)
            for pid in processes.members(group):
                _write(folder / "cgroup.procs", str(pid))
        except OSError:
            return False
        return True

    def usage(self, session_id: str) -> Usage | None:
        folder = self._of(session_id)
        try:
            microseconds = _pairs(folder / "cpu.stat").get("usage_usec", 0)
            memory_max = _limit(folder / "memory.max")
            return Usage(
                memory_mb=int((folder / "memory.current").read_text()) / MEGABYTE,
                memory_max_mb=None if memory_max is None else memory_max / MEGABYTE,
                cpu_seconds=microseconds / 1e6,
                pids=int((folder / "pids.current").read_text()),
                pids_max=_limit(folder / "pids.max"),
            )
        except (OSError, ValueError):
            return None

    def killed_for_memory(self, session_id: str) -> bool:
        """Whether the kernel has ended something in there because its memory was used up."""
        with contextlib.suppress(OSError, ValueError):
            return _pairs(self._of(session_id) / "memory.events").get("oom_kill", 0) > 0
        return False

    def kill(self, session_id: str) -> None:
        """All at once, also what has left its process group."""
        _write(self._of(session_id) / "cgroup.kill", "1")

    def remove(self, session_id: str) -> None:
        """When nothing lives in it; else it stays for the next browser of the session."""
        with contextlib.suppress(OSError):
            self._of(session_id).rmdir()

    def release(self) -> None:
        """For the service that comes next: systemd 252 starts it in the cgroup itself, which must not hand anything down then."""
        for controller in WANTED:
            _write(self._own / "cgroup.subtree_control", f"-{controller}")

    def _of(self, session_id: str) -> Path:
        return self._own / f"{SESSION}{session_id}"


def own_folder(root: Path = ROOT, own: Path = OWN) -> Path | None:
    """The service's cgroup, also seen from its leaf or from systemd's for ExecStopPost=; None without version 2."""
    for path in _unified(own):
        folder = root / path.lstrip("/")
        if folder.name in {SERVICE, ".control"}:
            folder = folder.parent
        return folder if (folder / "cgroup.controllers").exists() else None
    return None


def _unified(own: Path) -> Iterator[str]:
    with contextlib.suppress(OSError):
        yield from (line.split(":", 2)[2] for line in own.read_text().splitlines() if line.startswith("0::"))


def _is_ours(folder: Path) -> bool:
    """Delegated to our user. root may write everywhere: its own service is delegated only if systemd says so."""
    files = [folder / "cgroup.procs", folder / "cgroup.subtree_control"]
    try:
        return all(file.stat().st_uid == os.geteuid() != 0 and os.access(file, os.W_OK) for file in files)
    except OSError:
        return False


def _write(file: Path, text: str) -> None:
    """A process that is gone, a controller that is not there: nothing that a session should fail for."""
    with contextlib.suppress(OSError):
        if file.exists():
            file.write_text(text)


def _limit(file: Path) -> int | None:
    """None where there is none. Raises OSError, ValueError."""
    text = file.read_text().strip()
    return None if text == "max" else int(text)


def _pairs(file: Path) -> dict[str, int]:
    lines = (line.split() for line in file.read_text().splitlines())
    return {name: int(value) for name, value in lines}


def main() -> None:
    """`python -m wppmt.browser.chrome.cgroups`, as ExecStopPost=."""
    folder = own_folder()
    if folder:
        Cgroups(folder, Limits()).release()


if __name__ == "__main__":
    main()
