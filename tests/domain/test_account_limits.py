"""What an account's limits are shown as, against docs/contract.md 13."""

from __future__ import annotations

import pytest

from wppmt.domain.account_limits import AccountLimits, Budget, Source, shown

NOW = 1000.0
BUDGET = Budget(None, 0, 2000.0)


@pytest.mark.parametrize(("ends", "source"), [(NOW + 1, "whatsapp"), (NOW, "unknown")])
def test_a_count_of_new_chats_is_whatsapps_until_its_cycle_ends(ends: float, source: str):
    limits = AccountLimits(quota_source=Source.WHATSAPP, quota_status="ACTIVE", quota_used=3, cycle_ends=ends)
    told = shown(limits, BUDGET, paused=False, now=NOW)["newChats"]
    is_current = ends > NOW
    assert (told["source"], told["used"]) == (source, 3 if is_current else None)
    assert told["status"] == ("ACTIVE" if is_current else None)


@pytest.mark.parametrize(
    ("ends", "kind", "told"),
    [(NOW + 1, "DEFAULT", "DEFAULT"), (NOW + 1, "", None), (NOW, "DEFAULT", None)],
)
def test_why_there_is_a_cool_down_is_told_as_long_as_it_lasts(ends: float, kind: str, told: str | None):
    limits = AccountLimits(reachout_source=Source.WHATSAPP, reachout_kind=kind, reachout_until=ends)
    cool_down = shown(limits, BUDGET, paused=False, now=NOW)["coolDown"]
    assert (cool_down["active"], cool_down["kind"]) == (ends > NOW, told)
