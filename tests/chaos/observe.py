"""Hears and asks from outside, and notes everything: webhooks, the API's states, the simulator's log."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Self

import urllib3

from tests.chaos.history import Recorder
from tests.system.api import Answer, Api
from tests.system.receiver import Arrival
from wppmt.simulator.client import Simulator, SimulatorError

POLL_SECONDS = 0.1
WORLD_SECONDS = 0.5

NOTED = ("status", "previousStatus", "reasonCode", "messageId", "code")


def event_fields(event: Mapping[str, Any]) -> dict[str, Any]:
    """Of an event what the judges need; no QR code and no text."""
    found = {name: event[name] for name in NOTED if name in event}
    if "message" in event:
        found["message"] = event["message"]["id"]
        found["backfilled"] = bool(event.get("backfilled") or event["message"].get("backfilled"))
    return found | {
        "tenant": event["sessionId"],
        "id": event["id"],
        "sequence": event["sequence"],
        "event": event["event"],
    }


def note_webhook(recorder: Recorder, arrival: Arrival) -> None:
    attempt = int(arrival.delivery.headers.get("x-webhook-attempt", "1"))
    recorder.add("webhook", arrival.at, attempt=attempt, **event_fields(arrival.event))


def noted_call(
    recorder: Recorder, api: Api, verb: str, tenant: str | None, request: tuple[Any, ...], **more: Any
) -> Answer | None:
    """One request (method, path, body, headers) with its outcome; None when no answer came."""
    method, path, body, headers = (*request, None, None)[:4]
    began, answer, error = time.monotonic(), None, None
    try:
        answer = api.call(method, path, body, headers=headers)
    except urllib3.exceptions.NewConnectionError:
        error = "refused"
    except urllib3.exceptions.HTTPError:
        error = "broken"
    fields: dict[str, Any] = {"verb": verb, "tenant": tenant, "end": time.monotonic(), "error": error}
    recorder.add("call", began, **fields, **more, **_outcome(answer))
    return answer


def _outcome(answer: Answer | None) -> dict[str, Any]:
    if answer is None:
        return {"status": 0}
    found: dict[str, Any] = {"status": answer.status}
    with suppress(ValueError):
        found |= {name: answer.json[name] for name in ("code", "id", "ack") if name in answer.json}
    if "Retry-After" in answer.headers:
        found["retryAfter"] = answer.headers["Retry-After"]
    return found


class Loop:
    """A step again and again in a thread, while used with `with`."""

    def __init__(self, name: str, step: Callable[[], None], seconds: float) -> None:
        self._step = step
        self._seconds = seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._seconds):
            self._step()


class States:
    """What the API shows of all sessions, ten times a second."""

    def __init__(self, api: Api, recorder: Recorder) -> None:
        self._api = api
        self._recorder = recorder
        self.now: dict[str, str] = {}
        """Each session's state; empty while the daemon does not answer."""
        self._asleep: dict[str, str] = {}
        """Since when each session that was seen to hibernate last did."""

    def look(self) -> None:
        answer = noted_call(self._recorder, self._api, "list", None, ("GET", "/api/sessions"))
        if answer is None or answer.status != 200:
            self.now = {}
            return
        shown = {one["sessionId"]: one["status"] for one in answer.json["sessions"]}
        for tenant, status in shown.items():
            if self.now.get(tenant) != status:
                self._recorder.add("state", tenant=tenant, status=status)
        self.now = shown
        for one in answer.json["sessions"]:
            self._note_sleep(one["sessionId"], one.get("hibernation"))

    def _note_sleep(self, tenant: str, hibernation: Mapping[str, str] | None) -> None:
        if hibernation and self._asleep.get(tenant) != hibernation["since"]:
            self._asleep[tenant] = hibernation["since"]
            ago = time.time() - datetime.fromisoformat(hibernation["since"]).timestamp()
            self._recorder.add("slept", time.monotonic() - ago, tenant=tenant)


class World:
    """The simulator's log, as it grows."""

    def __init__(self, phones: Simulator, recorder: Recorder) -> None:
        self._phones = phones
        self._recorder = recorder
        self._last = 0

    def look(self) -> None:
        with suppress(SimulatorError):
            for entry in self._phones.log(after=self._last):
                self._last = entry["seq"]
                # A fault's entry has a `kind` of its own.
                fields = {"fault" if name == "kind" else name: value for name, value in entry.items()}
                self._recorder.add("world", **fields)
