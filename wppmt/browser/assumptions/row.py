"""One assumption about WhatsApp: what it says, how sure it is, and what stands on it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

BUILD_READ = "2.3000.1044822804"
"""The build of WhatsApp Web whose modules were read (August 2026)."""


class Mark(StrEnum):
    """How sure an assumption is, in the words of the document."""

    BUILD = "visto no build"
    ISSUES = "lido em issues"
    GUESSED = "suposto"


@dataclass(frozen=True, slots=True)
class Assumption:
    """Texts are Portuguese, for the document."""

    says: str
    mark: Mark
    source: str
    """BUILD: WhatsApp's modules, by name. ISSUES: whose. GUESSED: why it can't be known."""
    used_by: str
    """`file#name`: the place in this repository that would have to change."""
    if_wrong: str
    """What a user of the gateway would see."""


@dataclass(frozen=True, slots=True)
class Topic:
    title: str
    rows: tuple[Assumption, ...]
