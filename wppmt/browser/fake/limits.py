"""WhatsApp's limits on new contacts, as the fake page knows and tells them."""

from __future__ import annotations

from typing import Any

NAMES = {"reachout_timelock": "reachout", "new_chat_quota": "quota"}
"""The word of a refusal → the limit behind it."""


class FakeLimits:
    def __init__(self) -> None:
        self.told: dict[str, dict[str, Any]] = {}
        """`reachout` (`kind`) and `quota` (`status`, `used`, `total`), as they were last set."""

    def put(self, name: str, *, active: bool, until: float | None, **more: Any) -> None:
        self.told[name] = {"active": active, "until": until, **more}

    def met(self, refusal: str) -> None:
        """A send was refused for it."""
        if limit := self.told.get(NAMES.get(refusal, "")):
            limit["active"] = True

    def known(self, now: float) -> dict[str, dict[str, Any]]:
        """WhatsApp lifts each at its end."""
        return {
            name: limit | {"active": limit["active"] and (limit["until"] or now + 1) > now}
            for name, limit in self.told.items()
        }

    def refusal(self, now: float) -> str | None:
        """The word for a refused send."""
        known = self.known(now)
        return next((word for word, name in NAMES.items() if known.get(name, {}).get("active")), None)

    def end_of(self, refusal: str) -> float | None:
        end: float | None = self.told.get(NAMES.get(refusal, ""), {}).get("until")
        return end
