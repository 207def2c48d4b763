"""The simulator and its Chromes, as the simulator's own tests have them."""

from tests.simulator.conftest import open_browser, simulator, simulator_process

__all__ = ["open_browser", "simulator", "simulator_process"]
