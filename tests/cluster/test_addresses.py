"""Where a machine is reached may change, under the same name."""

from __future__ import annotations

import pytest

from wppmt.cluster.addresses import Addresses

URL = "http://m1.test:8005"


class Names:
    def __init__(self) -> None:
        self.address = "10.0.0.1"
        self.asked = 0
        self.said: list[str] = []

    async def __call__(self, _host: str, _port: int) -> str:
        self.asked += 1
        if not self.address:
            raise OSError("no such host")
        return self.address

    def say(self, _url: str, trouble: str) -> None:
        self.said.append(trouble)


@pytest.fixture
def names() -> Names:
    return Names()


async def test_it_is_looked_up_once_and_again_when_the_machine_comes_anew(names: Names):
    addresses = Addresses(names.say, names)
    for since in (3, 3, 3):
        await addresses.look_up({URL: since})
    assert (names.asked, addresses.of(URL)) == (1, "10.0.0.1/8005")
    names.address = "10.0.0.2"
    await addresses.look_up({URL: 9})
    assert (names.asked, addresses.of(URL)) == (2, "10.0.0.2/8005")


async def test_every_now_and_then_each_is_looked_up_again(names: Names):
    addresses = Addresses(names.say, names)
    await addresses.look_up({URL: 3})
    names.address = "10.0.0.2"
    assert not addresses.forget_failures()
    addresses.forget_all()
    await addresses.look_up({URL: 3})
    assert addresses.of(URL) == "10.0.0.2/8005"


async def test_what_was_found_holds_while_the_name_server_is_away(names: Names):
    addresses = Addresses(names.say, names)
    await addresses.look_up({URL: 3})
    names.address = ""
    addresses.forget_all()
    await addresses.look_up({URL: 3})
    assert addresses.of(URL) == "10.0.0.1/8005"
    assert names.said[-1]
    names.address = "10.0.0.2"
    assert addresses.forget_failures()
    await addresses.look_up({URL: 3})
    assert (addresses.of(URL), names.said[-1]) == ("10.0.0.2/8005", "")


async def test_one_that_was_never_found_is_not_known(names: Names):
    addresses = Addresses(names.say, names)
    names.address = ""
    await addresses.look_up({URL: 3, "nonsense": 3})
    assert (addresses.of(URL), addresses.of("nonsense")) == ("", "")
    assert addresses.forget_failures()
