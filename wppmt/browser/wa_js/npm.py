"""Brings a version of wa-js from npm's registry, by npm itself, which proves that it is the one of the registry."""

from __future__ import annotations

import json
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wppmt.browser.wa_js.shelf import BUNDLE, LARGEST, Unusable, integrity

NAME = "@wppconnect/wa-js"
SECONDS = 120.0
_MISSING = {"E404", "ETARGET"}


@dataclass(frozen=True, slots=True)
class Package:
    """`bundle` is what a page is given; `integrity` is npm's, of the package that it came in."""

    bundle: bytes
    integrity: str


def fetch(version: str, environ: Mapping[str, str], npm: str = "npm") -> Package:
    """Raises Unusable, which says what to do instead."""
    with tempfile.TemporaryDirectory(prefix="wppmt-npm-") as folder:
        told = _pack(npm, version, Path(folder), environ)
        packed = Path(folder) / Path(told["filename"]).name
        if integrity(packed.read_bytes()) != told["integrity"]:
            raise Unusable(f"O pacote do wa-js {version} chegou incompleto. Tente de novo")
        return Package(_bundle(packed, version), told["integrity"])


def _pack(npm: str, version: str, folder: Path, environ: Mapping[str, str]) -> Mapping[str, str]:
    command = [
        npm,
        "pack",
        f"{NAME}@{version}",
        "--json",
        "--ignore-scripts",
        "--pack-destination",
        str(folder),
    ]
    # Not the gateway's own, which holds secrets.
    given = {name: value for name, value in environ.items() if not name.startswith(("WPP_", "WEBHOOK_"))}
    try:
        ran = subprocess.run(
            command, cwd=folder, env=given, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except FileNotFoundError:
        raise Unusable(
            "O npm não está instalado. Instale-o (apt-get install npm), ou guarde um arquivo: wppmt wa-js add ARQUIVO"
        ) from None
    except subprocess.TimeoutExpired:
        raise Unusable(f"O npm não respondeu em {SECONDS:.0f} s. Verifique a rede e o proxy") from None
    if ran.returncode:
        raise Unusable(_refusal(version, ran.stdout, ran.stderr))
    try:
        [told] = json.loads(ran.stdout)
    except ValueError:
        raise Unusable("O npm respondeu de outra forma. Atualize-o, ou guarde um arquivo") from None
    return {"filename": str(told["filename"]), "integrity": str(told["integrity"])}


def _refusal(version: str, said: str, noise: str) -> str:
    try:
        error = json.loads(said)["error"]
        code, summary = str(error["code"]), str(error["summary"]).strip()
    except (ValueError, KeyError, TypeError):
        code, summary = "", (noise.strip().splitlines() or ["sem mensagem"])[0]
    if code in _MISSING:
        return f"O wa-js {version} não existe no npm"
    if code == "EINTEGRITY":
        return f"O pacote do wa-js {version} não é o que o npm publicou (hash). Nada foi guardado"
    return f"O npm não trouxe o wa-js {version}: {code} {summary}".replace(":  ", ": ")


def _bundle(packed: Path, version: str) -> bytes:
    try:
        with tarfile.open(packed) as package:
            member = package.extractfile(f"package/{BUNDLE}")
            content = member.read(LARGEST + 1) if member else b""
    except (tarfile.TarError, KeyError, EOFError, OSError):
        content = b""
    if not 0 < len(content) <= LARGEST:
        raise Unusable(f"O pacote do wa-js {version} não tem {BUNDLE}")
    return content
