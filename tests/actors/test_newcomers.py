"""Sessions that came from elsewhere get their actor while the daemon runs."""

from __future__ import annotations

import pytest

from tests.actors.gateway import Gateway
from wppmt.domain.errors import Refusal
from wppmt.domain.messages import ROOT, TakeIn
from wppmt.domain.states import State
from wppmt.store.records import Desired, imported

ME = "5511999990001"


def test_an_import_is_known_stopped_and_connects_without_a_code_when_it_is_started(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.close("a")
    # The profile comes under another name.
    gateway.world.profiles["loja"] = gateway.world.profiles.pop("a")
    gateway.world.phones[ME].linked = "loja"
    status = gateway.ask(ROOT, TakeIn("loja", imported("loja", gateway.time.moment)))
    assert (status.record.state, status.record.desired) == (State.DISCONNECTED, Desired.STOPPED)
    assert gateway.state("loja") is State.DISCONNECTED
    assert gateway.count_browsers("loja") == 0
    gateway.start("loja")
    gateway.until("loja", State.CONNECTED)
    assert gateway.changes("loja") == ["initializing", "connected"]
    assert not gateway.events("loja", "qr_code")


def test_one_that_is_wanted_runs_as_after_a_boot(gateway: Gateway):
    gateway.connect("a", ME)
    record = gateway.record("a")
    gateway.close("a")
    gateway.kill_daemon()
    with gateway.store.transaction() as transaction:
        transaction.forget("a")
    gateway.boot()
    gateway.settle()
    with gateway.store.transaction() as transaction:
        transaction.save(record)
    gateway.ask(ROOT, TakeIn("a"))
    gateway.until("a", State.CONNECTED)


def test_what_is_here_already_or_not_at_all_is_refused(gateway: Gateway):
    gateway.connect("a", ME)
    before = gateway.record("a")
    for request, code in (
        (TakeIn("a", imported("a", 1.0)), "SESSION_EXISTS"),
        (TakeIn("a"), "SESSION_EXISTS"),
        (TakeIn("b"), "SESSION_NOT_FOUND"),
    ):
        with pytest.raises(Refusal) as refusal:
            gateway.ask(ROOT, request)
        assert refusal.value.code == code
    assert gateway.record("a") == before
