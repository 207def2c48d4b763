"""Work that takes longer than an answer, as it is told of (docs/contract.md 18)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class JobStatus(StrEnum):
    RUNNING = "running"
    """Or it waits for its turn."""
    DONE = "done"
    FAILED = "failed"
    """Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Job:
    id: str
    session_id: str
    status: JobStatus = JobStatus.RUNNING
    file: str | None = None
    """What it has made, where it made a file."""
    error: str | None = None
    """Why it failed: a Portuguese sentence."""
