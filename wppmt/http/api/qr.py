"""WhatsApp's QR text as a picture that ordinary readers read."""

from __future__ import annotations

import base64
from functools import lru_cache
from io import BytesIO

import segno

_SCALE = 6
"""Pixels per module: about 400 px in all, which phones read from a screen at arm's length."""
_QUIET_ZONE = 4
"""Modules of white around it, as ISO/IEC 18004 asks; some readers fail without."""


@lru_cache(maxsize=64)
def png(text: str) -> bytes:
    """The PNG of a QR code; cached, since every caller polls the same one until WhatsApp rotates it."""
    buffer = BytesIO()
    segno.make_qr(text, error="l").save(buffer, kind="png", scale=_SCALE, border=_QUIET_ZONE)
    return buffer.getvalue()


@lru_cache(maxsize=64)
def data_url(text: str) -> str:
    """The same picture as `data:image/png;base64,…`."""
    return "data:image/png;base64," + base64.b64encode(png(text)).decode()
