"""A letter for each alert, handed to the system's mail program, which keeps and delivers it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path

from wppmt.domain.alerts import TITLES, Alert
from wppmt.domain.times import iso

SECONDS = 30.0
"""For the mail program to take a letter."""


def letter(alert: Alert, recipients: Sequence[str], host: str) -> EmailMessage:
    """In Portuguese, from whoever runs the service."""
    about = f": {alert.session_id}" if alert.session_id else ""
    mail = EmailMessage()
    word = "ALERTA" if alert.is_firing else "Resolvido"
    mail["Subject"] = f"[wppmt {host}] {word}: {TITLES[alert.code]}{about}"
    mail["To"] = ", ".join(recipients)
    mail["Auto-Submitted"] = "auto-generated"
    lines = [alert.message + ".", "", f"Desde: {iso(alert.since)}"]
    lines += (
        ["", f"O que fazer: {alert.remedy}."] if alert.ended_at is None else [f"Até: {iso(alert.ended_at)}"]
    )
    mail.set_content("\n".join([*lines, "", f"Código: {alert.code}"]))
    return mail


def send(sendmail: Path, recipients: Sequence[str], host: str, alert: Alert) -> None:
    """Blocks until the mail program has taken it. Raises OSError where it does not."""
    text = letter(alert, recipients, host).as_bytes()
    try:
        done = subprocess.run(
            [sendmail, "-i", "-t"], input=text, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise OSError(f"{sendmail} não terminou em {SECONDS:.0f} s") from None
    if done.returncode:
        raise OSError(f"{sendmail} saiu com código {done.returncode}")
