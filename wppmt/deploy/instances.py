"""Where the instances of one machine are written down: the package's own, and the further ones (wppmt@NAME.service)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from wppmt.deploy.environment import variables

FIRST = "wppmt"
"""The one that every installation has: wppmt.service."""
RESERVED = (FIRST, "route")
"""Names of no further instance: the folder of the second would be wppmt-route.service's."""
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Instance:
    """One service: its unit, and the variables that systemd starts it with."""

    name: str
    environ: dict[str, str]

    @property
    def unit(self) -> str:
        return unit_of(self.name)

    @property
    def home(self) -> Path:
        """The only folder that its unit may write to."""
        return Path("/var/lib") / (FIRST if self.name == FIRST else f"wppmt-{self.name}")


def unit_of(name: str) -> str:
    return "wppmt.service" if name == FIRST else f"wppmt@{name}.service"


@dataclass(frozen=True, slots=True)
class Definitions:
    """The files that say which instances there are; `root` is `/`, but in tests and in an image being made."""

    root: Path = Path("/")

    @property
    def settings(self) -> Path:
        return self.root / "etc/wppmt"

    @property
    def shared(self) -> Path:
        """What all of them are told, the first one above all."""
        return self.settings / "wppmt.env"

    def own(self, name: str) -> Path:
        return self.settings / "instances" / f"{name}.env"

    def drop_in(self, name: str) -> Path:
        """Where its socket listens."""
        return self.root / f"etc/systemd/system/wppmt@{name}.socket.d/port.conf"

    def names(self) -> list[str]:
        """The first one first. Raises OSError."""
        first = [FIRST] if self.shared.exists() else []
        folder = self.settings / "instances"
        return first + sorted(
            file.stem for file in (folder.iterdir() if folder.is_dir() else ()) if file.suffix == ".env"
        )

    def instance(self, name: str) -> Instance:
        """Raises OSError where its files may not be read."""
        shared = variables(self.shared.read_text()) if self.shared.exists() else {}
        if name == FIRST:
            return Instance(name, shared)
        return Instance(name, shared | variables(self.own(name).read_text()))
