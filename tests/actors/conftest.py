"""A gateway under virtual time for every test that asks for one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.actors.gateway import Gateway

MakeGateway = Callable[..., Gateway]


@pytest.fixture
def folder() -> Iterator[Path]:
    """In memory where that can be had: many small commits."""
    made = Path(tempfile.mkdtemp(dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def make_gateway(folder: Path) -> Iterator[MakeGateway]:
    made: list[Gateway] = []

    def make(**settings: Any) -> Gateway:
        gateway = Gateway(folder, **settings)
        made.append(gateway)
        return gateway

    yield make
    for gateway in made:
        gateway.store.close()


@pytest.fixture
def gateway(make_gateway: MakeGateway) -> Gateway:
    return make_gateway()
