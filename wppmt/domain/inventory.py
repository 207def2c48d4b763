"""What a page has of what the gateway uses, and what the account can do with it: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

WA_JS = "wa-js"
"""What is missing where wa-js did not get ready."""
UNTOLD_MESSAGES = "avisos de mensagens recebidas"
"""What is missing where messages lie in the page's store and no event told of them."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """As bridge.js tells it, after WhatsApp's modules have come."""

    missing: tuple[str, ...] = ()
    """wa-js's names, or the bridge's, of what is not there, is no function, or throws."""
    can_receive: bool = True
    can_send: bool = True
    can_ack: bool = True
    can_send_media: bool = True
    whatsapp_build: str = ""
    wa_js: str = ""

    @classmethod
    def of(cls, told: Mapping[str, Any] | None) -> Inventory | None:
        """None until the page is sure."""
        if not told:
            return None
        return cls(
            missing=tuple(str(name) for name in told["missing"]),
            can_receive=bool(told["canReceive"]),
            can_send=bool(told["canSend"]),
            can_ack=bool(told["canAck"]),
            can_send_media=bool(told["canSendMedia"]),
            whatsapp_build=str(told.get("whatsappBuild") or ""),
            wa_js=str(told.get("waJs") or ""),
        )

    @property
    def is_whole(self) -> bool:
        """Nothing that anybody would notice is missing."""
        return self.can_receive and self.can_send and self.can_ack and self.can_send_media

    @property
    def is_mended(self) -> bool:
        """All is there; a wa-js that gave up when it was not works again in a page that is loaded anew."""
        return self.is_whole or self.missing == (WA_JS,)

    @property
    def names(self) -> str:
        """Of what is missing, for people."""
        return ", ".join(self.missing)

    def can(self, *, needs_media: bool) -> bool:
        """Whether a message, with a file or without, can be sent."""
        return self.can_send_media if needs_media else self.can_send

    def without_receiving(self) -> Inventory:
        """The same, of a page that does not tell what it receives."""
        return replace(self, can_receive=False, missing=(*self.missing, UNTOLD_MESSAGES))


WHOLE = Inventory()
