"""PURE: addresses of targets, each with one reading: what is judged is what is called."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import quote, unquote

from yarl import URL

Address = IPv4Address | IPv6Address
Place = tuple[str, int]
"""Host and port; a name is lower-case, without a final dot."""

MAX_URL = 2048
_USER_INFO = re.compile(r"[a-z]+://[^/?#]*@", re.ASCII | re.IGNORECASE)
_KEPT = "!$%&'()*+,/:;=?@[]~"
"""What may stand in a path and a query, and what is encoded already."""
_HOST_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,62})?(\.[a-z0-9_]([a-z0-9_-]{0,62})?)*", re.ASCII)
_LIKE_A_NUMBER = re.compile(r"(^|\.)(\d+|0x[0-9a-f]*)$", re.ASCII)
"""How WHATWG's URL standard tells an IPv4 address: the last label. inet_aton takes 127.1, 0x7f000001, 0177.0.0.1."""


def parse(text: str) -> URL | None:
    """One parse for all: what is judged is what is called. None for anything odd, however browsers would read it."""
    if len(text) > MAX_URL or "\\" in text or any(ord(char) <= 0x20 or ord(char) == 0x7F for char in text):
        return None
    try:
        url = URL(text)
        if url.scheme not in {"http", "https"} or not url.port or _USER_INFO.match(text):
            return None
        return _as_written(url, URL(text, encoded=True))
    except ValueError:
        return None


def _as_written(url: URL, written: URL) -> URL:
    """Path and query as they were written, where yarl would decode and encode anew: a signature may hang on them."""
    return URL.build(
        scheme=url.scheme,
        authority=url.raw_authority,
        path=quote(written.raw_path, safe=_KEPT),
        query_string=quote(written.raw_query_string, safe=_KEPT),
        encoded=True,
    )


def is_name(host: str) -> bool:
    return bool(len(host) <= 253 and _HOST_NAME.fullmatch(host) and not _LIKE_A_NUMBER.search(host))


def is_host(host: str) -> bool:
    return literal_of(host) is not None or is_name(host)


def literal_of(host: str) -> Address | None:
    """An address in its one canonical form; a zone (`%eth0`) or any other way to write it is not taken."""
    if "%" in host:
        return None
    try:
        return ip_address(host)
    except ValueError:
        return None


def place_of(url: URL) -> Place:
    host = (url.raw_host or "").removesuffix(".")
    return host.lower(), url.port or 0


def prefix_of(url: URL) -> str:
    """The folder of its path; of a path without any folder, itself."""
    folder = url.raw_path.rpartition("/")[0] + "/"
    return folder if folder != "/" else url.raw_path.rstrip("/") + "/"


def is_below(url: URL, prefix: str) -> bool:
    """Whether the path begins with `prefix`, however often its receiver decodes it and whatever it makes of `..`."""
    path = url.raw_path
    while (decoded := unquote(path)) != path:
        path = decoded
    steps = path.replace("\\", "/").split("/")
    return not {".", ".."} & set(steps) and (path.startswith(prefix) or path + "/" == prefix)
