"""The versions side by side on the disk, and which of them is current: each step is whole or was never made."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TREES = Path("/opt/wppmt")
SHIPPED = Path("/usr/lib/wppmt/tree")
CURRENT, FORMER = "current", "former"
JOURNAL, LOCK = ".switch.json", ".lock"
CLONE = ".git"
_OURS = re.compile(r"\d|\.new-|\.old-")
"""How the name of a version's folder begins, also while it is put in its place."""
BUILD = ".build"
"""In a tree: its version, and a word that names its very files."""


class Trouble(Exception):
    """Ends the program with one line in Portuguese."""


@dataclass(frozen=True, slots=True)
class Trees:
    """The versions side by side, and which of them is which."""

    root: Path = TREES
    shipped: Path = SHIPPED

    def build(self, tree: Path) -> list[str]:
        try:
            return (tree / BUILD).read_text().split()
        except OSError:
            return []

    def version(self) -> str:
        """Of the tree that the package brought."""
        named = self.build(self.shipped)
        if len(named) != 2:
            raise Trouble(f"{self.shipped} está incompleta: reinstale o pacote wppmt")
        return named[0]

    def version_at(self, name: str) -> str:
        """The version behind `current` or `former`; empty where there is none."""
        with suppress(OSError):
            version = (self.root / name).readlink().name
            return version if (self.root / version).is_dir() else ""
        return ""

    def point(self, name: str, version: str) -> None:
        """At once or not at all."""
        new = self.root / f".{name}"
        new.unlink(missing_ok=True)
        new.symlink_to(version)
        new.replace(self.root / name)
        self._sync()

    def fall_back(self, former: str) -> None:
        """What was current before is so again, also on a full disk; `former` is what was former then."""
        (self.root / FORMER).replace(self.root / CURRENT)
        self._sync()
        self.restore_former(former)

    def restore_former(self, former: str) -> None:
        """As it was before the switch; on a full disk there is none."""
        with suppress(OSError):
            (self.root / FORMER).unlink(missing_ok=True)
            if (self.root / former / BUILD).exists():
                self.point(FORMER, former)

    def place(self) -> bool:
        """Link what the package brought to its own place. Whether something is there that was not. Raises Trouble."""
        version = self.version()
        place, new, old = (self.root / name for name in (version, f".new-{version}", f".old-{version}"))
        if self.build(place) == self.build(self.shipped):
            return False
        try:
            for leftover in (new, old):
                shutil.rmtree(leftover, ignore_errors=True)
            self.root.mkdir(parents=True, exist_ok=True)
            shutil.copytree(self.shipped, new, symlinks=True, copy_function=_link)
            _flush(new)
            if place.exists():
                place.rename(old)
            new.rename(place)
            self._sync()
        except (OSError, shutil.Error) as failure:
            shutil.rmtree(new, ignore_errors=True)
            raise Trouble(f"{place} não pôde ser criada: {why(failure)}. Nada mudou") from failure
        shutil.rmtree(old, ignore_errors=True)
        return True

    def prune(self) -> None:
        """Every version that is neither current nor former, and what is left of one; nothing else that lies there."""
        kept = {self.version_at(CURRENT), self.version_at(FORMER)}
        for entry in self.root.iterdir():
            if _OURS.match(entry.name) and not entry.is_symlink() and entry.name not in kept:
                shutil.rmtree(entry, ignore_errors=True)

    def note(self, content: dict[str, Any]) -> None:
        new = self.root / f"{JOURNAL}.new"
        try:
            with new.open("w") as file:
                json.dump(content, file)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.root / JOURNAL)
            self._sync()
        except OSError as failure:
            raise Trouble(f"{self.root} não pode ser escrita: {why(failure)}. Nada mudou") from failure

    def noted(self) -> dict[str, Any] | None:
        try:
            found = json.loads((self.root / JOURNAL).read_text())
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def settle(self) -> None:
        (self.root / JOURNAL).unlink(missing_ok=True)
        self._sync()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One at a time: a boot that resumes, and a package that is being configured. Raises Trouble."""
        self.root.mkdir(parents=True, exist_ok=True)
        self._require_ours()
        with (self.root / LOCK).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _require_ours(self) -> None:
        """Whoever may write here decides what the service, and root's own `wppmt`, will run; logins may lie in a clone."""
        if (self.root / CLONE).exists():
            raise Trouble(
                f"{self.root} é uma instalação a partir do repositório: pare o serviço e mova-a antes"
                ' (docs/operacao.md, "Do repositório para o pacote"). Nada mudou'
            )
        found = self.root.stat()
        if found.st_uid != os.geteuid() or found.st_mode & 0o022:
            mode = stat.S_IMODE(found.st_mode)
            raise Trouble(
                f"{self.root} pode ser alterada por outros (dono {found.st_uid}, modo {mode:04o}). Confira o que há nela, depois:"
                f" chown root:root {self.root} && chmod 0755 {self.root}. Nada mudou"
            )

    def _sync(self) -> None:
        _flush_folder(self.root)


def _link(source: str, target: str) -> None:
    """A second name for the same file costs no room; on another disk it is a copy."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as failure:
        if failure.errno not in {errno.EXDEV, errno.EPERM, errno.EMLINK}:
            raise
        shutil.copy2(source, target, follow_symlinks=False)
        with Path(target).open("rb") as copied:
            os.fsync(copied.fileno())


def _flush(tree: Path) -> None:
    """To the disk, so that a power cut finds it whole: its folders, as dpkg has done it for the files that are linked here.

    Not everything as `sync` does it, which waits for whatever others write just now.
    """
    for folder, _, _ in os.walk(tree, topdown=False):
        _flush_folder(Path(folder))


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def why(failure: BaseException) -> str:
    """Of copytree's many complaints the first."""
    text = str(failure)
    if "Errno 28" in text or getattr(failure, "errno", 0) == errno.ENOSPC:
        return "o disco está cheio"
    return text[:200]
