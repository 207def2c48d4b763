"""What WhatsApp's page shows of its connection: `mode` and `info`, derived as the page derives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Connection:
    """The socket of one page."""

    state: str = "OPENING"
    stream: str = "DISCONNECTED"
    has_synced: bool = False
    is_online: bool = True
    """What the browser knows of the network."""

    def facts(self, *, registered: bool) -> dict[str, Any]:
        """By the names of Facts."""
        return {
            "socket": self.state,
            "stream": self.stream,
            "mode": self._mode(registered=registered),
            "info": self._info(),
        }

    def _mode(self, *, registered: bool) -> str:
        if not registered or self.state in {"UNPAIRED", "UNPAIRED_IDLE"}:
            return "QR"
        if self.state == "UNLAUNCHED":
            return "SYNCING"
        if self.state == "OPENING" and not self.is_online and not self.has_synced:
            return "OFFLINE"
        return "MAIN" if self.has_synced or self.stream == "CONNECTED" else "SYNCING"

    def _info(self) -> str:
        match self.state:
            case "OPENING":
                return "OPENING" if self.is_online else "OFFLINE"
            case "PAIRING":
                return "RESUMING" if self.has_synced else "PAIRING"
            case "CONNECTED":
                is_first_sync = self.stream != "CONNECTED" and not self.has_synced
                return "SYNCING" if is_first_sync else "NORMAL"
            case _:
                return "NORMAL"


CONNECTED = Connection("CONNECTED", "CONNECTED", has_synced=True)
"""All is well."""
CODES = Connection("UNPAIRED")
"""A QR code is shown."""
NO_MORE_CODES = Connection("UNPAIRED_IDLE")
"""A batch of codes is spent."""
SYNCING = Connection("CONNECTED", "SYNCING")
"""The first sync of a login."""
LOST = Connection("OPENING", "DISCONNECTED", has_synced=True)
"""A synced page looks for WhatsApp's server."""
OFFLINE = Connection("OPENING", "DISCONNECTED", has_synced=True, is_online=False)
"""The same, and the browser knows why."""
