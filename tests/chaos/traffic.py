"""The load: messages sent through the API and written to the tenants, in turn, at a steady pace."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tests.chaos.history import ACCEPTED, Recorder
from tests.chaos.observe import noted_call
from tests.system.api import Answer, Api
from wppmt.simulator.client import Simulator, SimulatorError

RETRY_SECONDS = 0.5
RETRIES_SECONDS = 40.0
"""How long a client tries again, with the same idempotency key, after it got no answer."""
THREADS = 64


@dataclass(frozen=True, slots=True)
class Customer:
    """A tenant and the person whom it writes to, and who writes to it."""

    name: str
    phone: str
    person: str


class Traffic:
    """Runs while used with `with`; what is under way then ends by itself."""

    def __init__(
        self, api: Api, phones: Simulator, recorder: Recorder, customers: Sequence[Customer]
    ) -> None:
        self._api = api
        self._phones = phones
        self._recorder = recorder
        self.customers = customers
        self._numbers = itertools.count(1)
        self._over = threading.Event()
        self._abandoned = threading.Event()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="traffic")
        self._threads: list[threading.Thread] = []
        self.spared: set[str] = set()
        """Tenants that are offered nothing for now."""
        self.accepted: dict[str, Customer] = {}
        """By message id."""
        self.written: dict[str, Customer] = {}
        self._texts: dict[str, str] = {}
        """Each tenant's last text that was accepted."""
        self._targets: dict[str, str] = {}
        """What an act is about, by its own text."""

    def start(self, sends_per_second: float, inbound_per_second: float) -> None:
        for rate, step in ((sends_per_second, self._send), (inbound_per_second, self._write)):
            thread = threading.Thread(target=self._pace, args=(rate, step), daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Returns when all that was under way has its answer."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        self._pool.shutdown()

    def abandon(self) -> None:
        """Stop without trying anything again."""
        self._abandoned.set()
        self.stop()

    def _pace(self, rate: float, step: Callable[[Customer, int], None]) -> None:
        """Open loop: a slow answer holds back no other request."""
        began = time.monotonic()
        for number, customer in enumerate(itertools.cycle(self.customers)):
            if self._over.wait(max(0.0, began + number / rate - time.monotonic())):
                return
            if customer.name not in self.spared:
                self._pool.submit(step, customer, next(self._numbers))

    def _send(self, customer: Customer, number: int) -> None:
        text = f"{customer.name}-{number}"
        for attempt in self._attempts():
            if self._ask(customer, text, attempt):
                return

    def _attempts(self) -> Iterator[int]:
        end = time.monotonic() + RETRIES_SECONDS
        for attempt in itertools.count(1):
            yield attempt
            if self._abandoned.wait(RETRY_SECONDS) or time.monotonic() > end:
                return

    def _ask(self, customer: Customer, text: str, attempt: int) -> bool:
        """Whether there is an answer that ends the matter."""
        method, path, body = self._what(customer, text)
        request = (method, f"/api/sessions/{customer.name}/{path}", body, {"Idempotency-Key": text})
        more = {"text": text, "attempt": attempt}
        answer = noted_call(self._recorder, self._api, "send", customer.name, request, **more)
        if answer is None or self.asks_again(answer):
            return False
        if answer.status in ACCEPTED:
            self.accepted[answer.json["id"]] = customer
            if path == "send-message":
                self._texts[customer.name] = answer.json["id"]
        return True

    @staticmethod
    def asks_again(answer: Answer) -> bool:
        """Whether this answer is no end of the matter."""
        return answer.status == 409 and answer.json["code"] == "IDEMPOTENCY_IN_FLIGHT"

    def _what(self, customer: Customer, text: str) -> tuple[str, str, dict[str, Any]]:
        """A text every other time, else another kind, or an act on the last text: the same at every attempt."""
        to = {"phone": customer.person}
        number = int(text.rpartition("-")[2])
        if number % 2 == 0:
            return "POST", "send-message", to | {"message": text}
        kinds: list[tuple[str, str, dict[str, Any]]] = [
            ("POST", "send-location", to | {"latitude": 1, "longitude": 2, "name": text}),
            ("POST", "send-poll", to | {"question": text, "options": ["sim", "não"]}),
            ("POST", "send-contact", to | {"contacts": [{"name": text, "phone": customer.person}]}),
            ("POST", "send-pix", to | {"keyType": "EMAIL", "key": "a@b.br", "name": text}),
        ]
        target = self._targets.setdefault(text, self._texts.get(customer.name, ""))
        if target:
            kinds += [
                ("PATCH", f"messages/{target}", {"message": text}),
                ("PUT", f"messages/{target}/reaction", {"emoji": "👍"}),
            ]
        return kinds[number // 2 % len(kinds)]

    def _write(self, customer: Customer, number: int) -> None:
        text = f"para-{customer.name}-{number}"
        began = time.monotonic()
        with suppress(SimulatorError):
            message_id = self._phones.write(customer.person, customer.phone, text)
            self.written[message_id] = customer
            end = time.monotonic()
            self._recorder.add("written", began, end=end, tenant=customer.name, id=message_id, text=text)
