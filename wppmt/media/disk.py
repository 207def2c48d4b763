"""Files on a disk that may be full."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from wppmt.domain.errors import Code, Refusal


@contextmanager
def on_a_disk_with_room() -> Iterator[None]:
    """What the disk refuses is a Refusal(STORE_UNAVAILABLE)."""
    try:
        yield
    except OSError:
        raise Refusal(Code.STORE_UNAVAILABLE) from None
