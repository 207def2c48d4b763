"""A stand-in for WhatsApp Web and for the phones around it, on loopback only."""

from wppmt.simulator.server import SimulatorServer
from wppmt.simulator.settings import SimulatorSettings

__all__ = ["SimulatorServer", "SimulatorSettings"]
