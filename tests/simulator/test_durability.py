"""A killed simulator has forgotten nothing when it runs again."""

from collections.abc import Callable
from pathlib import Path

import aiohttp
import pytest

from tests.simulator.conftest import SimulatorProcess
from tests.simulator.fake_page import FakePage
from tests.support import wait_until
from wppmt.simulator.client import Simulator, SimulatorError
from wppmt.simulator.storage import Changes, Storage

ANA, BRUNO = "5511911111111", "5511922222222"


@pytest.mark.slow
async def test_nothing_is_forgotten_by_a_killed_process(simulator_process: SimulatorProcess) -> None:
    client = simulator_process.client
    client.register(ANA, "Ana", lid="77777")
    client.register(BRUNO, "Bruno", is_business=True, pushname="Bru")
    group = client.create_group("Equipe", [ANA, BRUNO])
    client.offline(BRUNO)
    fault = client.fault("ack_delay", phone=ANA, delayMs=5)
    async with aiohttp.ClientSession() as session:
        async with FakePage(session, simulator_process.page_port) as page:
            code = await page.code()
            async with session.post(f"{client.url}/sim/accounts/{ANA}/scan", json={"qr": code}) as answer:
                assert answer.status == 200
            await page.send("3EB01", f"{BRUNO}@c.us")
        for body in ("um", "dois"):
            client.write(BRUNO, group, body)
        client.write_media(BRUNO, ANA, b"bytes", "image/png", "foto.png")
        wait_until(lambda: client.devices(ANA)[0]["sockets"] == 0)
        before = observable(client)

        simulator_process.kill()
        simulator_process.start()

        assert observable(simulator_process.client) == before
        assert [one["id"] for one in client.faults()] == [fault]
        async with FakePage(session, simulator_process.page_port, page.token) as again:
            await again.pushed("message", 3)
            assert again.received() == ["um", "dois", None]
            assert "error" not in await again.send("3EB01", f"{BRUNO}@c.us")
            await again.send("3EB02", f"{BRUNO}@c.us")
    assert [line["id"] for line in client.inbox(BRUNO)] == ["3EB01", "3EB02"]
    numbers = [entry["seq"] for entry in client.log()]
    assert numbers == list(range(1, len(numbers) + 1))


def observable(client: Simulator) -> object:
    devices = [client.devices(phone) for phone in (ANA, BRUNO)]
    inboxes = [client.inbox(phone) for phone in (ANA, BRUNO)]
    history = [entry for entry in client.log() if entry["event"] not in {"page_close", "page_open"}]
    return client.accounts(), devices, inboxes, history


def test_the_client_says_when_nobody_answers(free_port: Callable[[], int]) -> None:
    with pytest.raises(SimulatorError) as unreachable:
        Simulator(f"http://127.0.0.1:{free_port()}").health()
    assert unreachable.value.status == 0


def test_changes_are_saved_together_and_in_order(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    changes = Changes()
    for key in ("b", "a", "c"):
        changes.put("letter", key, {"key": key})
    changes.put("letter", "b", {"key": "B"})
    changes.delete("letter", "c")
    storage.save(changes.drain())
    storage.close()
    again = Storage(tmp_path)
    assert [row["key"] for row in again.load("letter")] == ["B", "a"]
    assert changes.drain() == {}
    again.clear()
    assert list(again.load("letter")) == []
    again.close()


def test_media_are_stored_once_under_their_digest(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    first, size = storage.put_media([b"ab", b"c"])
    assert size == 3
    assert storage.put_media([b"abc"]) == (first, size)
    assert [path.name for path in (tmp_path / "media").iterdir()] == [first]
    path = storage.media_path(first)
    assert path
    assert path.read_bytes() == b"abc"
    assert storage.media_path("0" * 64) is None
    storage.close()
