"""How modules are loaded: at once, and never looked through for garbage."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

TURN_SECONDS = 0.0005


@contextmanager
def at_once() -> Iterator[None]:
    """What modules are made of lives as long as the process.

    To look through it for garbage, again and again during the loading, takes a tenth of that time, and would be done again
    with each full collection.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@contextmanager
def giving_way() -> Iterator[None]:
    """Beside threads that hand each other work: whoever has some gets its turn soon, not after Python's usual 5 ms each time."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
