"""A letter for each alert, as one attempt of the outbox: handed to the system's mail program, which takes it on."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from wppmt.domain.alerts import TITLES, AlertCode
from wppmt.domain.system_errors import explain
from wppmt.store.outbox_records import Delivery
from wppmt.webhook.classify import Answered, AttemptResult, Fault, Unanswered

SCHEME = "mailto:"
TAKEN = 250
"""What a mail server says of a letter that it takes."""
SECONDS = 30.0
"""For the mail program to take a letter."""


def url(recipients: Sequence[str]) -> str:
    """The endpoint of letters to them; empty without any."""
    return SCHEME + ",".join(recipients) if recipients else ""


def letter(alert: Mapping[str, Any], recipients: Sequence[str], host: str, event_id: str) -> EmailMessage:
    """In Portuguese, from whoever runs the service; of the event `alert` (docs/contract.md 15).

    Handed over again after a crash it has the same Message-ID, by which mail programs know it.
    """
    about = f": {alert['sessionId']}" if alert["sessionId"] else ""
    mail = EmailMessage()
    word = "ALERTA" if alert["status"] == "firing" else "Resolvido"
    mail["Subject"] = f"[wppmt {host}] {word}: {_title(alert['code'])}{about}"
    mail["To"] = ", ".join(recipients)
    mail["Message-ID"] = f"<{event_id}@{host}>"
    mail["Auto-Submitted"] = "auto-generated"
    lines = [f"{alert['message']}.", "", f"Desde: {alert['since']}"]
    lines += [f"Até: {alert['endedAt']}"] if alert["endedAt"] else ["", f"O que fazer: {alert['remedy']}."]
    mail.set_content("\n".join([*lines, "", f"Código: {alert['code']}"]))
    return mail


def _title(code: str) -> str:
    """What another version knew stands for itself."""
    return TITLES[AlertCode(code)] if code in set(AlertCode) else code


def attempt(sendmail: Path, host: str, delivery: Delivery) -> AttemptResult:
    """Blocks until the mail program has taken the letter, or has not."""
    recipients = delivery.endpoint.removeprefix(SCHEME).split(",")
    event = delivery.event
    text = letter(json.loads(event.body), recipients, host, event.id).as_bytes()
    try:
        done = subprocess.run(
            [sendmail, "-i", "-t"], input=text, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return Unanswered(Fault.TIMEOUT, f"{sendmail} não terminou em {SECONDS:.0f} s")
    except OSError as failure:
        return Unanswered(Fault.BROKEN, f"{sendmail} não pôde ser executado: {explain(failure)}")
    if done.returncode:
        return Unanswered(Fault.BROKEN, f"{sendmail} saiu com código {done.returncode}")
    return Answered(TAKEN)
