"""Sessions that came from elsewhere get their actor while the daemon runs."""

from __future__ import annotations

from dataclasses import replace

from tests.actors.gateway import Gateway
from wppmt.domain.messages import ROOT_ACTOR
from wppmt.domain.move_messages import TakeUp
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.records import Desired, imported

ME = "5511999990001"


def test_an_import_is_known_stopped_and_connects_without_a_code_when_it_is_started(gateway: Gateway):
    gateway.connect("a", ME)
    gateway.close("a")
    # The profile comes under another name.
    gateway.world.profiles["loja"] = gateway.world.profiles.pop("a")
    gateway.world.phones[ME].linked = "loja"
    with gateway.store.transaction() as transaction:
        transaction.save(imported("loja", gateway.time.moment))
    status = gateway.ask(ROOT_ACTOR, TakeUp("loja"))
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
    gateway.ask(ROOT_ACTOR, TakeUp("a"))
    gateway.until("a", State.CONNECTED)


def test_one_whose_machine_is_lost_says_so_while_it_comes_back(gateway: Gateway):
    gateway.connect("a", ME)
    record = gateway.record("a")
    gateway.kill_daemon()
    with gateway.store.transaction() as transaction:
        transaction.forget("a")
    gateway.boot()
    gateway.settle()
    with gateway.store.transaction() as transaction:
        transaction.save(replace(record, process=None))
    gateway.ask(ROOT_ACTOR, TakeUp("a", Reason.MACHINE_LOST))
    gateway.settle()
    gateway.until("a", State.CONNECTED)
    [lost, _] = gateway.events("a", "connection_change")[-2:]
    assert (lost["status"], lost["reasonCode"]) == ("reconnecting", "MACHINE_LOST")
