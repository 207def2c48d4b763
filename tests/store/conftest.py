"""Every store must pass test_contract.py and test_model.py: add its factory here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from wppmt.store.port import Store
from wppmt.store.sqlite.store import SqliteStore

FACTORIES = {"sqlite": lambda folder: SqliteStore(folder / "wppmt.sqlite")}


@pytest.fixture(params=FACTORIES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = FACTORIES[request.param](tmp_path)
    yield made
    made.close()
