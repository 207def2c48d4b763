"""What the page's facts mean, as measured on the page (design.md, rule 7)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wppmt.domain.page_condition import Facts, Verdict, verdict

MAIN = Facts(ready=True, authenticated=True, registered=True, mode="MAIN", info="NORMAL")
QR = Facts(ready=True, mode="QR", info="PAIRING")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(), Verdict.UNDECIDED),
        (QR, Verdict.QR),
        (MAIN, Verdict.MAIN),
        (replace(MAIN, phone_online=False, info="OFFLINE"), Verdict.PHONE_OFFLINE),
        (replace(MAIN, mode="OFFLINE", info="OFFLINE"), Verdict.NETWORK),
        (replace(MAIN, mode="CONFLICT"), Verdict.CONFLICT),
        (replace(MAIN, mode="TOS_BLOCK"), Verdict.RESTRICTED),
        (replace(MAIN, mode="PROXYBLOCK"), Verdict.NETWORK),
        (replace(QR, dialog="passkey"), Verdict.PASSKEY),
        # Who is logged in has passed that gate; and a person's attention is no reason to stop.
        (replace(MAIN, dialog="passkey"), Verdict.MAIN),
        (replace(MAIN, dialog="other"), Verdict.MAIN),
        (replace(MAIN, needs_update=True), Verdict.UPDATE_NEEDED),
        (replace(QR, mode="DEPRECATED_VERSION"), Verdict.UPDATE_NEEDED),
        (replace(MAIN, mode="SYNCING"), Verdict.UNDECIDED),
        (replace(QR, registered=True, mode="SYNCING"), Verdict.UNDECIDED),
        # main_ready and isFullReady are true at the QR screen already: MAIN alone proves nothing.
        (replace(QR, mode="MAIN"), Verdict.UNDECIDED),
        # Pairing: the mode lags behind the login.
        (replace(QR, authenticated=True), Verdict.UNDECIDED),
        # No login yet: a network that is away is no phone that is away.
        (replace(QR, mode="OFFLINE"), Verdict.UNDECIDED),
    ],
)
def test_facts_have_one_meaning(facts: Facts, expected: Verdict):
    assert verdict(facts) is expected


modes = st.sampled_from(
    ["", "QR", "SYNCING", "MAIN", "OFFLINE", "CONFLICT", "DEPRECATED_VERSION", "TOS_BLOCK"]
)
any_facts = st.builds(
    Facts,
    ready=st.booleans(),
    authenticated=st.booleans(),
    registered=st.booleans(),
    mode=modes,
    phone_online=st.booleans(),
    needs_update=st.booleans(),
    dialog=st.sampled_from(["", "passkey", "other"]),
)


@given(any_facts)
def test_nothing_is_sent_without_a_login(facts: Facts):
    if verdict(facts) is Verdict.MAIN:
        assert facts.authenticated
        assert facts.phone_online
        assert facts.mode == "MAIN"


@given(any_facts)
def test_a_login_is_never_taken_for_a_qr_screen(facts: Facts):
    if facts.authenticated:
        assert verdict(facts) is not Verdict.QR


@given(any_facts)
def test_facts_survive_the_wire(facts: Facts):
    told = {
        "ready": facts.ready,
        "authenticated": facts.authenticated,
        "registered": facts.registered,
        "mode": facts.mode,
        "phoneOnline": facts.phone_online,
        "needsUpdate": facts.needs_update,
        "dialog": facts.dialog,
    }
    assert Facts.of(told) == facts
