"""Which connection goes when there are too many."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wppmt.http.connections import ConnectionLimits, Connections, whose


def test_the_longest_idle_one_makes_room():
    connections: Connections[str] = Connections(ConnectionLimits(total=2, per_address=2))
    assert connections.arrive("a", "x") is None
    assert connections.arrive("b", "y") is None
    connections.work("a")
    connections.rest("a", has_token=False)
    assert connections.arrive("c", "z") == "b"
    assert connections.arrive("d", "z") == "a"


def test_strangers_go_before_who_has_shown_a_token():
    connections: Connections[str] = Connections(ConnectionLimits(total=3, per_address=2))
    for name, address in (("caller", "x"), ("stranger", "x"), ("other", "y")):
        connections.arrive(name, address)
    connections.work("caller")
    connections.rest("caller", has_token=True)
    connections.work("stranger")
    connections.rest("stranger", has_token=False)
    assert connections.arrive("next", "x") == "stranger"
    assert connections.arrive("another", "z") == "other"


def test_a_busy_one_stays_and_the_new_one_goes():
    connections: Connections[str] = Connections(ConnectionLimits(total=1, per_address=1))
    connections.arrive("a", "x")
    connections.work("a")
    assert connections.arrive("b", "y") == "b"
    assert len(connections) == 1


def test_an_address_that_is_full_makes_room_among_its_own():
    connections: Connections[str] = Connections(ConnectionLimits(total=10, per_address=2))
    connections.arrive("other", "x")
    connections.arrive("a", "y")
    connections.arrive("b", "y")
    assert connections.arrive("c", "y") == "a"


def test_one_that_has_left_does_not_come_back_by_resting():
    connections: Connections[str] = Connections(ConnectionLimits())
    connections.arrive("a", "x")
    connections.leave("a")
    connections.leave("a")
    connections.rest("a", has_token=False)
    assert len(connections) == 0


STEPS = st.lists(
    st.tuples(st.sampled_from(["arrive", "work", "rest", "leave"]), st.integers(0, 15), st.integers(0, 2)),
    max_size=60,
)


@given(STEPS, st.integers(1, 6), st.integers(1, 6))
def test_the_limits_hold_and_no_busy_one_is_closed(steps, total: int, per_address: int):
    connections: Connections[int] = Connections(ConnectionLimits(total, per_address))
    here: dict[int, int] = {}
    busy: set[int] = set()
    for step, who, address in steps:
        match step:
            case "arrive" if who not in here:
                here[who] = address
                leaving = connections.arrive(who, str(address))
                if leaving is not None:
                    assert leaving not in busy
                    del here[leaving]
            case "work" if who in here:
                busy.add(who)
                connections.work(who)
            case "rest":
                busy.discard(who)
                connections.rest(who, has_token=bool(address))
            case "leave":
                busy.discard(who)
                here.pop(who, None)
                connections.leave(who)
            case _:
                pass
        assert len(connections) == len(here) <= total
        assert all(list(here.values()).count(one) <= per_address for one in here.values())


def test_a_whole_ipv6_network_counts_as_one():
    assert whose("2001:db8:1:2:3:4:5:6") == whose("2001:db8:1:2::9%eth0") != whose("2001:db8:1:3::9")
    assert whose("::ffff:192.0.2.7") == whose("192.0.2.7") == "192.0.2.7"
