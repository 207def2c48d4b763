"""The wa-js files that an operator has added, and the plan who gets which: a folder of the state folder.

A version is two files, NAME.js and NAME.json (its hash). They are written once and checked each time they are used.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from wppmt.app import logs
from wppmt.domain.system_errors import explain
from wppmt.domain.wa_js import SHIPPED, Plan

PACKAGE = Path(__file__).parents[1] / "page" / "node_modules" / "@wppconnect" / "wa-js"
BUNDLE = Path("dist") / "wppconnect-wa.js"
VERSION = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?")
FROM_FILE = "arquivo-"
LARGEST = 16 * 1024 * 1024
"""Bytes; wa-js has half a megabyte."""
_NAME = re.compile(rf"{VERSION.pattern}|{FROM_FILE}[0-9a-f]{{8}}")


class Unusable(Exception):
    """A wa-js or the plan cannot be used; the text is a Portuguese sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Library:
    """A wa-js, and the name by which it is known."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of an added one."""

    sha256: str
    """Of the file that the page is given, in hexadecimal."""
    origin: str
    """`npm`, or the path that it was read from."""
    added_at: float
    integrity: str = ""
    """npm's own, of the package."""


_PLAN, _KEPT = TypeAdapter(Plan), TypeAdapter(Kept)


class Shelf:
    """Safe to use by several processes of one user."""

    def __init__(self, folder: Path, package: Path = PACKAGE) -> None:
        self._folder = folder
        self.package = package
        self._plan_file = folder / "plan.json"

    # ---- the shipped one

    @cached_property
    def shipped_name(self) -> str:
        """Its version."""
        try:
            return str(json.loads((self.package / "package.json").read_text())["version"])
        except (OSError, ValueError, KeyError):
            return "instalada"

    def shipped(self) -> Library:
        """Raises Unusable where it was not installed."""
        file = self.package / BUNDLE
        try:
            return Library(self.shipped_name, file.read_text())
        except OSError:
            raise Unusable(f"falta {file.name}: rode `make setup`") from None

    # ---- the added ones

    def names(self) -> list[str]:
        """Of those that were added, whether they can be used or not."""
        return sorted(file.stem for file in self._folder.glob("*.json") if _NAME.fullmatch(file.stem))

    def kept(self, name: str) -> Kept:
        """Raises Unusable."""
        try:
            return _KEPT.validate_json(self._file(name, "json").read_bytes())
        except OSError:
            raise Unusable(f"O wa-js {name} não está guardado: wppmt wa-js add {name}") from None
        except ValidationError:
            raise Unusable(f"O registro do wa-js {name} está danificado. {_again(name)}") from None

    def read(self, name: str) -> Library:
        """The one of this name, exactly as it was added. Raises Unusable."""
        if name == SHIPPED:
            return self.shipped()
        kept = self.kept(name)
        try:
            content = self._file(name, "js").read_bytes()
        except OSError as trouble:
            raise Unusable(f"O wa-js {name} não pôde ser lido: {explain(trouble)}. {_again(name)}") from None
        if hashlib.sha256(content).hexdigest() != kept.sha256:
            raise Unusable(f"O arquivo do wa-js {name} não é mais o que foi guardado (hash). {_again(name)}")
        return Library(name, content.decode())

    def flaw(self, name: str) -> str:
        """Why it cannot be used; empty: it can."""
        try:
            self.read(name)
        except Unusable as why:
            return str(why)
        return ""

    def add(self, name: str, content: bytes, origin: str, now: float, integrity: str = "") -> None:
        """Keep it, also where a damaged one of this name lies. Raises Unusable, OSError."""
        try:
            if not content.decode().strip():
                raise Unusable(f"{origin}: o arquivo está vazio")
        except UnicodeDecodeError:
            raise Unusable(f"{origin}: o arquivo não é texto, e um wa-js é um arquivo .js") from None
        kept = Kept(hashlib.sha256(content).hexdigest(), origin, now, integrity)
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with self._locked():
            self._write(self._file(name, "js"), content)
            self._write(self._file(name, "json"), _KEPT.dump_json(kept))

    # ---- who gets which

    def library(self, session_id: str) -> Library:
        """What a browser of this session is given; where that cannot be used, the shipped one. Raises Unusable."""
        try:
            return self.read(self.plan().in_use.of(session_id))
        except Unusable as why:
            note = f"{why}. A sessão usa o wa-js instalado com o wppmt"
            logs.log("wa_js_refused", session_id, level="error", note=note)
            return self.shipped()

    def plan(self) -> Plan:
        """Raises Unusable."""
        try:
            return _PLAN.validate_json(self._plan_file.read_bytes())
        except FileNotFoundError:
            return Plan()
        except OSError as trouble:
            raise Unusable(f"O arquivo {self._plan_file} não pôde ser lido: {explain(trouble)}") from None
        except ValidationError:
            advice = "Apague-o e escolha de novo: wppmt wa-js use VERSÃO"
            raise Unusable(f"O arquivo {self._plan_file} está danificado. {advice}") from None

    @contextmanager
    def changing(self) -> Iterator[Changing]:
        """The plan, while nobody else changes it. Raises Unusable, OSError."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with self._locked():
            change = Changing(self.plan())
            before = change.plan
            yield change
            if change.plan != before:
                self._write(self._plan_file, _PLAN.dump_json(change.plan))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._folder / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _file(self, name: str, kind: str) -> Path:
        if not _NAME.fullmatch(name):
            raise Unusable(f"{name!r} não é uma versão do wa-js nem um arquivo guardado")
        return self._folder / f"{name}.{kind}"

    def _write(self, file: Path, content: bytes) -> None:
        """Whole or not at all, also when the power fails."""
        with tempfile.NamedTemporaryFile(dir=self._folder, prefix=".new-", delete=False) as draft:
            try:
                draft.write(content)
                draft.flush()
                os.fsync(draft.fileno())
                Path(draft.name).rename(file)
            except BaseException:
                Path(draft.name).unlink(missing_ok=True)
                raise


@dataclass(slots=True)
class Changing:
    """What `Shelf.changing` gives: another `plan` is kept at its end."""

    plan: Plan


def file_name(content: bytes) -> str:
    """The name of one that was added as a file."""
    return f"{FROM_FILE}{hashlib.sha256(content).hexdigest()[:8]}"


def integrity(content: bytes) -> str:
    """As npm writes it."""
    return f"sha512-{b64encode(hashlib.sha512(content).digest()).decode()}"


def _again(name: str) -> str:
    what = "ARQUIVO" if name.startswith(FROM_FILE) else name
    return f"Guarde-o de novo: wppmt wa-js add {what}"
