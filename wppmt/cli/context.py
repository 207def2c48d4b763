"""Where a command's settings come from, and how a refusal to start is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import click

from wppmt.app import settings
from wppmt.app.settings import Settings
from wppmt.cli.errors import CommandFailed
from wppmt.domain.errors import SetupError


@dataclass(frozen=True, slots=True)
class SettingsSource:
    """The environment and the site file a command was called with."""

    environ: Mapping[str, str]
    config: Path | None = None

    def load(self, *, makes_key: bool = False) -> Settings:
        """The settings; an error in them ends the command with Portuguese lines on stderr."""
        try:
            return settings.load(self.environ, self.config, makes_key=makes_key)
        except SetupError as failure:
            raise CommandFailed(str(failure)) from None

    def simulated(self) -> SettingsSource:
        """The same, but for the simulator where nothing else was said."""
        return self if self.is_simulated else replace(self, environ={**self.environ, "WPP_SIMULATOR": "1"})

    @property
    def is_simulated(self) -> bool:
        """Whether the environment says so."""
        return self.environ.get("WPP_SIMULATOR", "0") not in {"", "0"}


pass_source = click.make_pass_decorator(SettingsSource)
