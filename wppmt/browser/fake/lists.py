"""Long lists of the fake's page, a part at a time: each walk shows what was there at its start."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Any

from wppmt.browser.fake.world import FakeProfile, FakeWhatsApp
from wppmt.domain.chats import kind_of

Json = dict[str, Any]


class WalkEnded(Exception):
    """An earlier page began it."""


class FakeLists:
    """The account's chats and people, by the page's names and shapes."""

    def __init__(self, world: FakeWhatsApp, profile: FakeProfile) -> None:
        self._world = world
        self._profile = profile
        self._walks: dict[str, list[Json]] = {}
        self._numbers = count(1)

    def contacts(self, asked: Mapping[str, Any]) -> Json:
        """Everybody of this little world but the account itself."""

        def rows() -> Iterable[Json]:
            for number in sorted(set(self._world.phones) - {self._profile.login}):
                phone = self._world.phones[number]
                if asked["scope"] == "all" or phone.is_saved:
                    yield {
                        "id": f"{number}@c.us",
                        "phone": number,
                        "name": phone.name,
                        "pushname": phone.name,
                        "isBusiness": phone.is_business,
                        "savedContact": phone.is_saved,
                    }

        return self._walk(asked, rows)

    def chats(self, asked: Mapping[str, Any]) -> Json:
        """Of received messages only; the fake reads none of them."""
        newest = {
            one["chatId"]: one for one in self._profile.received if kind_of(one["chatId"]) in {"", "groups"}
        }

        def rows() -> Iterable[Json]:
            for chat, last in sorted(newest.items(), key=lambda item: -item[1]["timestamp"]):
                is_group = last["isGroupMsg"]
                yield {
                    "chatId": chat,
                    "chatNames": last["chatNames"],
                    "name": None if is_group else last["sender"]["name"],
                    "phone": None if is_group else last["sender"]["phone"],
                    "isGroup": is_group,
                    "unread": sum(one["chatId"] == chat for one in self._profile.received),
                    "archived": False,
                    "pinned": False,
                    "mutedUntil": 0,
                    "labels": [],
                    "lastMessage": {**last, "ack": 0},
                }

        return self._walk(asked, rows)

    def messages(self, asked: Mapping[str, Any]) -> Json:
        """Received ones, newest first."""
        found = [one for one in reversed(self._profile.received) if one["chatId"] == asked["chatId"]]
        ids = [one["messageId"] for one in found]
        start = ids.index(asked["before"]) + 1 if asked["before"] in ids else 0
        rows = [{**one, "ack": 0} for one in found[start : start + asked["limit"]]]
        more = start + asked["limit"] < len(found)
        return {"rows": rows, "nextCursor": rows[-1]["messageId"] if more else None}

    def _walk(self, asked: Mapping[str, Any], rows: Callable[[], Iterable[Json]]) -> Json:
        name, _, at = (asked["cursor"] or f"{next(self._numbers)}.0").partition(".")
        if not asked["cursor"]:
            self._walks[name] = list(rows())
        if name not in self._walks:
            raise WalkEnded
        all_rows, end = self._walks[name], int(at) + asked["limit"]
        return {
            "rows": all_rows[int(at) : end],
            "total": len(all_rows),
            "nextCursor": f"{name}.{end}" if end < len(all_rows) else None,
        }
