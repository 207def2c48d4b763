"""What a webhook's receiver said, as far as it may be kept and shown."""

from __future__ import annotations

import codecs

from wppmt.net.urls import parse, place_of
from wppmt.webhook.classify import Answered, AttemptResult

KEPT_BYTES = 1024


def is_at(url: str, default_url: str) -> bool:
    """Whether the answer comes from the operator's own receiver: what it says is not for tenants."""
    target, default = parse(url), parse(default_url)
    return target is not None and default is not None and place_of(target) == place_of(default)


def text_of(body: bytes) -> str | None:
    """None for what is no text. It may have been cut in the middle of a character."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(body)
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def kept_answer(outcome: AttemptResult, url: str, default_url: str) -> str | None:
    """The beginning of the answer; None where there is none, or none that may be kept."""
    if not isinstance(outcome, Answered) or is_at(url, default_url):
        return None
    return text_of(outcome.body[:KEPT_BYTES])
