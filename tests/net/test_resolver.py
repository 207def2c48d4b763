"""Look-ups share a thread per name, and fail as they should."""

from __future__ import annotations

import asyncio
import threading

import pytest
from aiohttp.abc import ResolveResult

from wppmt.net.resolver import Lookups


async def test_a_name_is_found():
    found = await Lookups().resolve("localhost", 80)
    assert {result["host"] for result in found} <= {"127.0.0.1", "::1"}
    assert {result["port"] for result in found} == {80}


@pytest.mark.parametrize("name", ["nowhere.invalid", "a" * 300, "a..b"])
async def test_an_unknown_or_impossible_name_is_an_os_error(name: str):
    with pytest.raises(OSError):
        await Lookups().resolve(name, 80)


class SlowDns:
    """`hangs.test` is not answered until `go`; every other name at once."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.asked: list[str] = []

    def find(self, host: str, port: int, family: int) -> list[ResolveResult]:
        self.asked.append(host)
        if host == "hangs.test":
            self.go.wait(5)
        return [ResolveResult(hostname=host, host="192.0.2.1", port=port, family=family, proto=0, flags=0)]


async def test_a_hanging_name_takes_one_thread_and_holds_nobody_back():
    dns = SlowDns()
    lookups = Lookups(dns.find)
    hanging = [asyncio.create_task(lookups.resolve("hangs.test", 80)) for _ in range(50)]
    for number in range(50):
        assert await lookups.resolve(f"works-{number}.test", 80)
    hanging[0].cancel()  # one who gives up takes nothing from the others
    dns.go.set()
    answers = await asyncio.gather(*hanging[1:])
    assert [answer[0]["host"] for answer in answers] == ["192.0.2.1"] * 49
    assert dns.asked.count("hangs.test") == 1
    assert await lookups.resolve("hangs.test", 80)  # the next one looks anew
    assert dns.asked.count("hangs.test") == 2
