"""For every test: a longer limit for those that start Chrome, and fixtures that all parts share."""

from __future__ import annotations

from collections.abc import Callable

import hypothesis
import pytest

from tests import support

CHROME_LIMIT = 60

# pytest-timeout watches over time; Hypothesis's own deadline only fails on a busy machine.
hypothesis.settings.register_profile("full", deadline=None)
hypothesis.settings.register_profile("quick", deadline=None, max_examples=20)
hypothesis.settings.load_profile("full")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that starts Chrome gets a longer limit, unless it names its own."""
    for item in items:
        if item.get_closest_marker("chrome") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(CHROME_LIMIT))


@pytest.fixture
def free_port() -> Callable[[], int]:
    """A function that gives a new free port of loopback at every call."""
    return support.free_port
