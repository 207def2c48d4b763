"""The key that signs and checks tokens: what is too weak, and the simulator's own (docs/contract.md 1)."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from wppmt.domain.errors import SetupError
from wppmt.domain.system_errors import explain

EXAMPLES = frozenset({"avelar-wpp-secret", "chave-secreta-aqui"})
"""Keys of the public documentation, which everybody knows."""
LEAST_BYTES = 32
FILE = "simulator.secret"


def choose(given: str, state_dir: Path, *, simulated: bool, makes: bool) -> tuple[str, tuple[str, ...]]:
    """The key to use, and notices about it. Raises SetupError for a weak key, except with the simulator.

    The simulator's own is empty as long as nobody who `makes` one has asked.
    """
    if complaint := _weakness(given):
        if not simulated:
            raise SetupError(f"WPP_SECRET {complaint}. Gere uma com: openssl rand -hex 32")
        own = _own(state_dir) if makes else _found(state_dir)
        return own, (
            (f"WPP_SECRET {complaint}: no modo simulador é usada a chave de {state_dir / FILE}",)
            if given
            else ()
        )
    return given, ()


def _weakness(given: str) -> str:
    if not given:
        return "não está definida"
    if given in EXAMPLES:
        return "é a chave de exemplo da documentação"
    if len(given.encode()) < LEAST_BYTES:
        return f"tem menos de {LEAST_BYTES} bytes"
    return ""


def _own(state_dir: Path) -> str:
    """The simulator's random key, made once. Two processes that start together get the same one."""
    file = state_dir / FILE
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            _publish(file, secrets.token_hex(LEAST_BYTES))
        return _found(state_dir)
    except OSError as failure:
        raise SetupError(
            f"A pasta {state_dir} não pode ser usada: {explain(failure)} (WPP_STATE_DIR)"
        ) from None


def _found(state_dir: Path) -> str:
    try:
        return (state_dir / FILE).read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _publish(file: Path, text: str) -> None:
    draft = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
        out.write(text)
    try:
        os.link(draft, file)  # fails when another process was first, unlike rename
    except FileExistsError:
        pass
    finally:
        draft.unlink()
