"""The tables as HAProxy reads them when it starts, and where whoever routes finds what was true when it last ran."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from wppmt.cluster.routing import Table, Tables


class MapFiles:
    """A file for each table, always whole: one is exchanged, never written over."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, name: str) -> Path:
        return self._folder / f"{name}.map"

    def read(self) -> Tables:
        """Empty where there is nothing yet. Raises OSError."""
        found: Mapping[str, Table] = {name: _read(self.path(name)) for name in Tables().items()}
        return Tables(**found)

    def write(self, tables: Tables, before: Tables | None = None) -> None:
        """Those that differ from `before`; all without it. Raises OSError."""
        old = before.items() if before else {}
        for name, table in tables.items().items():
            if table != old.get(name):
                _write(self.path(name), table)


def _read(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return {}
    return {parts[0]: parts[1] for line in lines if len(parts := line.split()) == 2}


def _write(path: Path, table: Table) -> None:
    new = path.with_suffix(".new")
    new.write_text("".join(f"{key} {value}\n" for key, value in table.items()), encoding="ascii")
    # HAProxy may be started by another user.
    new.chmod(0o644)
    new.replace(path)
