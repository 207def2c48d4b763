"""WhatsApp's limits by chance: once the page has told one, no stranger is written to before its end, whatever dies."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from tests.actors.conftest import MakeGateway
from tests.actors.gateway import Gateway
from wppmt.browser.fake.limits import NAMES
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.states import State

ME, FRIEND = "5511999990001", "5511888880001"
SEEDS, SENDS = 20, 50
"""A thousand sends."""
CODES = {"reachout": Code.REACHOUT_TIMELOCK, "quota": Code.NEW_CHAT_QUOTA}


@dataclass
class Office:
    """A session that writes, WhatsApp's limits as its page was told of them, and what became of each send."""

    gateway: Gateway
    ends: dict[str, float] = field(default_factory=dict)
    strangers: int = 0
    refused: int = 0
    accepted: int = 0

    @property
    def now(self) -> float:
        return self.gateway.time.moment

    def holding(self) -> dict[str, float]:
        return {name: end for name, end in self.ends.items() if end > self.now}

    def send(self) -> None:
        """A first message to somebody who never wrote, or an answer."""
        if self.gateway.random.random() < 0.2:
            assert self.gateway.send("a", FRIEND).ack == 1
            return
        to = f"55117{self.strangers:08}"
        self.strangers += 1
        self.gateway.world.add_phone(to)
        if holding := self.holding():
            self.assert_refused(to, holding)
        else:
            self.gateway.send("a", to)
            self.accepted += 1
            assert len(self.gateway.inbox(to)) == 1

    def assert_refused(self, to: str, holding: dict[str, float]) -> None:
        """By the limit that lasts longest, with its end; and nothing has reached anybody."""
        began = self.now
        with pytest.raises(Refusal) as refused:
            self.gateway.send("a", to)
        longest = max(holding, key=holding.__getitem__)
        assert refused.value.code is CODES[longest]
        assert refused.value.retry_after == pytest.approx(holding[longest] - began, abs=1.5)
        assert self.gateway.inbox(to) == []
        self.refused += 1

    # ---- what happens

    def begin(self) -> None:
        name = self.gateway.random.choice([*NAMES.values()])
        self.ends[name] = float(int(self.now + self.gateway.random.choice([20, 60, 200, 600])))
        self.gateway.browser("a").page.set_limit(name, active=True, until=self.ends[name])

    def lift(self) -> None:
        for name in self.holding():
            self.gateway.browser("a").page.set_limit(name, active=False, until=None)
            del self.ends[name]

    def wait_for_the_end(self) -> None:
        if holding := self.holding():
            self.gateway.run(max(holding.values()) - self.now)
            self.send()

    def wait(self) -> None:
        self.gateway.run(self.gateway.random.choice([1, 10, 60]))

    def reload(self) -> None:
        """The next page knows of no limit: what WhatsApp has told is the gateway's to keep."""
        self.gateway.browser("a").reload()

    def crash(self) -> None:
        self.gateway.browser("a").crash()

    def kill_daemon(self) -> None:
        self.gateway.kill_daemon()
        self.gateway.boot()

    def restart(self) -> None:
        self.gateway.restart("a")

    def come_back(self) -> None:
        """Connected again; and what a limit is heard by has been handled."""
        self.gateway.run(1)
        self.gateway.until("a", State.CONNECTED)
        self.gateway.run(6)


ACTS = [
    *(Office.begin,) * 3,
    Office.lift,
    *(Office.wait_for_the_end,) * 2,
    *(Office.wait,) * 2,
    Office.reload,
    Office.crash,
    Office.kill_daemon,
    Office.restart,
]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
def test_none_is_sent_that_whatsapp_would_refuse_and_the_first_after_the_end_is(
    make_gateway: MakeGateway, seed: int
):
    gateway = make_gateway(seed=seed)
    browser = gateway.connect("a", ME)
    gateway.world.add_phone(FRIEND)
    browser.receive(FRIEND)
    gateway.run(5)
    office = Office(gateway)
    for number in range(SENDS):
        if number % 2:
            gateway.random.choice(ACTS)(office)
            office.come_back()
        office.send()
    assert office.refused
    assert office.accepted
