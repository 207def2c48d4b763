"""What `wppmt doctor` says, one line each."""

from __future__ import annotations

from dataclasses import dataclass

import click


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `advice` says what to do about a trouble."""

    fine: bool
    text: str
    advice: str = ""

    def show(self) -> None:
        click.echo(f"{'✓' if self.fine else '✗'} {self.text}" + ("" if self.fine else f". {self.advice}"))
