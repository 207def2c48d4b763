"""The steps of the demo: each is shown with its time, and the first that does not end as promised ends it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click


class DemoFailed(Exception):
    """A step did not end as promised; the text says how."""


def expect(fulfilled: bool, otherwise: str) -> None:
    if not fulfilled:
        raise DemoFailed(otherwise)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Shows the step while it runs, and its time when it is done."""
    began, done = time.monotonic(), False
    if sys.stdout.isatty():
        click.echo(f"… {name}\r", nl=False)
    try:
        yield
        done = True
    finally:
        click.echo(f"{'✓' if done else '✗'} {name:<45} {time.monotonic() - began:7.2f} s")
