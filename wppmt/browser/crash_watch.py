"""Hears from Chrome itself that the page's renderer died.

WebDriver BiDi cannot tell: its own half lives in a renderer, by our flags the same one, and dies with the page.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import websocket

from wppmt.browser import sockets

CONNECT_SECONDS = 5.0


class CrashWatch:
    """One quiet connection to Chrome's own DevTools socket, with a thread that waits for bad news."""

    def __init__(self, devtools_url: str, crashed: Callable[[], None]) -> None:
        """`crashed` is called at most once, on this watch's thread."""
        self._crashed = crashed
        self._socket = sockets.connect(devtools_url, CONNECT_SECONDS)
        self._socket.send(
            json.dumps({"id": 1, "method": "Target.setDiscoverTargets", "params": {"discover": True}})
        )
        self._socket.settimeout(None)
        threading.Thread(target=self._watch, name="crash-watch", daemon=True).start()

    def close(self) -> None:
        """From any thread; no news any more."""
        sockets.hang_up(self._socket)

    def _watch(self) -> None:
        try:
            while text := self._socket.recv():
                if json.loads(text).get("method") == "Target.targetCrashed":
                    self._crashed()
                    return
        except (OSError, websocket.WebSocketException):
            return
        finally:
            sockets.release(self._socket)
