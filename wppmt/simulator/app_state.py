"""PURE: what an account's devices share of its settings: archived, pinned and muted chats, stars, labels, privacy …

WhatsApp keeps it as *app state*: a value under a collection and a key. The server does not look into the values.
"""

from collections.abc import Callable, Iterable
from typing import Any

from wppmt.simulator.accounts import Accounts
from wppmt.simulator.records import Json
from wppmt.simulator.storage import Changes

Values = dict[str, dict[str, Any]]


class AppState:
    """Every change is noted in ``changes`` for the storage."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._values: dict[str, Values] = {}

    def restore(self, load: Callable[[str], Iterable[Any]]) -> None:
        """Rebuilds everything from stored records; ``load`` gives a table's rows, oldest first."""
        for row in load("app_state"):
            self._collection(row["phone"], row["collection"])[row["key"]] = row["value"]

    def put(self, phone: str, collection: str, key: str, value: Any) -> None:
        """``None`` takes the value away."""
        values, row = self._collection(phone, collection), f"{phone}/{collection}/{key}"
        if value is None:
            values.pop(key, None)
            self._changes.delete("app_state", row)
            return
        values[key] = value
        record = {"phone": phone, "collection": collection, "key": key, "value": value}
        self._changes.put("app_state", row, record)

    def of(self, phone: str) -> Values:
        return self._values.get(phone, {})

    def labels(self, phone: str) -> list[Json]:
        """``[{id, name}]``: the labels of a business account, without its own lists."""
        labels = self.of(phone).get("label", {})
        return [{"id": key, "name": value["name"]} for key, value in labels.items()]

    def next_label(self, phone: str) -> str:
        return str(max((int(key) for key in self.of(phone).get("label", {})), default=0) + 1)

    def _collection(self, phone: str, collection: str) -> dict[str, Any]:
        return self._values.setdefault(phone, {}).setdefault(collection, {})


def status_readers(state: AppState, accounts: Accounts, phone: str) -> list[str]:
    """Who gets the status posts of ``phone``: all, unless its page has named or excepted some."""
    values = state.of(phone)

    def phones(wids: Iterable[str]) -> list[str]:
        return [account.phone for wid in wids if (account := accounts.find(wid))]

    named = values.get("statusParticipants", {}).get("list")
    readers = [account.phone for account in accounts.all()] if named is None else phones(named)
    setting = values.get("statusPrivacy", {}).get("setting", {"setting": "contact", "list": []})
    listed = phones(setting["list"])
    if setting["setting"] == "allow-list":
        return [reader for reader in readers if reader in listed]
    denied = listed if setting["setting"] == "deny-list" else []
    return [reader for reader in readers if reader not in denied]
