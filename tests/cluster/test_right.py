"""Who may open a session's browser: all that must be so, and each of it missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wppmt.cluster.etcd import Entry
from wppmt.cluster.membership import CLOSE_SECONDS, TTL, Membership
from wppmt.cluster.ownership import Held
from wppmt.cluster.right import Denied, Right, Stamp, Terms, right_to_open
from wppmt.cluster.values import Home

LEASE, SENT, EPOCH = 7, 100.0, 40
MEMBER = Membership(LEASE, SENT)
FENCING, PLAIN = Terms("a", fences=True), Terms("a", fences=False)


def held(machine: str = "a", *, fences: bool = False, lease: int = LEASE, is_owned: bool = True) -> Held:
    home = Home(machine=machine, fences=fences).dump()
    owner = Entry("/wppmt/sessions/loja/owner", machine, EPOCH, EPOCH, lease) if is_owned else None
    return Held(owner, Entry("/wppmt/sessions/loja/home", home, 30, 35, 0))


@pytest.mark.parametrize(("terms", "lease"), [(FENCING, LEASE), (PLAIN, 0)])
@pytest.mark.parametrize("stamp", [None, Stamp(EPOCH, "a", fences=True), Stamp(EPOCH - 1, "b", fences=False)])
def test_the_owner_opens_it_and_says_by_which_right(terms: Terms, lease: int, stamp: Stamp | None) -> None:
    verdict = right_to_open(terms, MEMBER, held(), stamp, SENT)
    assert verdict == Right(Stamp(EPOCH, "a", terms.fences), lease)


@pytest.mark.parametrize("terms", [FENCING, PLAIN])
@pytest.mark.parametrize(
    ("known", "stamp", "denied"),
    [
        (held("b"), None, Denied.NOT_OWNER),
        (held(lease=8), None, Denied.NOT_OWNER),
        (held(is_owned=False), None, Denied.NOT_OWNER),
        (Held(), None, Denied.NOT_OWNER),
        (None, None, Denied.NOT_OWNER),
        (Held(held().owner, replace(held().home, value="?")), None, Denied.NOT_OWNER),  # type: ignore[type-var]
        (held(), Stamp(EPOCH + 1, "b", fences=False), Denied.NEWER_EPOCH),
        (held(), Stamp(2**63, "", fences=True), Denied.NEWER_EPOCH),
        (held(), Stamp(EPOCH, "b", fences=False), Denied.NEWER_EPOCH),
    ],
)
def test_who_is_not_the_owner_of_this_epoch_does_not(
    terms: Terms, known: Held | None, stamp: Stamp | None, denied: Denied
) -> None:
    assert right_to_open(terms, MEMBER, known, stamp, SENT) is denied


@pytest.mark.parametrize("terms", [FENCING, PLAIN])
def test_an_etcd_that_was_set_up_anew_shuts_nobody_out_of_its_own_profiles(terms: Terms) -> None:
    verdict = right_to_open(terms, MEMBER, held(), Stamp(EPOCH + 1000, "a", fences=True), SENT)
    assert isinstance(verdict, Right)
    assert verdict.stamp == Stamp(EPOCH + 1000, "a", terms.fences)


def test_who_fences_opens_nothing_that_would_be_closed_at_once() -> None:
    last = SENT + CLOSE_SECONDS
    assert isinstance(right_to_open(FENCING, MEMBER, held(), None, last - 0.01), Right)
    assert right_to_open(FENCING, MEMBER, held(), None, last) is Denied.NO_LEASE
    assert right_to_open(PLAIN, MEMBER, held(fences=True), None, last) is Denied.NO_LEASE


def test_where_others_count_on_it_a_browser_is_bound_to_the_lease() -> None:
    verdict = right_to_open(PLAIN, MEMBER, held(fences=True), None, SENT)
    assert verdict == Right(Stamp(EPOCH, "a", fences=True), LEASE)


@pytest.mark.parametrize("known", [held(), held(lease=8), held(is_owned=False)])
@pytest.mark.parametrize("stamp", [None, Stamp(EPOCH + 5, "a", fences=True)])
def test_without_etcd_a_machine_that_does_not_fence_goes_on_with_its_own(
    known: Held, stamp: Stamp | None
) -> None:
    verdict = right_to_open(PLAIN, MEMBER, known, stamp, SENT + TTL)
    assert verdict == Right(Stamp(stamp.epoch if stamp else 0, "a", fences=False), 0)


@pytest.mark.parametrize("membership", [MEMBER, Membership()])
def test_without_etcd_nobody_opens_what_is_another_s(membership: Membership) -> None:
    late = SENT + TTL
    assert right_to_open(PLAIN, membership, held("b"), None, late) is Denied.NOT_OWNER
    assert right_to_open(PLAIN, membership, held(fences=True), None, late) is Denied.NO_LEASE
    another = Stamp(1, "b", fences=False)
    assert right_to_open(PLAIN, membership, held(), another, late) is Denied.NEWER_EPOCH


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        (Stamp(EPOCH, "a", fences=False), Right(Stamp(EPOCH, "a", fences=False), 0)),
        (Stamp(EPOCH, "a", fences=True), Denied.NO_LEASE),
        (Stamp(EPOCH, "b", fences=False), Denied.NEWER_EPOCH),
        (None, Denied.NO_LEASE),
    ],
)
def test_a_daemon_that_never_reached_etcd_opens_what_nobody_can_have_taken(
    stamp: Stamp | None, expected: Right | Denied
) -> None:
    assert right_to_open(PLAIN, Membership(), None, stamp, SENT) == expected
    assert right_to_open(FENCING, Membership(), None, stamp, SENT) is Denied.NO_LEASE
