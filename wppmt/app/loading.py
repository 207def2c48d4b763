"""How modules are loaded: at once, and never looked through for garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


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
