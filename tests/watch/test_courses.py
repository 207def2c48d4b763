"""Whatever is found when: one alert begins for one cause, and one end follows; the daemon's restarts change nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from actors.watch.courses import CLEAR_SECONDS, Courses
from actors.watch.rules import Finding, Replaced, Unsure, Word
from wppmt.domain.alerts import Alert, AlertCode, Cause

LOOK = 5.0
HOLD = 15.0
CAUSES = (
    Cause(AlertCode.MEMORY_HIGH),
    Cause(AlertCode.SESSION_IN_ERROR, "a"),
    Cause(AlertCode.SESSION_IN_ERROR, "b"),
)
KINDS = ("bad", "held", "unsure", "replaced", "fine")


@dataclass(frozen=True)
class Look:
    """What is said of each cause, and whether the daemon was restarted before."""

    kinds: tuple[str, ...]
    restarted: bool


def word(cause: Cause, kind: str) -> Word | None:
    match kind:
        case "bad":
            return Finding(cause, "má", "faça")
        case "held":
            return Finding(cause, "má", "faça", hold=HOLD)
        case "unsure":
            return Unsure(cause)
        case "replaced":
            return Replaced(cause)
        case _:
            return None


def words(kinds: tuple[str, ...]) -> list[Word]:
    found = [word(cause, kind) for cause, kind in zip(CAUSES, kinds, strict=True)]
    return [one for one in found if one]


class World:
    """Courses over a store of alerts; a restart makes them anew of what is kept."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.kept: dict[Cause, Alert] = {}
        self.told: list[Alert] = []
        self.courses = Courses()

    def look(self, *said: Word, seconds: float = LOOK) -> list[Alert]:
        self.now += seconds
        changed = list(self.courses.look(said, self.now))
        for alert in changed:
            if alert.is_firing:
                assert alert.cause not in self.kept, "two alerts of one cause"
                self.kept[alert.cause] = alert
            else:
                assert self.kept.pop(alert.cause) == replace(alert, ended_at=None), (
                    "an end without a beginning"
                )
        self.courses.happened(changed)
        self.told += changed
        return changed

    def restart(self) -> None:
        self.courses = Courses(self.kept.values())


looks = st.lists(
    st.builds(
        Look,
        st.tuples(*(st.sampled_from(KINDS) for _ in CAUSES)),
        restarted=st.sampled_from([False] * 4 + [True]),
    ),
    max_size=60,
)


@given(looks)
def test_every_alert_begins_once_and_fires_until_its_one_end(run: list[Look]):
    world = World()
    for look in run:
        if look.restarted:
            world.restart()
        world.look(*words(look.kinds))
        assert world.courses.firing == world.kept.keys()
    for cause in CAUSES:
        ends = [not alert.is_firing for alert in world.told if alert.cause == cause]
        assert ends == [number % 2 == 1 for number in range(len(ends))]
        assert (cause in world.kept) == (len(ends) % 2 == 1)


@given(looks)
def test_a_restart_tells_nothing_and_ends_nothing_by_itself(run: list[Look]):
    """The same looks with and without restarts: what is bad or fine for long enough comes out the same."""
    steady, restarted = World(), World()
    for look in run:
        if look.restarted:
            before = restarted.courses.firing
            restarted.restart()
            assert restarted.courses.firing == before
        for world in (steady, restarted):
            world.look(*words(look.kinds))
    bad = words(tuple("held" for _ in CAUSES))
    for _ in range(int(HOLD / LOOK) + 1):
        steady.look(*bad)
        restarted.look(*bad)
    assert steady.courses.firing == restarted.courses.firing == set(CAUSES)
    for _ in range(int(CLEAR_SECONDS / LOOK) + 1):
        steady.look()
        restarted.look()
    assert steady.courses.firing == restarted.courses.firing == frozenset()


@given(st.floats(1.0, 6.0), st.booleans())
def test_it_fires_within_30_seconds_and_ends_within_60(pause: float, held: bool):
    world = World()
    cause = CAUSES[0]
    begun = world.now
    finding = Finding(cause, "má", hold=HOLD if held else 0.0)
    while not world.look(finding, seconds=pause):
        assert world.now - begun <= 30
    begun = world.now
    while not world.look(seconds=pause):
        assert world.now - begun <= 60


def test_what_is_found_again_in_between_is_the_same_alert():
    world = World()
    [alert] = world.look(Finding(CAUSES[0], "má"))
    for _ in range(20):
        assert world.look(seconds=CLEAR_SECONDS - 1) == []
        assert world.look(Finding(CAUSES[0], "má")) == []
    assert Counter(world.told) == {alert: 1}


def test_a_short_absence_does_not_ring():
    world = World()
    held = Finding(CAUSES[0], "má", hold=HOLD)
    for _ in range(10):
        assert world.look(held) == world.look(held) == world.look(held) == []
        assert world.look() == []


def test_it_is_since_when_it_was_found_first():
    world = World()
    held = Finding(CAUSES[0], "má", hold=HOLD)
    first = world.now + LOOK
    while not world.told:
        world.look(held)
    assert world.told[0].since == first


def test_a_more_specific_one_ends_it_at_once():
    world = World()
    world.look(Finding(CAUSES[1], "geral"))
    [ended] = world.look(Replaced(CAUSES[1]))
    assert ended.ended_at == world.now


def test_a_clock_that_is_set_back_lets_nothing_fire_early_or_never():
    world = World()
    held = Finding(CAUSES[0], "má", hold=HOLD)
    world.look(held)
    world.look(held, seconds=-3600)
    world.look(held)
    world.look(held)
    assert [alert.cause for alert in world.look(held)] == [CAUSES[0]]


def test_a_live_message_follows_without_a_new_alert():
    world = World()
    live = Finding(CAUSES[0], "8 de 10", hold=0.0, is_live=True)
    [alert] = world.look(live)
    [changed] = list(world.courses.look([replace(live, message="7 de 10")], world.now))
    assert changed == replace(alert, message="7 de 10")
    assert not world.courses.is_new(changed)
