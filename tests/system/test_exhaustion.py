"""A daemon that has used up what its host gives it takes requests again as soon as there is some."""

from __future__ import annotations

import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from tests.support import wait_until
from tests.system.chromeless import chromeless, log_of
from tests.system.daemon import Daemon

ROOM = 10
"""Descriptors beyond those in use."""


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    daemon = chromeless(tmp_path / "daemon")
    daemon.start()
    yield daemon
    daemon.end()


@pytest.mark.slow
def test_no_file_descriptor_left(daemon: Daemon):
    assert daemon.api.call("POST", "/api/sessions/loja/start").status == 201
    before = log_of(daemon, "loja")
    process = psutil.Process(daemon.pid)
    most = process.num_fds() + ROOM
    process.rlimit(resource.RLIMIT_NOFILE, (most, process.rlimit(resource.RLIMIT_NOFILE)[1]))
    with ExitStack() as connections:
        for _ in range(5 * ROOM):
            connections.enter_context(socket.create_connection(("127.0.0.1", daemon.port)))
        wait_until(lambda: process.num_fds() >= most)
    wait_until(daemon.api.is_ready, 10)
    assert log_of(daemon, "loja")[: len(before)] == before
    daemon.stop()
