"""wppmt in the race: the daemon over HTTP with tokens, journal and signed webhooks, as customers use it."""

from __future__ import annotations

import time
from collections.abc import Sequence

import psutil

from tests.bench.peers.contestant import Failed, File, Place
from tests.support import wait_until
from tests.system import processes
from tests.system.api import Answer, Json
from tests.system.daemon import Daemon

LIMIT_SECONDS = 30.0
SESSIONS = 100


class Gateway:
    """`environ` are settings on top of the defaults, such as the engine."""

    def __init__(self, name: str, place: Place, **environ: str) -> None:
        self.name = name
        self._place = place
        self._daemon = Daemon(place.folder)
        self._daemon.environ |= {
            "WPP_SIMULATOR": "external",
            "WPP_SIMULATOR_PORT": place.phones.url.rpartition(":")[2],
            "WPP_SIMULATOR_PAGE_PORT": str(place.page_port),
            "WPP_EGRESS_ALLOW": f"{place.receiver.sink.target},{place.web.target}",
            "WPP_MAX_SESSIONS": str(SESSIONS),
            "WPP_MEMORY_LIMIT_MB": "1000000",
            # Counted, but never reached.
            "WPP_RATE_LIMIT": "1000000",
            **environ,
        }

    def up(self, sessions: Sequence[str] = ()) -> None:
        self._daemon.start()

    def down(self) -> None:
        self._daemon.stop()

    def open(self, session: str) -> None:
        self._require(self._post(session, "start", {"webhookUrl": self._place.receiver.sink.url}), 200, 201)

    def qr(self, session: str, since: float) -> str:
        try:
            return str(wait_until(lambda: self._daemon.api.qr_text(session), LIMIT_SECONDS))
        except AssertionError as late:
            raise Failed(f"{session}: no QR code") from late

    def connected_at(self, session: str, since: float) -> float:
        end = time.monotonic() + LIMIT_SECONDS
        while time.monotonic() < end:
            for arrival in self._place.receiver.of(session):
                event = arrival.event
                if (
                    arrival.at > since
                    and event["event"] == "connection_change"
                    and event["status"] == "connected"
                ):
                    return arrival.at
            time.sleep(0.002)
        raise Failed(f"{session}: not connected")

    def close(self, session: str) -> None:
        self._require(self._daemon.api.call("DELETE", f"/api/sessions/{session}"), 200)

    def send(self, session: str, to: str, text: str) -> None:
        self._require(self._post(session, "send-message", {"phone": to, "message": text}), 200)

    def send_file(self, session: str, to: str, file: File) -> None:
        where = {"fileUrl": file.url} if file.url else {"base64": file.base64, "mimetype": "application/pdf"}
        self._require(self._post(session, "send-file", {"phone": to, "fileName": file.name, **where}), 200)

    def told_at(self, session: str, text: str) -> float | None:
        return None

    def gateway(self) -> psutil.Process:
        return psutil.Process(self._daemon.pid)

    def browser(self, session: str) -> psutil.Process:
        found = self._daemon.browser(session)
        if found is None:
            raise Failed(f"no browser of {session}")
        return found

    def processes(self) -> set[psutil.Process]:
        mine = processes.of_folder(self._daemon.folder) | processes.descendants(
            psutil.Process(self._daemon.pid)
        )
        return mine | processes.groups(mine)

    def kill_gateway(self) -> None:
        self._daemon.kill()

    def end(self) -> None:
        self._daemon.end()

    @property
    def leftovers(self) -> set[psutil.Process]:
        return self._daemon.leftovers()

    def _post(self, session: str, verb: str, body: Json) -> Answer:
        return self._daemon.api.call("POST", f"/api/sessions/{session}/{verb}", body)

    def _require(self, answer: Answer, *statuses: int) -> None:
        if answer.status not in statuses:
            raise Failed(f"{answer.status}: {answer.body[:200]!r}")
