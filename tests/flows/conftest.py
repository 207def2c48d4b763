"""One daemon for all flows, and a TurboZap for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.flows.turbozap import Customer, TurboZap
from tests.system.daemon import Daemon
from tests.system.receiver import Receiver
from tests.system.tenant import new_phone

NewCustomer = Callable[[str], TurboZap]


@pytest.fixture(scope="session")
def endpoint() -> Iterator[Receiver]:
    """Where TurboZap takes webhooks."""
    with Receiver() as running:
        yield running


@pytest.fixture(scope="session")
def daemon(tmp_path_factory: pytest.TempPathFactory, endpoint: Receiver) -> Iterator[Daemon]:
    running = Daemon(tmp_path_factory.mktemp("flows"), WPP_EGRESS_ALLOW=endpoint.sink.target)
    try:
        running.start()
        yield running
        running.stop()
        assert not running.leaks()
    finally:
        running.end()


@pytest.fixture
def new_customer(daemon: Daemon, endpoint: Receiver) -> Iterator[NewCustomer]:
    made: list[TurboZap] = []

    def make(session: str) -> TurboZap:
        assert not endpoint.of(session), (
            "its name was a customer's of another flow, whose webhooks are still there"
        )
        made.append(TurboZap(daemon, endpoint, Customer(session)))
        return made[-1]

    yield make
    for turbozap in made:
        assert turbozap.delete("?purge=true").status == 200


@pytest.fixture
def maria(daemon: Daemon) -> str:
    """Someone whom customers write to."""
    phone = new_phone()
    daemon.phones.register(phone, "Maria Souza")
    daemon.private.add(phone)
    return phone
