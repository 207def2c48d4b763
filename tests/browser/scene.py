"""A linked account in real Chrome with people around it, and what its page says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.browser.ground import ChromeGround, Life
from tests.support import wait_until
from wppmt.domain.written import message_of

Json = Mapping[str, Any]


class Scene:
    """A linked business account, a friend, a group that both are in, and what the page says of them."""

    def __init__(self, ground: ChromeGround, life: Life, phone: str, friend: str) -> None:
        self.ground, self.life, self.phone, self.friend = ground, life, phone, friend
        self.chat = f"{friend}@c.us"
        self.group = ground.simulator.create_group("Equipe", [phone, friend])

    def control(self, phone: str, act: str, **body: Any) -> Any:
        return self.ground.simulator.call("POST", f"/accounts/{phone}/{act}", body)

    def writes(self, phone: str, to: str, **message: Any) -> str:
        return str(self.control(phone, "messages", to=to, **message)["id"])

    def told(self, event: str, /, **wanted: Any) -> Json:
        """The data of such an event, heard so far or coming."""

        def found() -> list[Json]:
            self.life.hear()
            return [e.data for e in self.life.events if e.name == event and wanted.items() <= e.data.items()]

        return wait_until(found)[0]

    def message(self, message_id: str, name: str = "message_received") -> dict[str, Any]:
        def found() -> list[Json]:
            self.life.hear()
            events = [event.data for event in self.life.events if event.name == name]
            return [data["message"] for data in events if data["message"]["id"] == message_id]

        heard = wait_until(found)
        assert len(heard) == 1
        return message_of(heard[0])

    def receives(self, **message: Any) -> dict[str, Any]:
        return self.message(self.writes(self.friend, self.phone, **message))
