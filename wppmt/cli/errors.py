"""The error with which a command ends."""

from __future__ import annotations

from typing import IO, Any

import click


class CommandFailed(click.ClickException):
    """Ends the command with status 1 and a Portuguese sentence on stderr."""

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"Erro: {self.format_message()}", file=file, err=file is None)
