"""What the race asks of each who runs in it, whatever it is made of. All moments are on the machine's monotonic clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

from tests.system.files import FileServer
from tests.system.receiver import Receiver
from wppmt.simulator.client import Simulator


class Failed(Exception):
    """It did not do what it was asked, or not in time."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a contestant runs: a folder of its own, and one simulator, receiver of webhooks and file server for all."""

    folder: Path
    phones: Simulator
    page_port: int
    receiver: Receiver
    web: FileServer


@dataclass(frozen=True, slots=True)
class File:
    """A document to send: what it contains, or the address that it lies at."""

    name: str
    base64: str = ""
    url: str = ""


class Contestant(Protocol):
    """Many sessions in one gateway process. What fails raises Failed, within its own limit."""

    name: str

    def up(self, sessions: Sequence[str] = ()) -> None:
        """Start the process. `sessions` are those with a login: where it does not start them by itself, it is told to."""

    def down(self) -> None:
        """End it in order, the browsers too; when this returns, nothing of it runs."""

    def open(self, session: str) -> None:
        """Start it; does not wait for more than that this was understood."""

    def qr(self, session: str, since: float) -> str:
        """The text of the first code shown after `since`; waits for it."""

    def connected_at(self, session: str, since: float) -> float:
        """When it was told, after `since`, that the session is connected; waits for it."""

    def close(self, session: str) -> None:
        """End its browser, and keep the login."""

    def send(self, session: str, to: str, text: str) -> None:
        """Returns when WhatsApp's server has it."""

    def send_file(self, session: str, to: str, file: File) -> None:
        """As `send`."""

    def told_at(self, session: str, text: str) -> float | None:
        """When the callback of a library without HTTP had this message; None for a gateway. Asked after its webhook came."""

    def gateway(self) -> psutil.Process:
        """The process that all sessions share."""

    def browser(self, session: str) -> psutil.Process:
        """The session's Chrome."""

    def processes(self) -> set[psutil.Process]:
        """All of it: gateway, browsers, their helpers."""

    def kill_gateway(self) -> None:
        """As the kernel would: nobody gets to clean up."""

    def end(self) -> None:
        """Whatever became of it: nothing of it stays behind."""
