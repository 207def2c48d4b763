"""Each combination of facts that the page is known to show, and what it means for a session."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wppmt.browser.fake.told import told_inventory
from wppmt.domain.inventory import WHOLE
from wppmt.domain.page_condition import Facts, PageCondition, classify_page

MAIN = Facts(
    ready=True,
    authenticated=True,
    registered=True,
    mode="MAIN",
    info="NORMAL",
    socket="CONNECTED",
    stream="CONNECTED",
    inventory=WHOLE,
)
QR = Facts(ready=True, mode="QR", info="NORMAL", socket="UNPAIRED", stream="DISCONNECTED")
LOST = replace(MAIN, socket="OPENING", stream="DISCONNECTED", info="OPENING")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(), PageCondition.UNDECIDED),
        (QR, PageCondition.QR),
        (MAIN, PageCondition.MAIN),
        # Not before the page is sure of what it has.
        (replace(MAIN, inventory=None), PageCondition.UNDECIDED),
        (replace(MAIN, inventory=WHOLE.without_receiving()), PageCondition.CHANGED),
        (replace(QR, inventory=WHOLE.without_receiving()), PageCondition.CHANGED),
        (replace(MAIN, phone_online=False), PageCondition.PHONE_OFFLINE),
        # A page that was synced once stays in MAIN.
        (LOST, PageCondition.NETWORK),
        (replace(LOST, info="OFFLINE"), PageCondition.NETWORK),
        (replace(MAIN, stream="DISCONNECTED"), PageCondition.NETWORK),
        (replace(LOST, socket="PAIRING", info="RESUMING"), PageCondition.NETWORK),
        (replace(LOST, mode="SYNCING"), PageCondition.NETWORK),
        # What cannot be read says nothing.
        (replace(MAIN, socket="", stream=""), PageCondition.MAIN),
        (replace(MAIN, mode="OFFLINE", info="OFFLINE"), PageCondition.NETWORK),
        # Each opening of the socket sets PAIRING, at the codes, too.
        (replace(QR, socket="PAIRING"), PageCondition.QR),
        (replace(QR, socket="UNPAIRED_IDLE"), PageCondition.QR_IDLE),
        (replace(MAIN, banned=True), PageCondition.BANNED),
        (replace(MAIN, mode="CONFLICT"), PageCondition.CONFLICT),
        (replace(MAIN, mode="TOS_BLOCK"), PageCondition.RESTRICTED),
        (replace(MAIN, mode="PROXYBLOCK"), PageCondition.NETWORK),
        (replace(QR, dialog="passkey"), PageCondition.PASSKEY),
        # Who is logged in has passed that gate; and a person's attention is no reason to stop.
        (replace(MAIN, dialog="passkey"), PageCondition.MAIN),
        (replace(MAIN, dialog="other"), PageCondition.MAIN),
        (replace(MAIN, needs_update=True), PageCondition.UPDATE_NEEDED),
        (replace(QR, mode="DEPRECATED_VERSION"), PageCondition.UPDATE_NEEDED),
        (replace(MAIN, mode="SYNCING", stream="SYNCING"), PageCondition.UNDECIDED),
        (replace(QR, registered=True, mode="SYNCING", stream="SYNCING"), PageCondition.UNDECIDED),
        # A restored login, before its page looks for the server.
        (replace(LOST, socket="UNLAUNCHED", info="NORMAL", mode="SYNCING"), PageCondition.UNDECIDED),
        # main_ready and isFullReady are true at the QR screen already: MAIN alone proves nothing.
        (replace(QR, mode="MAIN"), PageCondition.UNDECIDED),
        # Pairing: the mode lags behind the login.
        (replace(QR, authenticated=True, stream="SYNCING"), PageCondition.UNDECIDED),
        # No login yet: a network that is away is no phone that is away.
        (replace(QR, mode="OFFLINE"), PageCondition.UNDECIDED),
    ],
)
def test_facts_have_one_meaning(facts: Facts, expected: PageCondition):
    assert classify_page(facts) is expected


modes = st.sampled_from(
    ["", "QR", "SYNCING", "MAIN", "OFFLINE", "CONFLICT", "DEPRECATED_VERSION", "TOS_BLOCK"]
)
any_facts = st.builds(
    Facts,
    ready=st.booleans(),
    authenticated=st.booleans(),
    registered=st.booleans(),
    mode=modes,
    info=st.sampled_from(["", "OPENING", "PAIRING", "SYNCING", "RESUMING", "NORMAL", "OFFLINE"]),
    socket=st.sampled_from(["", "OPENING", "PAIRING", "UNPAIRED", "UNPAIRED_IDLE", "CONNECTED"]),
    stream=st.sampled_from(["", "DISCONNECTED", "SYNCING", "RESUMING", "CONNECTED"]),
    banned=st.booleans(),
    phone_online=st.booleans(),
    needs_update=st.booleans(),
    inventory=st.sampled_from([None, WHOLE, WHOLE.without_receiving()]),
    dialog=st.sampled_from(["", "passkey", "other"]),
)


@given(any_facts)
def test_nothing_is_sent_without_a_login(facts: Facts):
    if classify_page(facts) is PageCondition.MAIN:
        assert facts.authenticated
        assert facts.phone_online
        assert facts.info not in {"OPENING", "OFFLINE"}
        assert facts.stream != "DISCONNECTED" or facts.socket == "UNLAUNCHED"
        assert facts.mode == "MAIN"
        assert facts.inventory == WHOLE


@given(any_facts)
def test_a_login_is_never_taken_for_a_qr_screen(facts: Facts):
    if facts.authenticated:
        assert classify_page(facts) not in {PageCondition.QR, PageCondition.QR_IDLE}


@given(any_facts)
def test_facts_survive_the_wire(facts: Facts):
    told = {
        "ready": facts.ready,
        "authenticated": facts.authenticated,
        "registered": facts.registered,
        "mode": facts.mode,
        "info": facts.info,
        "socket": facts.socket,
        "stream": facts.stream,
        "banned": facts.banned,
        "phoneOnline": facts.phone_online,
        "needsUpdate": facts.needs_update,
        "inventory": told_inventory(facts.inventory) if facts.inventory else None,
        "dialog": facts.dialog,
    }
    assert Facts.of(told) == facts
