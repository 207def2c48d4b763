"""Pings: every session once in a look, and never hundreds of threads awake at one moment."""

from __future__ import annotations

from collections import Counter

from actors.runtime.effects import Tell, Wake
from actors.supervisor.children import HUNG_PINGS, PINGED_AT_ONCE, Child, Children
from actors.supervisor.messages import PingDue
from wppmt.domain.messages import session_address
from wppmt.domain.reasons import Reason

LOOK_SECONDS = 5.0


def of(sessions: int) -> Children:
    children = Children((), lambda _: True)
    children.sessions = {f"s{number:04d}": Child() for number in range(sessions)}
    return children


def look(children: Children) -> dict[float, list[str]]:
    """Who is pinged, by the seconds after the look."""
    pinged: dict[float, list[str]] = {}
    for effect in children.ping_all(LOOK_SECONDS):
        if isinstance(effect, Tell):
            pinged.setdefault(0.0, []).append(effect.to)
        elif isinstance(effect, Wake) and isinstance(effect.message, PingDue):
            pinged[effect.seconds] = [tell.to for tell in children.ping_sessions(effect.message.sessions)]
    return pinged


def test_each_session_is_pinged_once_in_a_look_and_few_at_a_time():
    children = of(1000)
    pinged = look(children)
    everyone = Counter(address for group in pinged.values() for address in group)
    assert everyone == Counter(map(session_address, children.sessions))
    assert max(map(len, pinged.values())) <= PINGED_AT_ONCE
    assert max(pinged) < LOOK_SECONDS


def test_a_few_sessions_are_pinged_with_the_look():
    assert list(look(of(PINGED_AT_ONCE))) == [0.0]


def test_one_that_is_gone_by_then_is_not_pinged():
    children = of(2)
    del children.sessions["s0000"]
    assert [tell.to for tell in children.ping_sessions(("s0000", "s0001"))] == [session_address("s0001")]


def test_one_of_the_last_group_that_never_answers_is_hung():
    children = of(50)
    for _ in range(HUNG_PINGS):
        assert children.trouble("s0049") is None
        look(children)
    assert children.trouble("s0049") is Reason.ACTOR_HUNG
