"""Every etcd must pass test_etcd_contract.py: add it here."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cluster.etcd_server import EtcdServers, etcd_servers
from wppmt.cluster.client import EtcdClient
from wppmt.cluster.etcd import Etcd
from wppmt.cluster.memory import MemoryEtcd


@dataclass(frozen=True, slots=True)
class Made:
    etcd: Etcd
    compact: Callable[[int], None]
    """Have it forget what happened before this revision."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EtcdServers]:
    """One real etcd for all tests of a worker; each has keys of its own."""
    with etcd_servers(tmp_path_factory.mktemp("etcd"), 1) as servers:
        yield servers


@pytest.fixture(params=["memory", pytest.param("real", marks=pytest.mark.slow)])
async def made(request: pytest.FixtureRequest) -> AsyncIterator[Made]:
    if request.param == "memory":
        memory = MemoryEtcd(time.monotonic)
        yield Made(memory, lambda _: memory.tree.compact())
        return
    servers: EtcdServers = request.getfixturevalue("server")
    client = EtcdClient(servers.endpoints)
    yield Made(client, servers.compact)
    await client.close()


@pytest.fixture
def etcd(made: Made) -> Etcd:
    return made.etcd


@pytest.fixture
def prefix(tmp_path: Path) -> str:
    """Of a test's own keys, in an etcd that others use, too."""
    return f"/{tmp_path.name}-{time.monotonic_ns()}/"
