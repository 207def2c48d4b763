"""Keeps a writer that hung, and was replaced meanwhile, from changing what its successor has taken up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Fenced(Exception):
    """The writer has been replaced; nothing was changed."""


_may_write: ContextVar[Callable[[], bool]] = ContextVar("may_write")


@contextmanager
def fenced(may_write: Callable[[], bool]) -> Iterator[None]:
    """Within the block, in this thread, every transaction asks `may_write` before it begins."""
    before = _may_write.set(may_write)
    try:
        yield
    finally:
        _may_write.reset(before)


def check() -> None:
    """Called by the store once it holds the lock under which it will commit. Raises Fenced.

    A writer that passes commits before its successor can read the record, which waits for the same lock.
    """
    may_write = _may_write.get(None)
    if may_write is not None and not may_write():
        raise Fenced
