"""Removes secrets, QR texts, URL queries and phones from the details of a log line, in case a caller passed them."""

from __future__ import annotations

import re
import sqlite3
import traceback
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

HIDDEN = "***"
LONGEST = 2_000
"""Characters kept of a text."""
_READ_AT_MOST = 8_000
_DEEPEST = 4
KEYS_KEPT = 1024
"""Whose treatment is remembered: there are few of them, and each line asks for several."""

_HIDDEN_KEYS = re.compile(
    r".*(secret|password|authorization|cookie|signature|credential|qrcode|qrtext|pairingcode|base64|apikey).*"
    r"|.*token|jwt|qr|body|text|message|caption|content|payload|key|idempotencykey|quoted"
)
_ID_KEYS = re.compile(r"id|.*id|.*ids")

_URL = re.compile(r"(?<![a-zA-Z0-9+.-])[a-zA-Z][a-zA-Z0-9+.-]*://[^\s\"'<>]+")
_SECRETS = (
    (re.compile(r"data:[^\s,\"']*,[^\s\"']+"), f"data:{HIDDEN}"),
    (re.compile(r"\beyJ[\w-]*\.[\w-]*(\.[\w-]*)?"), HIDDEN),
    (re.compile(r"/pair/[A-Za-z0-9_-]{16,}"), f"/pair/{HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[^\s\"',]+"), rf"\1 {HIDDEN}"),
    (re.compile(r"whsec_[\w+/=-]+"), HIDDEN),
    (re.compile(r"wpk_[\w-]+"), HIDDEN),
    (re.compile(r"\d@[A-Za-z0-9+/=_,-]{20,}"), HIDDEN),
    (re.compile(r"\?[^\s\"'?=]+=[^\s\"']*"), f"?{HIDDEN}"),
)
_DIGITS = re.compile(r"(?<!\d)\d{8,15}(?!\d)")
_DIGITS_ALONE = re.compile(r"(?<![0-9A-Za-z])\d{8,15}(?![0-9A-Za-z])")
_TYPED_PHONE = re.compile(r"(?<![\d.])\+?(?:\(?\d{1,3}\)?[\s-]?){0,3}\d{4,5}[\s-]?\d{4}(?!\d)")

_BUILD_KEY = "whatsappbuild"
_BUILD = re.compile(r"2\.\d{4}\.\d{10}")
"""Of WhatsApp Web; its last part has as many digits as a phone."""

_TELLING = (OSError, sqlite3.Error, TypeError, AttributeError, NameError, ImportError, RuntimeError)
"""Errors whose text is written by the system or by programmers; others may quote what they were given."""


def scrub(details: Mapping[str, object], *, mask_phones: bool) -> dict[str, object]:
    """`details` as plain JSON values, without None, in camelCase, and harmless."""
    return {
        _camel(str(key)): _value(str(key), value, mask_phones, 0)
        for key, value in details.items()
        if value is not None
    }


@lru_cache(maxsize=KEYS_KEPT)
def _camel(key: str) -> str:
    return re.sub(r"(?<=[a-z0-9])_([a-z0-9])", lambda found: found[1].upper(), key)


def _value(key: str, value: object, mask_phones: bool, depth: int) -> object:
    name = _plain_name(key)
    if _is_hidden(name):
        return HIDDEN
    match value:
        case bool() | int() | float() | None:
            return _number(name, value, mask_phones)
        case BaseException():
            return _failure(value, mask_phones)
        case Mapping() if depth < _DEEPEST:
            return {
                _text("", str(k), mask_phones): _value(str(k), v, mask_phones, depth + 1)
                for k, v in value.items()
            }
        case list() | tuple() | set() | frozenset() if depth < _DEEPEST:
            return [_value(key, item, mask_phones, depth + 1) for item in value]
        case str() | bytes():
            return _text(
                name, value if isinstance(value, str) else value.decode(errors="replace"), mask_phones
            )
        case _:
            # The text of an unknown object may contain anything; paths and times are useful and safe.
            return _text(name, str(value), mask_phones) if _is_plain(value) else type(value).__name__


@lru_cache(maxsize=KEYS_KEPT)
def _plain_name(key: str) -> str:
    return re.sub(r"[^a-z0-9]", "", key.lower())


@lru_cache(maxsize=KEYS_KEPT)
def _is_hidden(name: str) -> bool:
    return bool(_HIDDEN_KEYS.fullmatch(name))


def _is_plain(value: object) -> bool:
    return type(value).__module__.partition(".")[0] in {"pathlib", "datetime", "decimal", "uuid", "ipaddress"}


def _number(name: str, value: float | None, mask_phones: bool) -> object:
    if (
        name in {"phone", "to", "from", "chat", "author"}
        and isinstance(value, int)
        and not isinstance(value, bool)
    ):
        return _text(name, str(value), mask_phones)
    if isinstance(value, float) and (value != value or value in {float("inf"), float("-inf")}):  # noqa: PLR0124 - NaN
        return str(value)
    return value


def _text(name: str, value: str, mask_phones: bool) -> str:
    text = _URL.sub(_plain_url, value[:_READ_AT_MOST])
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    if mask_phones and not (name == _BUILD_KEY and _BUILD.fullmatch(text)):
        text = _mask(text, is_id=bool(_ID_KEYS.fullmatch(name)))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _plain_url(found: re.Match[str]) -> str:
    try:
        url = urlsplit(found[0])
        return urlunsplit((url.scheme, url.netloc.rpartition("@")[2], url.path, "", ""))
    except ValueError:
        return HIDDEN


def _mask(text: str, *, is_id: bool) -> str:
    """Phones keep their last four digits. A message id's hexadecimal digits are no phone."""
    if is_id:
        return _DIGITS_ALONE.sub(_last_four, text)
    return _DIGITS.sub(_last_four, _TYPED_PHONE.sub(_last_four, text))


def _last_four(found: re.Match[str]) -> str:
    return f"{HIDDEN}{found[0][-4:]}"


def _failure(failure: BaseException, mask_phones: bool) -> dict[str, object]:
    """Where it happened; its text only if that can't contain the caller's data."""
    frames = traceback.extract_tb(failure.__traceback__)[-8:]
    described: dict[str, object] = {
        "type": type(failure).__name__,
        "where": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(failure, _TELLING):
        described["says"] = _text("", str(failure), mask_phones)
    return described
