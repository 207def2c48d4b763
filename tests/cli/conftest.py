from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.support import free_port
from wppmt.__main__ import main

Call = Callable[..., Result]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A place and ports of this test's own."""
    ports = ("WPP_PORT", "WPP_SIMULATOR_PORT", "WPP_SIMULATOR_PAGE_PORT", "WPP_SIMULATOR_SINK_PORT")
    folders = {"WPP_STATE_DIR": "state", "WPP_TOKENS_DIR": "tokens", "WPP_LOG_DIR": "logs"}
    return {name: str(free_port()) for name in ports} | {
        name: str(tmp_path / leaf) for name, leaf in folders.items()
    }


@pytest.fixture
def call(environ: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """`call("token", "--admin", WPP_SECRET=…)` runs that command line in that environment."""

    def run(*arguments: str, **more: str) -> Result:
        with monkeypatch.context() as patch:
            for name, value in {**environ, **more}.items():
                patch.setenv(name, value)
            return CliRunner().invoke(main, arguments)

    return run
