"""How many sessions the memory there is can carry, said before it is short."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from wppmt.app import logs
from wppmt.app.settings import Settings
from wppmt.domain.units import MEGABYTE

SERVICE_MB = 200
REAL_MB = (655, 1740)
"""What others have measured of a session on WhatsApp's own page: the least, and the most after days."""
SIMULATED_MB = (150, 150)
CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Plan:
    """MB throughout. `needed`: with every session as light, and as heavy, as they get."""

    sessions: int
    needed: tuple[int, int]
    there_is: int

    @property
    def fits(self) -> bool:
        """Where every session is as light as they get."""
        return self.needed[0] <= self.there_is

    def __str__(self) -> str:
        least, most = self.needed
        amount = f"{least} a {most} MB" if most > least else f"{least} MB"
        said = f"{self.sessions} sessões (WPP_MAX_SESSIONS) pedem {amount} de memória; há {self.there_is} MB"
        if not self.fits:
            return f"{said}: não cabem"
        return said if most <= self.there_is else f"{said}: cabem se as páginas ficarem leves"


def plan(sessions: int, there_is_mb: int, *, simulated: bool) -> Plan:
    least, most = SIMULATED_MB if simulated else REAL_MB
    return Plan(sessions, (SERVICE_MB + sessions * least, SERVICE_MB + sessions * most), there_is_mb)


def tell(settings: Settings) -> None:
    """Once, in the log."""
    found = plan(settings.sessions.max, there_is_mb(), simulated=settings.simulator.used)
    logs.log(
        "memory_plan",
        level="info" if found.fits else "warning",
        note=str(found),
        fits=found.fits,
        neededMb=found.needed,
        thereIsMb=found.there_is,
    )


def there_is_mb(cgroups: Path = CGROUPS, own: Path = Path("/proc/self/cgroup")) -> int:
    """The machine's memory, or what a limit around this process leaves of it (MemoryMax=)."""
    return min([psutil.virtual_memory().total, *_limits(cgroups, own)]) // MEGABYTE


def _limits(cgroups: Path, own: Path) -> Iterator[int]:
    """Of this process's cgroup and of those above it; of both versions, where they are."""
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            yield from _upwards(cgroups, path, "memory.max")
        elif "memory" in controllers.split(","):
            yield from _upwards(cgroups / "memory", path, "memory.limit_in_bytes")


def _upwards(root: Path, path: str, name: str) -> Iterator[int]:
    folder = root / path.lstrip("/")
    for above in (folder, *folder.parents):
        if not above.is_relative_to(root):
            return
        try:
            text = (above / name).read_text().strip()
        except OSError:
            continue
        if text.isdecimal():
            yield int(text)
