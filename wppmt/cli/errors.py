"""The errors with which a command ends, each with its exit code (docs/contract.md 15); click ends slips of usage with 2."""

from __future__ import annotations

from typing import IO, Any

import click


class CommandFailed(click.ClickException):
    """Ends the command with status 1 and a Portuguese sentence on stderr."""

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(f"Erro: {self.format_message()}", file=file, err=file is None)


class NoDaemon(CommandFailed):
    """Nobody answers where the API should be: status 3."""

    exit_code = 3


class OutcomeUnknown(CommandFailed):
    """What was asked for may have been done, or not: status 4."""

    exit_code = 4
