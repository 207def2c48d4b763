"""Daemons, tenants and phones for the tests of the whole."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.daemon import Daemon
from tests.system.receiver import Receiver
from tests.system.tenant import Tenant, new_phone

NewDaemon = Callable[..., Daemon]
NewTenant = Callable[..., Tenant]
_names = (f"cliente-{number:03d}" for number in itertools.count(1))


@pytest.fixture(scope="session")
def receiver() -> Iterator[Receiver]:
    """TurboZap's webhook endpoint."""
    with Receiver() as running:
        yield running


@pytest.fixture(scope="session")
def shared_daemon(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Daemon]:
    """One for all tests that leave it as they found it."""
    daemon = Daemon(tmp_path_factory.mktemp("shared"), WPP_EGRESS_ALLOW=receiver.sink.target)
    try:
        daemon.start()
        yield daemon
        daemon.stop()
        assert not daemon.leaks()
    finally:
        daemon.end()


@pytest.fixture
def outside(shared_daemon: Daemon) -> dict[str, str]:
    """Phones that live on when a daemon dies."""
    names = ("WPP_SIMULATOR_PORT", "WPP_SIMULATOR_PAGE_PORT")
    return {"WPP_SIMULATOR": "external"} | {name: shared_daemon.environ[name] for name in names}


@pytest.fixture
def new_daemon(tmp_path: Path, receiver: Receiver) -> Iterator[NewDaemon]:
    """Makes daemons of the test's own, not yet started; whatever they leave running is a failure."""
    made: list[Daemon] = []

    def make(**options: Any) -> Daemon:
        folder = tmp_path / f"daemon-{len(made)}"
        made.append(Daemon(folder, **{"WPP_EGRESS_ALLOW": receiver.sink.target} | options))
        return made[-1]

    try:
        yield make
        for daemon in made:
            if daemon._process and daemon.process.poll() is None:
                daemon.stop()
            assert not daemon.leftovers()
            assert not daemon.leaks()
    finally:
        for daemon in made:
            daemon.end()


@pytest.fixture
def new_tenant(shared_daemon: Daemon, receiver: Receiver) -> Iterator[NewTenant]:
    """Makes tenants, on the shared daemon unless another is given; those of the shared one are purged afterwards."""
    made: list[Tenant] = []

    def make(daemon: Daemon | None = None) -> Tenant:
        made.append(Tenant(daemon or shared_daemon, receiver, next(_names)))
        return made[-1]

    yield make
    for tenant in made:
        if tenant.daemon is shared_daemon:
            answer = tenant.purge()
            assert answer.status in {200, 404}, answer
            assert not shared_daemon.profile(tenant.name).exists()


@pytest.fixture
def tenant(new_tenant: NewTenant) -> Tenant:
    """A customer whose session is connected."""
    return new_tenant().connect()


@pytest.fixture
def stranger(shared_daemon: Daemon) -> str:
    """The number of a person who uses WhatsApp on the phone alone."""
    phone = new_phone()
    shared_daemon.phones.register(phone, "Maria Souza")
    shared_daemon.private.add(phone)
    return phone
