"""The judge of several machines: what it adds to that of `make chaos`, and what it tells."""

from __future__ import annotations

from typing import Any

from tests.chaos.history import History
from tests.chaos.judges import JUDGES, Violation
from tests.chaos.story import TENANTS, clean
from tests.cluster.demo.judging import TITLES, verdict, violations, without_right

Line = dict[str, Any]


def owner(t: float, machine: str, tenant: str = "a") -> Line:
    return {"kind": "owner", "t": t, "tenant": tenant, "machine": machine, "epoch": int(t)}


def opened(t: float, machine: str) -> Line:
    return {"kind": "process", "t": t, "pid": 1, "parent": 2, "role": "chrome", "tenant": "a", "change": "seen", "machine": machine}  # fmt: skip


def found(*lines: Line) -> list[str]:
    return [text for _, text in without_right(History(lines))]


def test_a_browser_on_the_owner_s_machine_is_right():
    assert not found(owner(1, "m1"), opened(5, "m1"), owner(10, ""), owner(11, "m2"), opened(14, "m2"))


def test_a_browser_elsewhere_is_told_of_with_whose_it_was():
    (text,) = found(owner(1, "m1"), opened(5, "m2"))
    assert "abriu em m2, e a sessão era de m1" in text


def test_a_browser_of_nobody_s_session_is_told_of():
    (text,) = found(owner(1, "m1"), owner(4, ""), opened(8, "m1"))
    assert "era de ninguém" in text


def test_etcd_is_looked_at_a_little_late():
    assert not found(owner(1, "m1"), opened(8.5, "m2"), owner(9, "m2"))


def test_every_judge_has_its_place_in_the_verdict():
    named = [kind for kinds in TITLES.values() for kind in kinds]
    assert sorted(named) == sorted([*(one.__name__ for one in JUDGES), without_right.__name__])


def test_a_clean_history_is_green_and_a_broken_one_says_where():
    lines = [line | {"machine": "m1"} for line in clean()]
    right = [owner(1, "m1", tenant) for tenant in TENANTS]
    assert violations(History([*lines, *right])) == []
    broken = [line for line in lines if not (line["kind"] == "inbox" and line["id"] == "OUT-a-1")]
    (one,) = violations(History([*broken, *right]))
    assert one.kind == "send_lost"
    assert "✗ 1 mensagens ou eventos perdidos" in verdict([one])
    assert {line[0] for line in verdict([])} == {"✓"}


def test_two_owners_are_counted_together():
    both = [Violation("two_browsers", 1.0, ""), Violation("without_right", 2.0, "")]
    assert "✗ 2 dois donos ao mesmo tempo" in verdict(both)
