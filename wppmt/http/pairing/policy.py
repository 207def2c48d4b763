"""PURE: where the pairing page lies, who may show it inside a page, where it may lead back to."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from yarl import URL

TOKEN_BYTES = 32
FRAMED_BY_NOBODY = "'none'"


@dataclass(frozen=True, slots=True)
class PairingPolicy:
    """Origins are as a browser writes them: `https://app.turbozap.com`, with a port where it is not the usual one."""

    base_url: str
    """Of the API, as customers reach it; without a slash at its end."""
    return_allow: tuple[str, ...]
    """Origins to which a customer may be led back."""
    frame_ancestors: tuple[str, ...]
    """Origins whose pages may show this one inside."""

    def address(self, token: str) -> str:
        return f"{self.base_url}/pair/{token}"

    def allows_return(self, url: str) -> bool:
        """Whether the address is one of an origin on the list, and nothing about it is ambiguous."""
        if not url.isascii() or not url.isprintable() or any(char in url for char in "\\ \"'<>"):
            return False
        try:
            parsed = URL(url)
            if parsed.user or parsed.password or parsed.scheme not in {"http", "https"}:
                return False
            origin = parsed.origin()
        except ValueError:
            return False
        return any(origin == URL(allowed).origin() for allowed in self.return_allow)

    def content_security(self) -> str:
        """Nothing from anywhere else, no inline script or style; the QR code is a picture within the answer."""
        ancestors = " ".join(self.frame_ancestors) or FRAMED_BY_NOBODY
        return (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
            f"base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
        )


def new_token() -> str:
    """256 random bits, as they stand in an address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest_of(token: str) -> str:
    """By which a link is found. So many random bits need neither salt nor a slow hash."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
