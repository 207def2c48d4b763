"""Sends alerts by e-mail. Blocking: handing a letter over may take as long as the system's mail program does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from actors.runtime.effects import Effect, Log, Wake
from wppmt.domain.alerts import Alert

MAIL = "mail"
RETRY_SECONDS = (60.0, 300.0, 900.0)
"""After each time that the mail program refused."""


@dataclass(frozen=True, slots=True)
class SendMail:
    alert: Alert
    refused: int = 0
    """Times that it was tried."""


@dataclass(frozen=True, slots=True)
class MailBegin:
    """The first message."""


class MailWorker:
    """The MailActor. `send` raises OSError where the mail program does not take the letter."""

    def __init__(self, send: Callable[[Alert], None]) -> None:
        self._send = send

    def do(self, message: object, now: float) -> Iterator[Effect]:  # noqa: ARG002 - the port of all workers
        match message:
            case MailBegin():
                return
            case SendMail():
                yield from self._try(message)
            case _:
                raise TypeError(type(message).__name__)

    def _try(self, letter: SendMail) -> Iterator[Effect]:
        try:
            self._send(letter.alert)
        except OSError as failure:
            is_last = letter.refused == len(RETRY_SECONDS)
            details = {"code": letter.alert.code.value, "error": str(failure), "abandoned": is_last}
            yield Log("error", "alert_mail_failed", letter.alert.session_id, details)
            if not is_last:
                yield Wake(RETRY_SECONDS[letter.refused], SendMail(letter.alert, letter.refused + 1))
