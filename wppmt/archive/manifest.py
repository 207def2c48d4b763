"""What an archive says of itself: whose it is, by which versions it was made, and each file with its size and hash."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from wppmt.archive.refusal import ArchiveRefused, Why, forged
from wppmt.browser.profile.snapshots import LOGIN
from wppmt.domain.session_ids import is_session_id

FORMAT = 1
ROWS, PROFILE, OUTGOING = "rows.sqlite", "profile", "outgoing"
"""The session's rows; its login; files of messages that wait to be sent."""
MOST_BYTES = 8 * 1024**3
MOST_FILES = 20_000
MOST_MANIFEST_BYTES = 8 * 1024**2


def _checked_name(name: str) -> str:
    parts = PurePosixPath(name).parts
    is_plain = (
        "\0" not in name
        and "\\" not in name
        and "/".join(parts) == name
        and not {"..", "."}.intersection(parts)
    )
    if not is_plain or not _has_place(name, parts):
        raise ValueError(f"nome de arquivo {name[:80]!r}")
    return name


def _has_place(name: str, parts: tuple[str, ...]) -> bool:
    if parts[:1] == (PROFILE,):
        inner = name.removeprefix(f"{PROFILE}/")
        return any(inner == known or inner.startswith(f"{known}/") for known in LOGIN)
    return name == ROWS or (parts[:1] == (OUTGOING,) and len(parts) == 2)


def _checked_id(text: str) -> str:
    if not is_session_id(text):
        raise ValueError("id de sessão")
    return text


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)


class Member(_Part):
    """A regular file; there is no other kind, so neither link nor device can be in an archive."""

    name: Annotated[str, AfterValidator(_checked_name)]
    size: Annotated[int, Field(ge=0, le=MOST_BYTES)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Manifest(_Part):
    """The first thing in an archive. `made_at` is an epoch second."""

    format: Literal[1]
    session_id: Annotated[str, AfterValidator(_checked_id)]
    made_at: float
    wppmt: str
    """The version that made it."""
    schema_version: Annotated[int, Field(ge=1)]
    """Of the rows."""
    chrome: str
    """The version that wrote the profile last; empty where there is none, or it does not say."""
    sequence: Annotated[int, Field(ge=0)]
    """Of the newest event."""
    files: Annotated[tuple[Member, ...], Field(max_length=MOST_FILES)]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(member.size for member in self.files)

    @property
    def has_login(self) -> bool:
        return any(member.name.startswith(f"{PROFILE}/") for member in self.files)

    def dump(self) -> bytes:
        return self.model_dump_json().encode()


def parse(content: bytes) -> Manifest:
    """Raises ArchiveRefused."""
    try:
        found = json.loads(content)
        if isinstance(found, dict) and isinstance(found.get("format"), int) and found["format"] > FORMAT:
            raise ArchiveRefused(
                Why.NEWER, "O arquivo foi feito por uma versão mais nova do wppmt: atualize este"
            )
        manifest = Manifest.model_validate_json(content)
    except ValidationError as failure:
        raise forged(f"manifesto inválido ({failure.errors()[0]['msg'][:120]})") from None
    except (ValueError, RecursionError):
        raise forged("manifesto que não é JSON") from None
    names = [member.name for member in manifest.files]
    if len(set(names)) != len(names) or ROWS not in names:
        raise forged("um arquivo duas vezes, ou nenhuma linha de banco")
    if manifest.size > MOST_BYTES:
        raise ArchiveRefused(Why.TOO_LARGE, f"O arquivo diz ter {manifest.size} bytes: é grande demais")
    return manifest
