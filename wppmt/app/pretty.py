"""A log line for people: the very fields of the JSON line, in one row that fits a terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

LEVELS = {"debug": "DEPURA", "info": "INFO", "warning": "AVISO", "error": "ERRO"}
COLOURS = {"debug": 90, "warning": 33, "error": 31}
"""ANSI; who only informs has none."""


def pretty(line: str, *, colour: bool = False) -> str:
    """`14:03:12 INFO   cliente-001  message_sent  messageId=3EB0 status=sent`; what is no log line is given back as it is.

    Times are of this machine's zone. Harmless for a terminal, as the JSON line is.
    """
    try:
        fields = json.loads(line)
        row = _row(fields)
    except (ValueError, KeyError, TypeError):
        return line
    code = COLOURS.get(fields["level"])
    return f"\x1b[{code}m{row}\x1b[0m" if colour and code else row


def _row(fields: Mapping[str, Any]) -> str:
    at = datetime.fromisoformat(fields["timestamp"]).astimezone()
    details = " ".join(f"{name}={_value(value)}" for name, value in fields["details"].items())
    level = LEVELS[fields["level"]]
    return f"{at:%H:%M:%S} {level:<6} {fields['sessionId'] or '-'}  {fields['event']}  {details}".rstrip()


def _value(value: object) -> str:
    """Words as they are; whatever holds a space, a mark or an odd character as JSON."""
    is_word = isinstance(value, str) and value and value.isprintable() and not set(value) & set(' "=')
    return str(value) if is_word else json.dumps(value, ensure_ascii=not str(value).isprintable())
