"""The interface of the durable store: what is kept, and the transactions that change it.

Records are plain frozen values; the caller computes the next one and saves it. Times are epoch seconds (float).
Every method may raise StoreUnavailable (disk full, I/O error): then nothing of the transaction happened.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from wppmt.domain.alerts import Alert
from wppmt.store.move_records import MovesRead, MovesWritten
from wppmt.store.operator_records import ApiKey, Attempt, AuditEntry
from wppmt.store.outbox_records import (
    Backlog,
    DeadLetterFilter,
    DeadLetterOrder,
    Delivery,
    DeliveryState,
    Lane,
    LaneTip,
    SigningSecrets,
    Trimmed,
    WebhookCounts,
)
from wppmt.store.records import (
    EventDraft,
    EventRecord,
    HistoryPoint,
    JournalEntry,
    PairingLink,
    SessionRecord,
)

STORE_RETRY_SECONDS = 1.0
"""After a refusal, how long to wait before the store is tried again."""


class StoreUnavailable(Exception):
    """The store cannot read or commit right now; nothing was changed."""


class Transaction(MovesWritten, Protocol):
    """Changes that happen together or not at all; durable when the `with` block ends."""

    def save(self, record: SessionRecord) -> None:
        """Insert or replace the registry row."""

    def record(self, session_id: str, draft: EventDraft) -> EventRecord:
        """Append to the session's event log with the next sequence number, and to the outbox if it has an endpoint.

        A `qr_code` event, and a `connection_change` away from the code, takes undelivered older codes of its session
        out of the outbox, dead ones too (not out of the log).
        An event for an endpoint that answered 410 becomes a dead letter at once.
        """

    def journal(self, entry: JournalEntry) -> None:
        """Insert or replace."""

    def remember_received(self, session_id: str, message_id: str, at: float) -> bool:
        """False when this message id was received before: an event that is read again must not be recorded twice."""

    def chat_key(self, session_id: str, names: Sequence[str]) -> str:
        """One value for a chat or person for ever, by any of the names that WhatsApp calls it; the first is the first key.

        A name that was not known is from now on, with the others. `names` is not empty.
        """

    def want_media(self, session_id: str, message_id: str, at: float) -> None:
        """The received message's media is still to be brought from WhatsApp."""

    def settle_media(self, session_id: str, message_id: str) -> None:
        """The media is stored, or will never be."""

    def save_secrets(self, session_id: str, secrets: SigningSecrets) -> None: ...

    def save_link(self, link: PairingLink) -> None:
        """Insert or replace."""

    def save_alert(self, alert: Alert) -> None:
        """Insert, or replace the one of its cause that began at the same moment."""

    def save_api_key(self, key: ApiKey) -> None:
        """Insert or replace."""

    def delete_api_key(self, key_id: str) -> None: ...

    def audit(self, entry: AuditEntry) -> None:
        """Append; what `entry.id` says does not matter."""

    def dead_letter(self, lane: Lane, at: float, error: str) -> int:
        """Make the lane's pending deliveries dead letters; returns how many.

        For a webhook that was removed. A webhook that is merely changed leaves its deliveries their old address.
        """

    def stop_lane(self, lane: Lane, error: str) -> None:
        """The endpoint answered 410: later events are dead letters at once, until `resume_lanes`."""

    def resume_lanes(self, session_id: str) -> None:
        """The session's webhook was set anew: its endpoints get events again."""

    def forget(self, session_id: str) -> None:
        """Everything about the session: registry, events, outbox, journal, secrets (purge).

        Nothing of it can be read any more; most rows of a long history are deleted later, by `prune`.
        """


class Store(MovesRead, Protocol):
    """Thread-safe; calls take well under a millisecond, a commit about as long as one fsync."""

    def transaction(self) -> AbstractContextManager[Transaction]: ...

    def sessions(self) -> Sequence[SessionRecord]: ...

    def session(self, session_id: str) -> SessionRecord | None: ...

    def forgotten(self) -> Sequence[str]:
        """Sessions that were forgotten a while ago at most: until `prune` has deleted what is left of them."""

    def unfinished(self, session_id: str) -> Sequence[JournalEntry]:
        """Journal entries that are ACCEPTED or HANDED, oldest first."""

    def failed(self, session_id: str, since: float, limit: int) -> Sequence[JournalEntry]:
        """Messages accepted at `since` or later that are FAILED or UNKNOWN: the newest `limit`, in order."""

    def message(self, session_id: str, message_id: str) -> JournalEntry | None: ...

    def keyed(self, session_id: str, key: str, since: float) -> JournalEntry | None:
        """The message accepted under this idempotency key at `since` or later."""

    def contacts_since(self, session_id: str, since: float) -> frozenset[str]:
        """The new contacts (`JournalEntry.contact`) of messages that were handed over at `since` or later, or are still
        to be, and have not failed.
        """

    def wanted_media(self, session_id: str) -> Sequence[str]:
        """Messages whose media is still to be brought, oldest first."""

    def events_after(self, session_id: str, sequence: int, limit: int) -> Sequence[EventRecord]: ...

    def events_of_all_after(
        self, number: int, limit: int, sessions: Collection[str] | None = None
    ) -> Sequence[tuple[int, EventRecord]]:
        """Events of these sessions (None: of all), each with its number, in the order of their commits.

        Numbers are larger than `number`, grow, and are never used twice.
        """

    def events_named(
        self, session_id: str, names: Sequence[str], since: float, limit: int
    ) -> Sequence[EventRecord]:
        """The session's events of these names at `since` or later: the newest `limit`, in order."""

    def events_with(self, session_id: str, texts: Sequence[str]) -> Iterator[EventRecord]:
        """The session's events in whose body one of these stands, in order; others are served meanwhile."""

    def last_event_number(self) -> int:
        """The largest that was ever given to an event; 0: none was."""

    def listen(self, heard: Callable[[Collection[str]], None] | None) -> None:
        """Tell `heard`, after each commit that recorded events, of which sessions; in whichever thread. None: nobody."""

    def last_sequence(self, session_id: str) -> int:
        """Of the session's newest event; 0 when it never had one, or was forgotten since."""

    def secrets(self, session_id: str) -> SigningSecrets | None: ...

    def link(self, digest: str) -> PairingLink | None: ...

    def living_link(self, session_id: str) -> PairingLink | None:
        """The session's newest link that has not been ended; its time may be over."""

    def api_keys(self) -> Sequence[ApiKey]:
        """All, the oldest first; expired ones, too."""

    def note_key_uses(self, used: Mapping[str, float]) -> None:
        """When each of these keys, by id, was last used. A power cut may undo the last ones."""

    def audit_entries_after(
        self, after: int, limit: int, sessions: Collection[str] | None = None
    ) -> Sequence[AuditEntry]:
        """The audit trail behind this id, oldest first: of these sessions (None: all of it)."""

    def last_audit_entries(
        self, limit: int, sessions: Collection[str] | None = None, since: float = 0.0
    ) -> Sequence[AuditEntry]:
        """Its newest `limit` entries, oldest first, and none from before `since`."""

    def drop_audit(self, before: float) -> int:
        """Drop at most some hundred entries that are older; returns how many."""

    def lanes(self, after: int = 0) -> Sequence[LaneTip]:
        """The lanes with pending deliveries whose number is larger than `after`."""

    def first_attempt(self, lane: Lane, after: int = 0) -> Delivery | None:
        """The lane's next delivery that was never tried in this series, with a number larger than `after`."""

    def retry(
        self, lane: Lane, besides: Collection[int] = (), *, after: int = 0, horizon: float = float("inf")
    ) -> Delivery | None:
        """The lane's failed delivery whose next attempt is due first, be it due or not; not one of `besides`, and
        with a number larger than `after`.

        One that is due only after `horizon` comes first: the clock must have been set back.
        """

    def settle(self, deliveries: Sequence[Delivery], attempts: Sequence[Attempt] = ()) -> None:
        """Write back attempts, next_at, state, last_status and last_error, in one transaction, with what was tried.

        Survives the daemon's end; a power cut may undo the last ones, which are then attempted again.
        What was superseded or dead_lettered meanwhile stays so, unless it turns out delivered.
        """

    def attempts(self, session_id: str, event_id: str) -> Sequence[Attempt] | None:
        """To deliver this event, the newest hundred, in order; None: there is no such event. As long as the event is."""

    def attempts_of(self, session_id: str, event_ids: Sequence[str]) -> Sequence[Attempt]:
        """To deliver any of these events, in order."""

    def troubled(self, session_id: str, since: float, limit: int) -> Sequence[str]:
        """Events whose delivery failed at `since` or later: the newest `limit`."""

    def delivery_states(self, session_id: str, event_ids: Sequence[str]) -> Mapping[str, DeliveryState]:
        """What became of the delivery of each of these events; absent: there is none."""

    def dead_letters(self, which: DeadLetterFilter, after: int = 0, limit: int = 100) -> Sequence[Delivery]:
        """In order, with numbers larger than `after`."""

    def count_dead_letters(self, which: DeadLetterFilter, most: int | None = None) -> int:
        """`most`: further ones are not counted, which takes time by their number."""

    def dead_letter(self, batch: DeadLetterOrder, at: float, limit: int) -> int:
        """Make at most `limit` of these pending deliveries dead letters, in order; returns how many.

        Fewer than `limit`: there are no more.
        """

    def replay(self, which: DeadLetterFilter, at: float, endpoint: str = "", limit: int = 500) -> int:
        """Make at most `limit` of them pending again, in order, ids and bodies unchanged; returns how many.

        `endpoint` is where they go from now on; empty: where they went before. Tell the webhook actor OutboxGrew.
        """

    def webhook_counts(self, session_id: str | None = None) -> WebhookCounts:
        """Of one session, or of all sessions. Cheap whatever the number of rows."""

    def waiting_since(self) -> Mapping[str, float]:
        """Of each session with pending deliveries, when the oldest of their events happened."""

    def webhook_backlogs(self) -> Sequence[Backlog]:
        """Of every session that ever had an event; takes time by the number of pending deliveries."""

    def trim(self, most: int, at: float) -> Sequence[Trimmed]:
        """Take some hundred surplus deliveries from each session with more than `most` pending ones.

        First the oldest `qr_code` ones, which are dropped, then other events, which become dead letters; messages stay.
        """

    def prune(self, before: float, journal_before: float | None = None) -> int:
        """Drop events with their finished deliveries, received ids dead links older than `before`, and finished journal entries older than `journal_before` (absent: the same),
        and what is left of forgotten sessions.

        One call deletes at most some hundred rows of each kind, so that nobody waits for it, and returns how many;
        there may be more until it returns 0. Pending deliveries stay, however old.
        """

    def firing_alerts(self) -> Sequence[Alert]:
        """Oldest first."""

    def ended_alerts(self, limit: int) -> Sequence[Alert]:
        """The last ones, newest first; they are kept as long as events."""

    def keep_points(self, points: Sequence[HistoryPoint]) -> None:
        """Append to the sessions' history, in one transaction that a power cut may undo."""

    def points(self, session_id: str, since: float) -> Sequence[HistoryPoint]:
        """From `since` on, in order."""

    def drop_points(self, before: float, fine_before: float) -> int:
        """Drop what is older than `before`, and what is not coarse older than `fine_before`.

        One call drops some hundred and returns how many; there may be more until it returns 0.
        """

    def close(self) -> None: ...
