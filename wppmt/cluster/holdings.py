"""The sessions' keys as etcd has them, kept up to date by what it tells and by what was committed here. No input or output."""

from __future__ import annotations

from collections.abc import Iterable

from wppmt.cluster import keys
from wppmt.cluster.etcd import Change, CreateRevision, Delete, Entry, Snapshot
from wppmt.cluster.ownership import Held, Transaction


class Holdings:
    """Changed in one thread, asked in any: each key's entry is exchanged as a whole."""

    def __init__(self) -> None:
        self.is_known = False
        """Whether etcd has ever told anything."""
        self._entries: dict[str, Entry] = {}
        self._committed: dict[str, tuple[int, Entry | None]] = {}
        """What was committed here, which a watch tells later."""
        self._seen = 0
        """The last revision that etcd has told of."""

    def of(self, session_id: str) -> Held:
        return Held(self._entries.get(keys.owner(session_id)), self._entries.get(keys.home(session_id)))

    def reset(self, snapshot: Snapshot) -> None:
        """It may be older than the last commit."""
        entries = {entry.key: entry for entry in snapshot.entries if entry.key.startswith(keys.SESSIONS)}
        self._committed = {key: done for key, done in self._committed.items() if done[0] > snapshot.revision}
        for key, (_, entry) in self._committed.items():
            _put(entries, key, entry)
        self._entries, self.is_known, self._seen = entries, True, snapshot.revision

    def apply(self, changes: Iterable[Change]) -> None:
        for change in changes:
            self._seen = max(self._seen, change.revision)
            done = self._committed.get(change.key)
            if not change.key.startswith(keys.SESSIONS) or (done and change.revision < done[0]):
                continue
            self._committed.pop(change.key, None)
            _put(self._entries, change.key, change.entry)

    def committed(self, transaction: Transaction, revision: int) -> None:
        """It has succeeded."""
        if revision <= self._seen:
            # A watch was faster, and may have told what came after.
            return
        new = {one.key for one in transaction.compares if isinstance(one, CreateRevision) and one.is_ == 0}
        for operation in transaction.operations:
            former = None if operation.key in new else self._entries.get(operation.key)
            entry = None
            if not isinstance(operation, Delete):
                created = former.create_revision if former else revision
                entry = Entry(operation.key, operation.value, created, revision, operation.lease)
            self._committed[operation.key] = revision, entry
            _put(self._entries, operation.key, entry)


def _put(entries: dict[str, Entry], key: str, entry: Entry | None) -> None:
    if entry is None:
        entries.pop(key, None)
    else:
        entries[key] = entry
