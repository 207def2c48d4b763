"""What stands at the cluster's keys: JSON, of which other versions may know more or less. No password, and nobody's phone."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wppmt.domain.cluster import MachineState


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    def dump(self) -> str:
        return self.model_dump_json(exclude_defaults=True)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """None for what cannot be understood: one bad value is no reason to see no cluster at all."""
        try:
            return cls.model_validate_json(text)
        except ValidationError:
            return None


class Versions(_Value):
    wppmt: str = ""
    schema_version: int = 0
    """Of the database: an archive goes to the same one, or to a newer."""
    chrome: str = ""
    """As `schema_version`, of the profile; empty: not known, and not compared."""
    bridge: str = ""


class Machine(_Value):
    """A machine that lives: the key is on its lease."""

    url: str
    """Where HAProxy and clients reach it."""
    peer: str = ""
    """Where other machines bring sessions; empty: none can come."""
    places: int = Field(default=0, ge=0)
    """For so many sessions (WPP_MAX_SESSIONS)."""
    used: int = Field(default=0, ge=0)
    versions: Versions = Versions()
    state: str = MachineState.OK
    """Only where it is OK sessions may come; a newer version may know more states."""
    boot: str = ""
    """Of the machine's kernel, to tell a restart from a silence."""


class Home(_Value):
    """Whose the session is, whether that machine lives or not."""

    machine: str
    url: str = ""
    """That machine's, for when it is gone."""
    fences: bool = False
    """It ends its browsers when it is cut off (WPP_CLUSTER_FAILOVER): others may bring the session up."""
    proxy: str = ""
    """Names the proxy, as a digest: sessions behind the same one are spread."""


class Why(StrEnum):
    """A session should go."""

    ASKED = "asked"
    DRAIN = "drain"
    BALANCE = "balance"
    LOST = "lost"
    """Its machine is gone: not a move, but a way back from the newest archive."""


class Goal(_Value):
    machine: str
    """Where the session should go."""
    why: Why
    refused: str = ""
    """Why it did not go, in Portuguese; empty while it is to go."""
