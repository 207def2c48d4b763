"""New contacts are counted exactly, whatever dies: real policy, journal and store, a daemon that ends anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from actors.session.sending.strangers import Recipient, Strangers
from actors.session.unit_of_work import UnitOfWork
from tests.actors.gateway import FlakyStore
from tests.defaults import session_policy
from wppmt.domain.contact_policy import DAY_SECONDS, ContactPolicy
from wppmt.domain.errors import Code
from wppmt.store.port import StoreUnavailable
from wppmt.store.records import JournalEntry, SendState, SessionRecord

SEEDS = 40
ZONES = ("America/Sao_Paulo", "UTC", "Australia/Lord_Howe")
SLOWEST = 600.0


class Office:
    """Accepts and hands over as acceptance and queue do: each in one commit, which is kept or is not."""

    def __init__(self, store: FlakyStore, random: Random, policy: ContactPolicy, now: float) -> None:
        self.store, self.random, self.now = store, random, now
        self.policy = policy
        self.reached: dict[float, set[str]] = {}
        """By the beginning of the day: who had the first message."""
        self.firsts: list[float] = []
        self.acknowledged: set[str] = set()
        self.everybody: set[str] = set()
        with store.transaction() as transaction:
            transaction.save(SessionRecord("a", now, contact_policy=policy, linked_at=now))
        self.boot()

    def boot(self) -> None:
        """A new daemon knows what is in the store. What had been handed over is never handed over again here."""
        record = self.store.session("a")
        assert record is not None
        self.work = UnitOfWork(
            record, self.store, new_event_id=str, new_secret=lambda: "whsec_x", default_webhook=""
        )
        self.strangers = Strangers(self.work, session_policy(), self.random)
        waiting = [entry for entry in self.store.unfinished("a") if entry.state is SendState.ACCEPTED]
        self.queue = waiting

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One in ten commits fails, and the daemon dies with it."""
        if self.random.random() < 0.1:
            self.store.fill_after = 0
        try:
            with self.work.together():
                yield
        finally:
            self.store.is_full, self.store.fill_after = False, None

    def accept(self, number: int) -> None:
        contact = str(number)
        whom = Recipient(contact, is_stranger=True, was_written_to=contact in self.acknowledged)
        if any(self.strangers.obstacles(whom, self.now)):
            return
        entry = JournalEntry(
            "a", f"m{self.random.getrandbits(60)}", contact, "text", {}, accepted_at=self.now
        )
        with self.turn():
            entry = self.strangers.admitted(entry, whom, self.now)
            self.work.write(self.now, journal=entry)
        self.queue.append(entry)

    def hand_over(self) -> None:
        if not self.queue:
            return
        entry = self.queue.pop(0)
        with self.turn():
            is_late = self.strangers.late(entry, self.now) is not None
            if not is_late:
                self.strangers.handed(entry, self.now)
            entry = self.settle(entry, SendState.FAILED if is_late else SendState.HANDED, handed_at=self.now)
            if is_late:
                self.inherit(entry)
        if is_late or self.dies(0.05):
            return
        outcome = self.random.choice((SendState.SENT, SendState.UNKNOWN, SendState.FAILED))
        if outcome is not SendState.FAILED:
            self.reach(entry)
        if not self.dies(0.05):
            with self.turn():
                self.settle(entry, outcome)
                if outcome is SendState.FAILED:
                    self.inherit(entry)
            if outcome is SendState.SENT:
                self.acknowledged.add(entry.to)

    def inherit(self, failed: JournalEntry) -> None:
        if heir := self.strangers.heir(failed, self.queue):
            self.work.write(self.now, journal=heir)
            self.queue = [heir if entry.id == heir.id else entry for entry in self.queue]

    def dies(self, chance: float) -> bool:
        if self.random.random() >= chance:
            return False
        self.boot()
        return True

    def settle(self, entry: JournalEntry, state: SendState, **changes: Any) -> JournalEntry:
        settled = replace(entry, state=state, **changes)
        self.work.write(self.now, journal=settled)
        return settled

    def reach(self, entry: JournalEntry) -> None:
        assert self.policy.quiet_until(self.now) is None
        if entry.to not in self.everybody:
            self.everybody.add(entry.to)
            self.reached.setdefault(self.policy.day_of(self.now)[0], set()).add(entry.to)
            self.firsts.append(self.now)

    def step(self) -> None:
        try:
            if self.random.random() < 0.6:
                self.accept(self.random.randrange(10**6) if self.random.random() < 0.8 else 7)
            else:
                self.hand_over()
        except StoreUnavailable:
            self.boot()


def test_under_a_lowered_budget_go_those_of_today_and_not_yesterdays(tmp_path: Path) -> None:
    """A day begins with its first moment."""
    midnight, _ = (policy := ContactPolicy(new_contacts_per_day=2)).day_of(1_770_000_000.0)
    office = Office(FlakyStore(tmp_path), Random(0), policy, midnight - 1)
    office.accept(1)
    office.now = midnight
    office.accept(2)
    office.work.write(office.now, contact_policy=replace(policy, new_contacts_per_day=1))
    office.now += 60
    late = [office.strangers.late(entry, office.now) for entry in office.queue]
    assert late == [Code.NEW_CONTACT_BUDGET, None]


@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_day_goes_over_its_budget(tmp_path: Path, seed: int) -> None:
    live(tmp_path, seed, days=25)


@pytest.mark.long
@pytest.mark.timeout(120)
@pytest.mark.parametrize("seed", range(SEEDS, 2 * SEEDS))
def test_none_of_ten_thousand_days_goes_over_its_budget(tmp_path: Path, seed: int) -> None:
    live(tmp_path, seed, days=10_000 // SEEDS)


def live(tmp_path: Path, seed: int, days: int) -> None:
    """No day has more new contacts than its budget, a shorter gap, or a message in quiet hours."""
    random = Random(seed)
    policy = ContactPolicy(
        new_contacts_per_day=random.randint(1, 4),
        warm_up=random.random() < 0.3,
        gap_min=(gap := random.choice((0.0, 30.0, 300.0))),
        gap_max=2 * gap,
        quiet_from=random.choice(("", "23:30", "12:00")),
        quiet_to="06:00",
        time_zone=random.choice(ZONES),
    )
    office = Office(FlakyStore(tmp_path), random, policy, 1_770_000_000.0 + random.random() * DAY_SECONDS)
    end = office.now + days * DAY_SECONDS
    while office.now < end:
        # Mostly about midnight, where a count changes hands; sometimes a day of nothing.
        office.now += random.choice((0.0, 1.0, gap, SLOWEST, 3 * 3600.0, 9 * 3600.0))
        if random.random() < 0.1:
            midnight = policy.day_of(office.now)[1]
            office.now = max(office.now, midnight - random.random() * 20)
        for _ in range(random.randrange(4)):
            office.step()
    assert office.reached
    budgets = [policy.budget(office.work.record.linked_at, day + DAY_SECONDS) for day in office.reached]
    over = [
        day
        for (day, people), budget in zip(office.reached.items(), budgets, strict=True)
        if budget is not None and len(people) > budget
    ]
    assert over == []
    assert all(later - earlier >= policy.gap_min for earlier, later in pairwise(office.firsts))
