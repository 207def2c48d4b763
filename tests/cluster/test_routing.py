"""The tables that HAProxy looks things up in, and the commands that make one of them the other."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wppmt.cluster.map_files import MapFiles
from wppmt.cluster.routing import DRAWS, Tables, commands, draws, host_and_port, tables

NAMES = st.text("abcxyz-_09", min_size=1, max_size=4)
TABLES = st.dictionaries(NAMES, NAMES, max_size=8)


@given(st.dictionaries(NAMES, st.integers(-2, 60), min_size=1, max_size=12))
def test_every_draw_is_a_machine_s_in_proportion_to_its_room(free: dict[str, int]):
    found = draws(free)
    assert sorted(map(int, found)) == list(range(DRAWS))
    counts, total = Counter(found.values()), sum(max(places, 0) for places in free.values())
    for name, places in free.items():
        share = max(places, 0) / total if total else 1 / len(free)
        assert abs(counts[name] - DRAWS * share) <= 1


def test_without_a_machine_nothing_is_drawn():
    assert draws({}) == {}


@given(TABLES, TABLES)
def test_the_commands_make_one_table_the_other(there: dict[str, str], wanted: dict[str, str]):
    held = dict(there)
    for line in commands("f", there, wanted):
        verb, kind, file, key, *value = line.split(" ")
        assert (kind, file) == ("map", "f")
        # HAProxy refuses to set or to delete what is not there, and takes a second of what is.
        assert (key in held) is (verb != "add")
        if verb == "del":
            del held[key]
        else:
            held[key] = value[0]
    assert held == wanted
    assert not commands("f", held, wanted)


def test_draws_stay_while_nobody_lives_but_not_to_who_is_nowhere():
    before = Tables(draws={"0": "m1", "1": "m2"})
    made = tables({"loja": "m1"}, {"m1": "10.0.0.1/8443"}, {}, before)
    assert made == Tables({"loja": "m1"}, {"m1": "10.0.0.1/8443"}, {"0": "m1"})


@pytest.mark.parametrize("odd", ["m1;shutdown frontend wppmt", "m1 m2", "m1\n", ""])
def test_what_is_no_name_never_reaches_haproxy(odd: str):
    made = tables(
        {"loja": odd, odd: "m1", "outra": "m1"},
        {odd: "10.0.0.9/1", "m1": "10.0.0.1/8443"},
        {odd: 9},
        Tables(),
    )
    assert made == Tables({"outra": "m1"}, {"m1": "10.0.0.1/8443"}, {})


def test_who_has_no_address_is_not_drawn():
    made = tables({}, {"m1": "10.0.0.1/8443"}, {"m1": 1, "m2": 50}, Tables())
    assert set(made.draws.values()) == {"m1"}


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://10.0.0.1:8443", ("10.0.0.1", 8443)),
        ("https://m1.exemplo", ("m1.exemplo", 443)),
        ("http://localhost", ("localhost", 80)),
        ("https://[fd00::1]:8443", ("fd00::1", 8443)),
    ],
)
def test_a_url_says_where_a_machine_is(url: str, found: tuple[str, int]):
    assert host_and_port(url) == found


def test_a_url_without_a_host_says_nothing():
    with pytest.raises(ValueError, match="http:"):
        host_and_port("http:///x")


def test_files_are_read_as_they_were_written(tmp_path: Path):
    files, made = MapFiles(tmp_path), Tables({"loja": "m1"}, {"m1": "fd00::1/8443"}, {"0": "m1"})
    assert files.read() == Tables()
    files.write(made)
    assert files.read() == made
    # HAProxy's own user may be another.
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o644}
    untouched = files.path("machines").stat().st_ino
    files.write(Tables({}, made.machines, made.draws), made)
    assert files.read() == Tables({}, made.machines, made.draws)
    assert files.path("machines").stat().st_ino == untouched
