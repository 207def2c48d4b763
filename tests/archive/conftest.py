"""Two installations without any browser: one has a session with all that a session can have, the other has none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.archive.installation import Installation, fill


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installation]:
    """Has `loja`, with a login, and another session."""
    made = Installation(tmp_path / "here")
    fill(made)
    yield made
    made.store.close()


@pytest.fixture
def there(tmp_path: Path) -> Iterator[Installation]:
    """Another machine, on which other sessions have had events."""
    made = Installation(tmp_path / "there")
    made.happens("padaria", 3)
    made.place.outgoing.mkdir(parents=True)
    yield made
    made.store.close()
