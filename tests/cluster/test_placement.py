"""Where sessions should go, from thousands of made-up clusters: what must be so of every plan."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from wppmt.cluster.placement import (
    LEAST_IMBALANCE,
    Limits,
    Move,
    Placed,
    Room,
    customer_of,
    free_places,
    opens,
    plan,
)
from wppmt.cluster.values import Versions, Why

OLD, NEW = Versions(schema_version=24, chrome="155.0.1.1"), Versions(schema_version=25, chrome="156.0.1.1")
LIMITS = Limits(moves=3, returns=2)
NAMES = ["m1", "m2", "m3", "m4", "m5"]


@st.composite
def clusters(draw: st.DrawFn) -> tuple[list[Room], list[Placed], list[str]]:
    """Machines of which some live, sessions on all of them, and which of the dead are given up."""
    rooms = [
        Room(name, draw(st.integers(0, 8)), draw(st.sampled_from([OLD, NEW])), draw(st.booleans()), draw(st.booleans()))
        for name in draw(st.lists(st.sampled_from(NAMES), unique=True))
    ]  # fmt: skip
    placed = [
        Placed(
            f"{draw(st.sampled_from('abc'))}-{number}", draw(st.sampled_from(NAMES)), draw(st.sampled_from(["", "p", "q"])),
            draw(st.sampled_from(["", "", "", *NAMES])), draw(st.frozensets(st.sampled_from(NAMES), max_size=2)),
        )
        for number in range(draw(st.integers(0, 20)))
    ]  # fmt: skip
    placed = [replace(one, goes_to="") if one.goes_to == one.machine else one for one in placed]
    living = {room.machine for room in rooms}
    lost = [name for name in NAMES if name not in living and draw(st.booleans())]
    return rooms, placed, lost


def after(placed: Sequence[Placed], moves: Sequence[Move]) -> list[Placed]:
    """All of them have arrived."""
    targets = {move.session: move.target for move in moves}
    return [replace(one, machine=targets.get(one.session, one.machine)) for one in placed]


def taken(placed: Sequence[Placed]) -> Counter[str]:
    return Counter(machine for one in placed for machine in {one.machine, one.goes_to} - {""})


@given(clusters())
def test_every_move_is_one_that_may_be(cluster: tuple[list[Room], list[Placed], list[str]]):
    rooms, placed, lost = cluster
    by_name, sessions = {room.machine: room for room in rooms}, {one.session: one for one in placed}
    moves = plan(rooms, placed, lost, LIMITS)
    assert len({move.session for move in moves}) == len(moves)
    for move in moves:
        session, target = sessions[move.session], by_name[move.target]
        source = by_name.get(move.source)
        assert session.machine == move.source != move.target
        assert not session.goes_to
        assert move.target not in session.not_to
        assert target.is_open
        assert not target.is_drained
        assert source is None or opens(source.versions, target.versions)
        assert (move.why is Why.LOST) == (move.source in lost) == (source is None)
        assert move.why is not Why.DRAIN or (source and source.is_drained)


@given(clusters())
def test_no_machine_gets_more_than_it_has_places_for(cluster: tuple[list[Room], list[Placed], list[str]]):
    rooms, placed, lost = cluster
    before, moves = taken(placed), plan(rooms, placed, lost, LIMITS)
    coming = Counter(move.target for move in moves)
    for room in rooms:
        assert not coming[room.machine] or before[room.machine] + coming[room.machine] <= room.places


@given(clusters())
def test_there_are_never_more_on_their_way_than_may_be(cluster: tuple[list[Room], list[Placed], list[str]]):
    rooms, placed, lost = cluster
    living = {room.machine for room in rooms}
    moves = plan(rooms, placed, lost, LIMITS)
    under_way = sum(one.goes_to != "" and one.machine in living for one in placed)
    planned = sum(move.why is not Why.LOST for move in moves)
    assert not planned or under_way + planned <= LIMITS.moves
    returning = Counter(one.goes_to for one in placed if one.machine not in living)
    for machine, count in Counter(move.target for move in moves if move.why is Why.LOST).items():
        assert returning[machine] + count <= LIMITS.returns


@given(clusters())
def test_it_comes_to_rest(cluster: tuple[list[Room], list[Placed], list[str]]):
    """Plan after plan, each of which arrives, all that can go has gone, and nothing goes to and fro."""
    rooms, placed, lost = cluster
    placed = [replace(one, goes_to="") for one in placed]
    for _ in range(2 * len(placed) + 1):
        moves = plan(rooms, placed, lost, LIMITS)
        if not moves:
            break
        placed = after(placed, moves)
    assert not plan(rooms, placed, lost, LIMITS)
    free = {room.machine for room in rooms if room.is_target and taken(placed)[room.machine] < room.places}
    by_name = {room.machine: room for room in rooms}
    for one in placed:
        source = by_name.get(one.machine)
        if one.machine in lost or (source and source.is_drained):
            for name in free - one.not_to:
                assert source
                assert not opens(source.versions, by_name[name].versions)


@given(clusters(), st.randoms())
def test_the_order_of_what_is_told_does_not_matter(
    cluster: tuple[list[Room], list[Placed], list[str]], random: object
):
    rooms, placed, lost = cluster
    shuffled = list(rooms)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert plan(shuffled, placed, lost, LIMITS) == plan(rooms, placed, lost, LIMITS)


@given(st.lists(st.integers(0, 30), min_size=2, max_size=6))
def test_machines_of_one_kind_become_even(counts: list[int]):
    rooms = [Room(f"m{number}", 30, NEW) for number in range(len(counts))]
    placed = [Placed(f"s{m}x{n}y", f"m{m}") for m, count in enumerate(counts) for n in range(count)]
    while moves := plan(rooms, placed, (), LIMITS):
        assert {move.why for move in moves} == {Why.BALANCE}
        placed = after(placed, moves)
    shares = [taken(placed)[room.machine] / 30 for room in rooms]
    assert max(shares) - min(shares) <= LEAST_IMBALANCE + 1 / 30 + 1e-9


def test_a_customer_s_sessions_are_spread():
    rooms = [Room(name, 10, NEW) for name in ("m1", "m2", "m3")]
    placed = [Placed(f"loja-{number}", "gone") for number in range(6)]
    moves = plan(rooms, placed, ["gone"], Limits(1, 10))
    assert Counter(move.target for move in moves) == {"m1": 2, "m2": 2, "m3": 2}
    assert [customer_of(name) for name in ("loja-1", "loja_22", "loja", "7", "a1b")] == [
        "loja",
        "loja",
        "loja",
        "7",
        "a1b",
    ]


def test_sessions_behind_one_proxy_are_spread_though_one_machine_is_emptier():
    rooms = [Room("m1", 10, NEW), Room("m2", 10, NEW)]
    placed = [
        Placed("a", "m1", proxy="p"),
        Placed("x", "m2"),
        Placed("y", "m2"),
        Placed("b", "gone", proxy="p"),
    ]
    [move] = plan(rooms, placed, ["gone"], LIMITS)
    assert move.target == "m2"


def test_free_places_are_those_that_nobody_was_promised():
    rooms = [Room("m1", 3, NEW), Room("m2", 5, NEW, is_drained=True), Room("m3", 1, NEW)]
    placed = [Placed("a", "m1", goes_to="m3"), Placed("b", "m2"), Placed("c", "m3")]
    assert free_places(rooms, placed) == 2


def test_a_thousand_machines_with_fifty_sessions_each_of_which_a_tenth_dies_take_less_than_a_second():
    dead = {f"m{number}" for number in range(0, 1000, 10)}
    names = [f"m{number}" for number in range(1000)]
    rooms = [Room(name, 60, NEW) for name in names if name not in dead]
    placed = [
        Placed(f"customer{number % 7000}-{number}", names[number % 1000], proxy=f"p{number % 400}") for number in range(50_000)
    ]  # fmt: skip
    began = time.process_time()
    moves = plan(rooms, placed, dead, Limits(moves=5, returns=5))
    assert time.process_time() - began < 1.0
    assert len(moves) == 4500
