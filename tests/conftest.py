"""For every test: a longer limit for those that take their time, fixtures that all parts share, and what runs tests."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import hypothesis
import pytest

from tests import support
from tests.plugins.dependencies import MoreDependencies
from tests.plugins.progress import Progress
from tests.plugins.workers import one_will_do

LONGER_LIMIT = 60
SLOW_LIMIT = 30
"""Some take four seconds on a free core, and a busy machine has none."""
NOT_FAST = ("chrome", "slow", "long", "peers")

# pytest-timeout watches over time; Hypothesis's own deadline only fails on a busy machine.
hypothesis.settings.register_profile("full", deadline=None)
hypothesis.settings.register_profile("quick", deadline=None, max_examples=20)
hypothesis.settings.register_profile(
    "mutation", deadline=None, max_examples=20, derandomize=True, database=None
)
hypothesis.settings.load_profile("full")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--fast", action="store_true", help=f"Only tests without the marks {', '.join(NOT_FAST)}"
    )


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_pycollect_makeitem(collector: pytest.Collector) -> Generator[None, Any, Any]:
    """Other than with -m, testmon never sees the others, and need not look into their files at every run."""
    made = yield
    if not collector.config.option.fast or not isinstance(made, list):
        return made
    return [item for item in made if not any(item.get_closest_marker(mark) for mark in NOT_FAST)]


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """For `-n auto` of `make check`; None leaves it to the number of cores."""
    return 0 if config.option.testmon and one_will_do(config) else None


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("testmon", default=False):
        config.pluginmanager.register(MoreDependencies(config.rootpath))
    if terminal := config.pluginmanager.get_plugin("terminalreporter"):
        config.pluginmanager.register(Progress(terminal))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that starts Chrome, tries many examples or is slow gets a longer limit, unless it names its own."""
    for item in items:
        if item.get_closest_marker("timeout"):
            continue
        tries_many = getattr(getattr(item, "obj", None), "is_hypothesis_test", False)
        if tries_many or item.get_closest_marker("chrome"):
            item.add_marker(pytest.mark.timeout(LONGER_LIMIT))
        elif item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.timeout(SLOW_LIMIT))


@pytest.fixture
def free_port() -> Callable[[], int]:
    """A function that gives a new free port of loopback at every call."""
    return support.free_port
