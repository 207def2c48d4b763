"""Both ends of a conversation, and what they send each other."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.media.made import made
from tests.media.test_wanted import picture
from tests.peers.other_side import Json, OtherSide
from tests.system.api import Answer
from tests.system.receiver import Receiver
from tests.system.tenant import Tenant


@dataclass
class Ends:
    """A session of wppmt (`ours`), and the foreign client (`theirs`) that it talks with."""

    ours: Tenant
    theirs: OtherSide
    receiver: Receiver

    def send(self, verb: str, **body: Any) -> str:
        """From wppmt; the short id."""
        answer = self.ours.post(verb, {"phone": self.theirs.phone} | body)
        assert answer.status == 200, answer
        return str(answer.json["id"])

    def act(self, method: str, path: str, **body: Any) -> Answer:
        answer = self.ours.daemon.api.call(method, f"{self.ours.path}/messages/{path}", body or None)
        assert answer.status == 200, answer
        return answer

    @property
    def our_chat(self) -> str:
        return f"{self.ours.phone}@c.us"

    @property
    def their_chat(self) -> str:
        return f"{self.theirs.phone}@c.us"

    def webhook(self, event: str, fits: Callable[[Json], bool]) -> Json:
        """The first of this kind that fits, come or yet to come."""

        def is_it(body: Any) -> bool:
            return body["sessionId"] == self.ours.name and body["event"] == event and fits(body)

        return dict(self.receiver.wait_for(is_it, event).event)

    def receives(self, message_id: str) -> Json:
        """The `message` of the webhook that brings it."""
        event = self.webhook("message_received", lambda body: body["message"]["id"] == message_id)
        message: Json = event["message"]
        return message

    def about(self, event: str, message_id: str) -> Json:
        """A webhook about a message that was there before."""
        return self.webhook(event, lambda body: body["messageId"] == message_id)

    def ack(self, message_id: str, status: str) -> Json:
        return self.webhook(
            "message_ack", lambda body: (body["messageId"], body["status"]) == (message_id, status)
        )

    def line(self, phone: str, message_id: str) -> Json:
        """What the phone at that end has got."""
        lines: list[Json] = [dict(line) for line in self.ours.daemon.phones.inbox(phone)]
        return next(line for line in lines if line["id"] == message_id)


def of(content: bytes, mimetype: str, name: str, **more: Any) -> Json:
    return {
        "base64": base64.b64encode(content).decode(),
        "mimetype": mimetype,
        "fileName": name,
        **more,
    }


def image(**more: Any) -> Json:
    return of(picture("png"), "image/png", "foto.png", **more)


def video(**more: Any) -> Json:
    return of(made("h264.mp4"), "video/mp4", "filme.mp4", **more)


def sha256_of(body: Json) -> str:
    return hashlib.sha256(base64.b64decode(body["base64"])).hexdigest()
