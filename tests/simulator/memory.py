"""The pure parts of the simulator on records in memory instead of SQLite, so that a restart costs nothing."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

from wppmt.simulator.accounts import Accounts
from wppmt.simulator.groups import Groups
from wppmt.simulator.routing import Draft, Switchboard
from wppmt.simulator.storage import Changes


class MemoryServer:
    """Accounts and switchboard; ``restart`` forgets everything that was not committed."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], str] = {}
        self._tokens = itertools.count()
        self._ids = itertools.count()
        self.restart()

    def restart(self) -> None:
        self._changes = Changes()
        self.accounts = Accounts(self._changes, lambda: f"token {next(self._tokens)}")
        self.groups = Groups(self._changes, self.accounts, lambda: f"code {next(self._tokens)}")
        self.switchboard = Switchboard(self._changes, self.accounts, self.groups)
        self.accounts.restore(self._load)
        self.groups.restore(self._load)
        self.switchboard.restore(self._load)

    def commit(self) -> None:
        for key, value in self._changes.drain().items():
            if value is None:
                self._rows.pop(key, None)
            else:
                self._rows[key] = value

    def link(self, phone: str) -> str:
        return self.accounts.confirm_device(self.accounts.add_device(phone, now=0).id).id

    def draft(self, to: str, body: str = "olá", message_id: str | None = None) -> Draft:
        return Draft(id=message_id or f"3A{next(self._ids)}", to=to, t=0, body=body)

    def _load(self, table: str) -> Iterator[Any]:
        return (json.loads(value) for (kind, _), value in self._rows.items() if kind == table)
