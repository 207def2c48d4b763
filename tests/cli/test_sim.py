"""The commands against a real simulator; only the pages are missing, which need a browser."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.cli.conftest import Call
from tests.support import wait_until
from wppmt.simulator import SimulatorServer, SimulatorSettings

SHOP, MARIA = "5511911110001", "5511922220002"


@pytest.fixture
def simulator(environ: dict[str, str], tmp_path: Path) -> Iterator[None]:
    settings = SimulatorSettings(
        tmp_path / "simulator", control_port=int(environ["WPP_SIMULATOR_PORT"]), page_port=0
    )
    loop = asyncio.new_event_loop()
    stop, up = asyncio.Event(), threading.Event()

    async def serve() -> None:
        async with SimulatorServer(settings):
            up.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    wait_until(up.is_set)
    yield
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


def lines(result: Result) -> list[Any]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.usefixtures("simulator")
def test_a_conversation_between_two_phones(call: Call, tmp_path: Path):
    lines(call("sim", "account", SHOP, "Loja", "--business"))
    lines(call("sim", "account", MARIA, "Maria"))
    assert [found["phone"] for found in lines(call("sim", "accounts"))] == [SHOP, MARIA]
    (sent,) = lines(call("sim", "message", MARIA, SHOP, "Oi!"))
    (first,) = lines(call("sim", "inbox", SHOP))
    assert (first["id"], first["body"]) == (sent["id"], "Oi!")
    (tmp_path / "nota.txt").write_text("nota")
    lines(call("sim", "message", MARIA, SHOP, "Segue", "--file", str(tmp_path / "nota.txt")))
    (second,) = lines(call("sim", "inbox", SHOP, "--after", str(first["seq"])))
    assert (second["fileName"], second["caption"], second["mimetype"]) == ("nota.txt", "Segue", "text/plain")
    lines(call("sim", "reset"))
    assert lines(call("sim", "accounts")) == []


@pytest.mark.usefixtures("simulator")
def test_phones_states_and_groups(call: Call):
    lines(call("sim", "account", SHOP, "Loja"))
    for command in ("offline", "online", "unlink"):
        lines(call("sim", command, SHOP))
    assert lines(call("sim", "devices", SHOP)) == []
    (group,) = lines(call("sim", "group", "Equipe", SHOP))
    assert group["id"].endswith("@g.us")
    assert [entry["event"] for entry in lines(call("sim", "log"))].count("offline") == 1


@pytest.mark.usefixtures("simulator")
def test_faults_are_ordered_and_undone(call: Call):
    (ordered,) = lines(call("sim", "fault", "ack_delay", "--count", "1", "--set", "delayMs=50"))
    (listed,) = lines(call("sim", "faults"))
    assert (listed["id"], listed["kind"]) == (ordered["id"], "ack_delay")
    lines(call("sim", "faults", ordered["id"]))
    assert lines(call("sim", "faults")) == []


@pytest.mark.usefixtures("simulator")
def test_refusal_is_one_line(call: Call):
    result = call("sim", "inbox", SHOP)
    assert result.exit_code == 1
    assert result.stderr.startswith("Erro: ")
    assert result.stderr.count("\n") == 1


def test_simulator_that_is_not_there(call: Call):
    result = call("sim", "accounts")
    assert result.exit_code == 1
    assert "não responde" in result.stderr


@pytest.mark.usefixtures("simulator")
def test_scan_without_a_gateway_is_told(call: Call):
    assert "inicie antes o serviço" in call("sim", "scan", SHOP, "loja").stderr
    result = call("sim", "scan", SHOP, "loja", WPP_SECRET="s" * 32)
    assert result.exit_code == 1
    assert "A API não responde" in result.stderr


def test_message_needs_a_text_or_a_file(call: Call):
    assert call("sim", "message", MARIA, SHOP).exit_code == 2
