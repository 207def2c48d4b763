"""PURE: the file name in a Content-Disposition header (RFC 6266), read as it comes and written so that all read it."""

from __future__ import annotations

import re
import unicodedata
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from urllib.parse import quote, unquote_to_bytes

_PARAMETER = re.compile(r';\s*(?P<name>[^\s=;"]+)\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"?|(?P<token>[^;]*))')
_EXTENDED = re.compile(r"(?P<charset>[^'\s]+)'[^']*'(?P<value>\S*)")
_ENCODED_WORD = re.compile(r"\s*=\?[^?\s]+\?[bq]\?[^?]*\?=\s*", re.IGNORECASE)
_NOT_IN_QUOTES = re.compile(r'["\\\x00-\x1f\x7f]')


def file_name_in(header: str) -> str:
    """What `filename*`, or else `filename`, says; empty when neither does. `header` is as aiohttp gives it."""
    said: dict[str, str] = {}
    for parameter in _PARAMETER.finditer(_repaired(header)):
        value = parameter["token"] if parameter["quoted"] is None else _unescaped(parameter["quoted"])
        said.setdefault(parameter["name"].lower(), value.strip())
    return _extended(said.get("filename*", "")) or _plain(said.get("filename", ""))


def attachment(name: str) -> str:
    """The header for a download: the true name, and one in ASCII for clients that know no other."""
    plain = unicodedata.normalize("NFKD", name)
    plain = "".join(char for char in plain if not unicodedata.combining(char))
    plain = _NOT_IN_QUOTES.sub("_", re.sub(r"[^\x00-\x7f]+", "_", plain))
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def name_in_address(raw_name: str) -> str:
    """The last part of an address's path, decoded once; old servers escape ISO-8859-1."""
    return _text(unquote_to_bytes(raw_name))


def _repaired(header: str) -> str:
    """Headers are bytes; those beyond ASCII are mostly UTF-8, else ISO-8859-1."""
    return _text(header.encode("utf-8", "surrogateescape"))


def _text(raw: bytes) -> str:
    for encoding in ("utf-8", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def _extended(value: str) -> str:
    parts = _EXTENDED.fullmatch(value)
    if parts is None:
        return ""
    try:
        return unquote_to_bytes(parts["value"]).decode(parts["charset"])
    except (LookupError, UnicodeError, ValueError):
        return ""


def _plain(value: str) -> str:
    """RFC 2047's words have no place there, but mail programs put them there."""
    if not _ENCODED_WORD.fullmatch(value):
        return value
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, ValueError):
        return value


def _unescaped(quoted: str) -> str:
    # Only what must be escaped: others send Windows' paths as they are.
    return re.sub(r'\\(["\\])', r"\1", quoted)
