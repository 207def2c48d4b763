"""The operator's command learns whether the cluster should grow."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests.support import wait_until
from wppmt.app.scale_hook import advise
from wppmt.cluster.scaling import Advice, Places
from wppmt.domain.log import LogLevel

PLACES = Places(all=30, free=2, largest=10, machines=3)


class Log:
    def __init__(self) -> None:
        self.told: list[str] = []

    def __call__(
        self, event: str, _session_id: str | None = None, /, *, level: LogLevel = "info", **details: object
    ) -> None:
        self.told.append(event)


def script(folder: Path, text: str) -> str:
    file = folder / "hook"
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o700)
    return f"{file} --cell eins"


async def test_it_is_called_with_the_advice_and_the_figures_and_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("WPP_SECRET", "never-here")
    log, said = Log(), tmp_path / "said"
    await advise(script(tmp_path, f'echo "$@" > {said}; env >> {said}'), log, Advice.MORE, PLACES)
    words, *environ = said.read_text().splitlines()
    assert words == "--cell eins more"
    assert {"WPP_CLUSTER_PLACES=30", "WPP_CLUSTER_FREE=2", "WPP_CLUSTER_MACHINES=3"} <= set(environ)
    assert "never-here" not in said.read_text()
    assert os.environ["WPP_SECRET"] == "never-here"
    assert log.told == ["cluster_advice"]


@pytest.mark.parametrize("command", ["", "/no/such/command", "/bin/false"])
async def test_one_that_fails_costs_a_line_of_the_log(command: str):
    log = Log()
    await advise(command, log, Advice.FEWER, PLACES)
    assert log.told == (["cluster_advice", "scale_hook_failed"] if command else ["cluster_advice"])


async def test_one_that_is_not_waited_for_any_more_is_ended(tmp_path: Path):
    said = tmp_path / "pid"
    command = script(tmp_path, f"echo $$ > {said}.new; mv {said}.new {said}; exec sleep 600")
    telling = asyncio.create_task(advise(command, Log(), Advice.MORE, PLACES))
    await asyncio.to_thread(wait_until, said.exists, 10)
    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)
    with pytest.raises(ProcessLookupError):
        os.kill(int(said.read_text()), 0)
