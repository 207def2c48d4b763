"""How far a change of the wa-js has come, and where it leaves everyone when it ends."""

from __future__ import annotations

from wppmt.domain.wa_js import Choice, Plan, Taken

FIRST, OLD, NEW = Choice("4.5.0"), Choice("4.6.0"), Choice("4.6.1")
TAKEN = Taken(1000.0, frozenset({"can_send"}), was_connected=True)


def under_way() -> Plan:
    """From OLD to NEW, which one session has; before OLD there was FIRST."""
    settled = Plan().want(FIRST).settle(1.0).want(OLD).settle(2.0)
    return settled.want(NEW).take("a", TAKEN)


def test_only_those_that_were_reached_are_given_the_new_one():
    plan = under_way()
    assert (plan.in_use.of("a"), plan.in_use.of("b")) == ("4.6.1", "4.6.0")
    assert not plan.is_quiet


def test_a_change_that_is_done_is_what_everyone_is_given():
    plan = under_way().settle(3.0)
    assert plan.is_quiet
    assert (plan.in_use, plan.previous) == (NEW, OLD)
    assert plan.outcome
    assert (plan.outcome.choice, plan.outcome.why) == (NEW, "")


def test_a_change_that_is_undone_gives_everyone_what_was_before_it():
    plan = under_way().go_back(3.0, "a: deixou de enviar")
    assert plan.is_quiet
    assert (plan.in_use, plan.taken) == (OLD, {})
    assert plan.outcome
    assert (plan.outcome.choice, plan.outcome.why) == (NEW, "a: deixou de enviar")


def test_after_one_that_was_undone_the_way_back_leads_as_far_as_before_it():
    assert under_way().want_back().wanted == OLD
    assert under_way().go_back(3.0, "a: deixou de enviar").want_back().wanted == FIRST
