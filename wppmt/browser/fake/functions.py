"""The functions of the fake browser's page, by the names and shapes of bridge.js."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from wppmt.browser.cdp import json_text
from wppmt.browser.fake.blobs import Blobs, Rejected
from wppmt.browser.fake.kinds import SHOWN, media_type
from wppmt.browser.fake.lists import FakeLists, WalkEnded
from wppmt.browser.fake.page import FakePage
from wppmt.browser.fake.targets import EDIT_SECONDS, REVOKE_SECONDS, Untargeted, meant
from wppmt.browser.fake.world import FakeProfile, FakeWhatsApp, Phone, login_items
from wppmt.browser.port import CallRejected, CallResult


class FakeFunctions:
    """Each `do_<name>` is one function of the page."""

    def __init__(self, page: FakePage, world: FakeWhatsApp, profile: FakeProfile) -> None:
        self._page = page
        self._world = world
        self._profile = profile
        self._lists = FakeLists(world, profile)
        self._blobs = Blobs()
        self._answers: dict[str, Mapping[str, Any]] = {}
        """Of the sends that this page began: each id once."""

    def answer(self, function: str, arguments: Mapping[str, Any]) -> CallResult:
        """The value, or CallRejected."""
        run: Callable[[Mapping[str, Any]], Any] | None = getattr(self, f"do_{function}", None)
        if function in SHOWN:
            run = partial(self._send_kind, function)
        if run is None:
            return CallRejected("unknown_function", function)
        try:
            return json_text.whole(run(arguments))
        except Rejected as rejected:
            return CallRejected(rejected.reason, until=rejected.until)
        except WalkEnded:
            return CallRejected("walk_ended")
        except Untargeted as untargeted:
            return CallRejected(untargeted.reason, about=untargeted.about)

    def do_facts(self, _: Mapping[str, Any]) -> CallResult:
        return self._page.told_facts()

    def do_events_since(self, arguments: Mapping[str, Any]) -> CallResult:
        rows = [
            {"number": e.number, "name": e.name, "data": e.data}
            for e in self._page.ring
            if e.number > arguments["after"]
        ]
        oldest = self._page.ring[0].number if self._page.ring else self._page.last + 1
        return {"page": self._page.name, "oldest": oldest, "last": self._page.last, "events": rows}

    def do_reload(self, _: Mapping[str, Any]) -> CallResult:
        self._page.reload()
        return {}

    def do_send_text(self, arguments: Mapping[str, Any]) -> CallResult:
        more = {key: arguments[key] for key in ("quotedId", "mentions") if arguments.get(key)}
        return self._send(arguments, arguments["text"], more)

    def do_send_media(self, arguments: Mapping[str, Any]) -> CallResult:
        data = self._blobs.bytes_of(arguments["source"])
        media = {"mimetype": arguments["mimetype"], "fileName": arguments.get("fileName"), "size": len(data)}
        flags = {name: True for name in ("viewOnce", "gif", "note") if arguments.get(name)}
        if arguments.get("waveform"):
            flags |= {"waveform": arguments["waveform"]}
        more = {"type": media_type(arguments), "media": media, "bytes": data, **flags}
        return self._send(arguments, arguments.get("caption") or "", more)

    def do_ignore(self, arguments: Mapping[str, Any]) -> CallResult:
        self._page.traffic.ignored = frozenset(arguments["kinds"])
        return {}

    def do_forward(self, arguments: Mapping[str, Any]) -> CallResult:
        original = meant(self._profile, arguments["messageId"])
        return self._send(arguments, original.text, {"type": original.type, "forwarded": True})

    def do_react(self, arguments: Mapping[str, Any]) -> CallResult:
        return self._act("reaction", arguments, emoji=arguments["emoji"])

    def do_edit(self, arguments: Mapping[str, Any]) -> CallResult:
        target = meant(self._profile, arguments["messageId"])
        if not target.is_own:
            raise Rejected("not_own_message")
        if target.type != "chat":
            raise Rejected("not_editable")
        if self._page.now() - target.at > EDIT_SECONDS:
            raise Rejected("too_late_to_edit")
        return self._act("edit", arguments, body=arguments["text"])

    def do_delete(self, arguments: Mapping[str, Any]) -> CallResult:
        target = meant(self._profile, arguments["messageId"])
        if arguments["forEveryone"] and not target.is_own:
            raise Rejected("not_own_message")
        if arguments["forEveryone"] and self._page.now() - target.at > REVOKE_SECONDS:
            raise Rejected("too_late_to_delete")
        return self._act("revoke", arguments, for_everyone=arguments["forEveryone"])

    def do_find_act(self, arguments: Mapping[str, Any]) -> CallResult:
        return self.do_find_message(arguments)

    def do_stands(self, arguments: Mapping[str, Any]) -> CallResult:
        to = self._chat(arguments["to"])
        history = {"isNew": self._is_new(to), "writtenTo": self._was_written_to(to)}
        return {"to": to, **history, "limit": self._limit(to, arguments)}

    def do_limits(self, _: Mapping[str, Any]) -> CallResult:
        return self._page.limits.known(self._page.now())

    def do_typing(self, arguments: Mapping[str, Any]) -> CallResult:
        self._chat(arguments["to"])
        return {}

    def do_find_message(self, arguments: Mapping[str, Any]) -> CallResult:
        message = self._profile.sent.get(arguments["id"])
        if message is not None:
            return {k: message[k] for k in ("ack", "to", "failed")} | {"found": True}
        self._require_connection()
        return {"found": False}

    def do_messages_after(self, arguments: Mapping[str, Any]) -> CallResult:
        held = (message for message in self._profile.received if message["timestamp"] >= arguments["t"])
        found, limit = sorted(held, key=lambda message: message["timestamp"]), arguments["limit"]
        more = len(found) > limit
        last = found[limit - 1]["timestamp"] if more else math.inf
        self._page.traffic.unheard.clear()
        return {
            "messages": [message for message in found if message["timestamp"] <= last],
            "more": more,
            "until": last + 1 if more else int(self._page.now()),
            "complete": True,
            "busyMs": 1,
        }

    def do_pairing_code(self, arguments: Mapping[str, Any]) -> CallResult:
        return {"code": self._page.codes.show_to_type(arguments["phone"])}

    def do_logout(self, _: Mapping[str, Any]) -> CallResult:
        self._page.unlink("user_initiated")
        return {"done": True}

    def do_refresh_qr(self, _: Mapping[str, Any]) -> CallResult:
        self._page.codes.refresh()
        return {}

    def do_ask_server(self, _: Mapping[str, Any]) -> CallResult:
        return {"answered": self._page.is_connected}

    def do_login_items(self, _: Mapping[str, Any]) -> CallResult:
        return {"items": login_items(self._profile)}

    def do_check_number(self, arguments: Mapping[str, Any]) -> CallResult:
        phone = self._find(arguments["phone"])
        if phone is None:
            return {"valid": False, "wid": None, "phone": None, "isBusiness": False}
        return {
            "valid": True,
            "wid": f"{phone.number}@c.us",
            "phone": phone.number,
            "isBusiness": phone.is_business,
        }

    def do_contacts(self, arguments: Mapping[str, Any]) -> CallResult:
        return self._lists.contacts(arguments)

    def do_chats(self, arguments: Mapping[str, Any]) -> CallResult:
        return self._lists.chats(arguments)

    def do_chat_messages(self, arguments: Mapping[str, Any]) -> CallResult:
        return self._lists.messages(arguments)

    def do_upload(self, arguments: Mapping[str, Any]) -> CallResult:
        return self._blobs.keep(Path(arguments["path"]).read_bytes(), {})

    def do_download_media(self, arguments: Mapping[str, Any]) -> CallResult:
        for message in self._profile.received:
            known = message["messageId"]
            if arguments["messageId"] in {known, message["id"]} and known in self._profile.media:
                if (message.get("size") or 0) > arguments["limit"]:
                    raise Rejected("too_large")
                kept = self._blobs.keep(self._profile.media[known], message)
                return {**kept, "id": message["id"], "chats": [message["chatId"]]}
        raise Rejected("media_gone")

    def do_blob_read(self, arguments: Mapping[str, Any]) -> CallResult:
        data = self._blobs.bytes_of(arguments["blob"])
        part = data[arguments["offset"] : arguments["offset"] + arguments["length"]]
        return {"data": base64.b64encode(part).decode()}

    def do_blob_end(self, arguments: Mapping[str, Any]) -> CallResult:
        self._blobs.end(arguments["blob"])
        return {}

    def _send_kind(self, function: str, arguments: Mapping[str, Any]) -> CallResult:
        type_, shown = SHOWN[function]
        return self._send(arguments, "", {"type": type_, **shown(arguments)})

    def _act(
        self, type_: str, arguments: Mapping[str, Any], *, for_everyone: bool = True, **shown: str
    ) -> CallResult:
        """It travels as a message does, to its target's chat."""
        if arguments["id"] in self._answers:
            return self._answers[arguments["id"]]
        self._require_connection()
        target = meant(self._profile, arguments["messageId"])
        more = {"type": type_, "target": target.id, **shown}
        return self._hand_over(arguments["id"], target.chat, "", more, travels=for_everyone)

    def _send(self, arguments: Mapping[str, Any], text: str, more: Mapping[str, Any]) -> CallResult:
        if arguments["id"] in self._answers:
            return self._answers[arguments["id"]]
        if self._page.rejection is not None:
            raise Rejected(self._page.rejection)
        to = self._chat(arguments["to"])
        if arguments.get("knownOnly") and self._is_new(to):
            raise Rejected("new_contact")
        if limit := self._limit(to, arguments):
            raise Rejected(limit, self._page.limits.end_of(limit))
        return self._hand_over(arguments["id"], to, text, more)

    def _limit(self, to: str, arguments: Mapping[str, Any]) -> str | None:
        """The word of what keeps from a new contact: known to the page, or to the daemon."""
        if not self._is_new(to):
            return None
        return self._page.limits.refusal(self._page.now()) or next(iter(arguments.get("limits") or ()), None)

    def _is_new(self, to: str) -> bool:
        return not to.endswith("@g.us") and not self._has_written(to)

    def _was_written_to(self, to: str) -> bool:
        return any(sent["to"] == to and sent["ack"] >= 1 for sent in self._profile.sent.values())

    def _hand_over(
        self, message_id: str, to: str, text: str, more: Mapping[str, Any], *, travels: bool = True
    ) -> CallResult:
        history = {"isNew": self._is_new(to), "writtenTo": self._was_written_to(to)}
        # wa-js does not refuse an id that an earlier page has sent: it is sent twice.
        self._profile.sent[message_id] = {
            "to": to,
            "ack": 0,
            "arrived": not travels,
            "failed": False,
            "text": text,
            "more": dict(more),
            "at": self._page.now(),
        }
        self._page.traffic.hand_over(message_id)
        answer = {"to": to, "messageId": f"true_{to}_{message_id}", "ack": 0} | history
        self._answers[message_id] = answer
        return answer

    def _chat(self, to: str) -> str:
        if not self._page.facts.authenticated:
            raise Rejected("failed")
        if to.endswith(("@g.us", "@lid")):
            return to
        phone = self._find(to)
        if phone is None:
            raise Rejected("not_on_whatsapp")
        return f"{phone.number}@c.us"

    def _has_written(self, chat: str) -> bool:
        return chat in {message["from"] for message in self._profile.received}

    def _find(self, typed: str) -> Phone | None:
        """Who has written is in the chats; of anybody else, WhatsApp's server is asked."""
        phone = self._world.find(typed.partition("@")[0])
        if phone is None or not self._has_written(f"{phone.number}@c.us"):
            self._require_connection()
        return phone

    def _require_connection(self) -> None:
        if not self._page.is_connected:
            raise Rejected("could_not_look")
