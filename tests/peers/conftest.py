"""A simulator for foreign clients: its pages take a while to sync, as WhatsApp's do, and on a busy machine."""

from collections.abc import Iterator

import pytest

from tests.simulator.conftest import SimulatorProcess

SYNC_MS = 4000


@pytest.fixture(scope="module")
def simulator_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    process = SimulatorProcess(tmp_path_factory.mktemp("simulator"), "--sync-ms", str(SYNC_MS))
    yield process
    process.stop()
