"""The simulator's settings, handed in by whoever starts it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SimulatorSettings:
    """Ports may be 0 for any free one. ``qr_ttl_seconds`` is how long a code lives; the first three times that.

    ``sync_ms`` is how long a restored page syncs before it is ready; WhatsApp's own takes seconds.
    """

    state_dir: Path
    host: str = "127.0.0.1"
    control_port: int = 8006
    page_port: int = 8443
    ack_ms: float = 20
    qr_ttl_seconds: float = 20
    sync_ms: float = 500
