"""How many processes a run of `make check` is worth: to start them costs more than to run a few tests."""

from __future__ import annotations

import pytest
from testmon.common import get_system_packages
from testmon.testmon_core import TestmonData

WORTH_SECONDS = 8.0


def one_will_do(config: pytest.Config) -> bool:
    """By the times that the tests which testmon will select took when they last ran."""
    data = TestmonData.for_local_run(str(config.rootpath), system_packages=get_system_packages())
    data.determine_stable()
    last = {test: execution["duration"] or 0.0 for test, execution in data.all_tests.items()}
    is_first_run = data.new_db or data.system_packages_change
    return not is_first_run and sum(last.get(test, 0.0) for test in data.unstable_test_names) < WORTH_SECONDS
