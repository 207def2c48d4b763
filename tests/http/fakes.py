"""The actors as the front sees them, in memory, with levers; and what else it is handed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from wppmt.domain import messages, move_messages, sends
from wppmt.domain.alerts import Alert
from wppmt.domain.contact_policy import OFF
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.hibernation import NEVER
from wppmt.domain.jobs import Job, JobStatus
from wppmt.domain.message_ids import parse_message_id
from wppmt.domain.page_queries import PageQuery, Question
from wppmt.domain.reasons import Reason
from wppmt.domain.shortages import Resource, Shortage, resource_limit
from wppmt.domain.states import State
from wppmt.media.received import ReceivedMediaFiles
from wppmt.store.operator_records import ApiKey, Attempt, AuditEntry
from wppmt.store.outbox_records import DeadLetterFilter, Delivery, SigningSecrets, WebhookCounts
from wppmt.store.records import (
    Desired,
    EventRecord,
    HistoryPoint,
    JournalEntry,
    LinkEnd,
    PairingLink,
    SessionRecord,
    SessionStatus,
)
from wppmt.webhook.classify import Answered, AttemptResult

BORN = 1_770_733_800.0
"""2026-02-10T14:30:00Z, a moment without fractions."""


class FakeFront:
    """Behaves like Root and the sessions; `asked` is what reached a mailbox."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.asked: list[tuple[str, object]] = []
        self.looked_up = 0
        self.ack = 1
        self.handed_at: float | None = None
        self.unlinks = True
        self.max_sessions = 10
        self.contacts: list[dict[str, Any]] = []
        self.told: dict[Question, dict[str, Any]] = {}
        """Lever: what the page answers to a question."""
        self.numbers: dict[str, str] = {}
        """A number as asked for → the number as WhatsApp knows it."""
        self.received: ReceivedMediaFiles | None = None
        self.media: dict[str, tuple[bytes, str, str | None]] = {}
        """Lever: what WhatsApp has under an id: content, type, name."""
        self.known: dict[str, sends.Sent] = {}
        """Lever: what was answered under an idempotency key before."""
        self.refusal: Refusal | None = None
        self.refused: dict[object, Refusal] = {}
        """Lever: a message that is refused, alone."""
        self.bug: Exception | None = None
        self.before_answer: Callable[[], Awaitable[None]] | None = None
        self.links: dict[str, PairingLink] = {}
        """By digest; the fake store shows the same."""
        self.records: dict[str, SessionRecord] = {}
        """Lever: what the fake store's registry has beside the sessions that run."""
        self._statuses: dict[str, SessionStatus] = {}
        self._sent = 0

    def has(self, session_id: str, state: State = State.CONNECTED, **changes: Any) -> SessionStatus:
        """Lever: let this session exist in this state; `changes` go into its record or its status."""
        known = self._statuses.get(session_id) or SessionStatus(SessionRecord(session_id, BORN, since=BORN))
        of_record = {name: value for name, value in changes.items() if hasattr(known.record, name)}
        of_status = {name: value for name, value in changes.items() if name not in of_record}
        record = replace(known.record, state=state, **of_record)
        self._statuses[session_id] = replace(known, record=record, **of_status)
        return self._statuses[session_id]

    def status(self, session_id: str) -> SessionStatus | None:
        self.looked_up += 1
        return self._statuses.get(session_id)

    def statuses(self) -> tuple[SessionStatus, ...]:
        return tuple(self._statuses[session_id] for session_id in sorted(self._statuses))

    async def ask(self, address: str, message: object, deadline: float) -> Any:
        assert deadline > 0
        if address.startswith("session:") and address.removeprefix("session:") not in self._statuses:
            raise Refusal(Code.SESSION_NOT_FOUND)
        if isinstance(message, sends.AnnounceMedia):
            return self._announced(address.removeprefix("session:"), message)
        self.asked.append((address, message))
        if self.before_answer:
            await self.before_answer()
        if self.bug:
            raise self.bug
        if refusal := self.refusal or self.refused.get(message):
            raise refusal
        if address.startswith("session:"):
            return self._answer_of_session(address.removeprefix("session:"), message)
        if address == messages.ALERT_ACTOR:
            assert message == messages.RotateAlertSecret()
            return "whsec_YWxlcnRhcw=="
        return self._answer_of_root(message)

    def _announced(self, session_id: str, message: sends.AnnounceMedia) -> sends.Sent | None:
        if self._statuses[session_id].record.state is not State.CONNECTED:
            raise Refusal(Code.NOT_CONNECTED, extra={"reconnectRequired": True})
        key = message.idempotency.key if message.idempotency else ""
        return self.known.get(key)

    def _answer_of_root(self, message: object) -> Any:  # noqa: PLR0912 - one case a message
        match message:
            case messages.StartSession():
                return self._start(message)
            case messages.RestartSession():
                if message.session_id not in self._statuses:
                    raise Refusal(Code.SESSION_NOT_FOUND)
                return self.has(message.session_id, State.INITIALIZING, reason=Reason.RESTARTED)
            case move_messages.TakeUp(session_id=session_id):
                self._statuses[session_id] = SessionStatus(self.records[session_id])
                return self._statuses[session_id]
            case messages.PurgeSession():
                self._statuses.pop(message.session_id)
                return messages.LoggedOut(self.unlinks)
            case messages.ReplayDeadLetters():
                return 3
            case messages.Describe():
                return messages.ActorTree(tuple(self._tree()))
            case messages.RestartCrashed(sessions=sessions):
                return self._restart_crashed(sessions)
            case messages.MakeLink():
                return self._make_link(message)
            case messages.OpenLink(digest=digest):
                link = self.links[digest]
                self.links[digest] = replace(link, opened_at=self.now())
                return self._statuses[link.session_id]
            case messages.RestoreLogin():
                if self._statuses[message.session_id].record.is_login_in_use:
                    raise Refusal(Code.LOGIN_NOT_CORRUPT)
                return self.has(message.session_id, State.INITIALIZING, reason=Reason.RESTARTED)
            case _:
                raise AssertionError(message)

    def _restart_crashed(self, sessions: frozenset[str] | None) -> messages.CrashedRestarted:
        found = [
            status.record
            for status in self.statuses()
            if status.record.state is State.ERROR and (sessions is None or status.record.id in sessions)
        ]
        corrupt = [record.id for record in found if record.reason is Reason.TOKEN_CORRUPT]
        return messages.CrashedRestarted(
            tuple(record.id for record in found if record.id not in corrupt),
            tuple((session_id, Reason.TOKEN_CORRUPT) for session_id in corrupt),
        )

    def _tree(self) -> Iterator[dict[str, Any]]:
        yield {"actor": "root", "children": len(self._statuses), "alert": None}
        for session_id in sorted(self._statuses):
            yield {"actor": f"session:{session_id}", "alive": True, "hung": False}

    def _look_at(self, session_id: str) -> bytes:
        if self._statuses[session_id].record.process is None:
            raise Refusal(Code.NOT_RUNNING)
        return b"\x89PNG of its page"

    def _answer_of_session(self, session_id: str, message: object) -> Any:  # noqa: PLR0912 - one case a message
        match message:
            case messages.CloseSession():
                return self.has(
                    session_id, State.DISCONNECTED, desired=Desired.STOPPED, reason=Reason.STOPPED
                )
            case messages.TakeScreenshot():
                return self._look_at(session_id)
            case messages.LogOut():
                self.has(session_id, State.DISCONNECTED, has_login=False)
                return messages.LoggedOut(self.unlinks)
            case messages.ResetLogin():
                if self._statuses[session_id].record.reason is not Reason.TOKEN_CORRUPT:
                    raise Refusal(Code.LOGIN_NOT_CORRUPT)
                return self.has(session_id, State.INITIALIZING, reason=Reason.STARTING)
            case messages.AskPairingCode(phone=phone):
                return self.has(session_id, State.WAITING_SCAN, pairing_phone=phone, pairing_code="ABCD-1234")
            case messages.RevokeLink():
                for digest, link in self.links.items():
                    self.links[digest] = replace(link, end=link.end or LinkEnd.REVOKED)
                return self._statuses[session_id]
            case messages.ConfigureSession():
                given = {
                    "description": message.description, "proxy": message.proxy, "engine": message.engine,
                    "ignore": message.ignore,
                }  # fmt: skip
                changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
                record = self._statuses[session_id].record
                if message.policy:
                    changes["contact_policy"] = message.policy.of(record.contact_policy or OFF)
                if message.hibernate:
                    changes["hibernate"] = None if message.hibernate == NEVER else message.hibernate
                return self.has(session_id, record.state, **changes)
            case messages.SetWebhook():
                self.has(
                    session_id, self._statuses[session_id].record.state,
                    webhook_url=message.url, webhook_events=message.events,
                )  # fmt: skip
                return messages.SessionWebhook(message.url, message.events, "whsec_bmV3")
            case messages.RotateWebhookSecret():
                record = self._statuses[session_id].record
                return messages.SessionWebhook(
                    record.webhook_url, record.webhook_events, "whsec_cm90YXRlZA=="
                )
            case sends.SendText() | sends.SendMedia() | sends.SendContent():
                return self._send(session_id, message)
            case PageQuery() | messages.CheckNumber() | messages.FetchMedia():
                return self._ask_page(session_id, message)
            case _:
                raise AssertionError(message)

    def _start(self, message: messages.StartSession) -> messages.Started:
        known = self._statuses.get(message.session_id)
        if known is None and len(self._statuses) >= self.max_sessions:
            raise resource_limit(Shortage(Resource.SESSIONS, len(self._statuses), self.max_sessions))
        wished = {
            "webhook_url": message.webhook_url, "description": message.description,
            "max_messages_per_day": message.max_messages_per_day, "webhook_events": message.events,
            "pairing_phone": message.pairing_phone, "engine": message.engine,
        }  # fmt: skip
        changes = {name: value for name, value in wished.items() if value is not None}
        state = known.record.state if known else State.INITIALIZING
        status = self.has(message.session_id, state, **changes)
        return messages.Started(
            known is None, status, "whsec_c3RhcnQ=" if message.webhook_url and not known else None
        )

    def _make_link(self, wish: messages.MakeLink) -> SessionStatus:
        record = self._statuses[wish.session_id].record
        if record.state is State.CONNECTED:
            raise Refusal(Code.ALREADY_CONNECTED)
        self.links[wish.digest] = PairingLink(
            wish.digest, wish.session_id, wish.expires_at, wish.expected_phone, wish.return_url
        )
        return self.has(wish.session_id, State.INITIALIZING)

    def _ask_page(self, session_id: str, message: object) -> Any:
        """What needs the page: refused unless connected."""
        if self._statuses[session_id].record.state is not State.CONNECTED:
            raise Refusal(Code.NOT_CONNECTED, extra={"reconnectRequired": True})
        match message:
            case PageQuery(question=Question.CONTACTS, arguments=asked):
                at = int(asked["cursor"].partition(".")[2] or 0)
                end = at + asked["limit"]
                following = f"w.{end}" if end < len(self.contacts) else None
                return {"rows": self.contacts[at:end], "total": len(self.contacts), "nextCursor": following}
            case PageQuery(question=question):
                return self.told[question]
            case messages.CheckNumber():
                resolved = self.numbers.get(message.phone)
                return messages.NumberCheck(resolved is not None, resolved, is_business=False)
            case messages.FetchMedia():
                if message.message_id not in self.media or self.received is None:
                    raise Refusal(Code.NOT_FOUND)
                content, mimetype, name = self.media[message.message_id]
                draft = self.received.draft(session_id)
                draft.write_bytes(content)
                known = parse_message_id(message.message_id)
                self.received.keep(draft, known.id, [known.chat], mimetype, name)
                return None
            case _:
                raise AssertionError(message)

    def _send(self, session_id: str, message: sends.Send) -> sends.Sent:
        if self._statuses[session_id].record.state is not State.CONNECTED:
            raise Refusal(Code.NOT_CONNECTED, extra={"reconnectRequired": True})
        self._sent += 1
        id_ = f"3EB0{self._sent:018X}"
        return sends.Sent(id_, message.to, self.ack, self.now(), message.reference, handed_at=self.handed_at)


@dataclass
class FakeStore:
    """The reads that the front makes."""

    events: dict[str, list[EventRecord]] = field(default_factory=dict)
    entries: dict[tuple[str, str], JournalEntry] = field(default_factory=dict)
    counts: WebhookCounts = field(default_factory=WebhookCounts)
    waiting: dict[str, float] = field(default_factory=dict)
    """Since when a session's oldest undelivered event waits."""
    dead: list[Delivery] = field(default_factory=list)
    signing: dict[str, SigningSecrets] = field(default_factory=dict)
    broken: Exception | None = None
    links: dict[str, PairingLink] = field(default_factory=dict)
    keys: list[ApiKey] = field(default_factory=list)
    tried: dict[tuple[str, str], list[Attempt]] = field(default_factory=dict)
    heard: Callable[[Collection[str]], None] | None = None
    audited: list[AuditEntry] = field(default_factory=list)
    records: dict[str, SessionRecord] = field(default_factory=dict)

    alerts: list[Alert] = field(default_factory=list)
    history: list[HistoryPoint] = field(default_factory=list)

    def firing_alerts(self) -> Sequence[Alert]:
        if self.broken:
            raise self.broken
        return [alert for alert in self.alerts if alert.is_firing]

    def ended_alerts(self, limit: int) -> Sequence[Alert]:
        return [alert for alert in reversed(self.alerts) if not alert.is_firing][:limit]

    def points(self, session_id: str, since: float) -> Sequence[HistoryPoint]:
        if self.broken:
            raise self.broken
        return [point for point in self.history if point.session_id == session_id and point.at >= since]

    def link(self, digest: str) -> PairingLink | None:
        return self.links.get(digest)

    @contextmanager
    def transaction(self) -> Iterator[FakeStore]:
        if self.broken:
            raise self.broken
        yield self

    def session(self, session_id: str) -> SessionRecord | None:
        return self.records.get(session_id)

    def save(self, record: SessionRecord) -> None:
        self.records[record.id] = record

    def audit(self, entry: AuditEntry) -> None:
        self.audited.append(replace(entry, id=len(self.audited) + 1))

    def audit_entries_after(
        self, after: int, limit: int, sessions: Collection[str] | None = None
    ) -> Sequence[AuditEntry]:
        found = [one for one in self.audited if one.id > after]
        return [one for one in found if sessions is None or one.session_id in sessions][:limit]

    def last_audit_entries(
        self, limit: int, sessions: Collection[str] | None = None, since: float = 0.0
    ) -> Sequence[AuditEntry]:
        found = [one for one in self.audited if one.at >= since]
        return [one for one in found if sessions is None or one.session_id in sessions][-limit:]

    def listen(self, heard: Callable[[Collection[str]], None] | None) -> None:
        self.heard = heard

    def last_event_number(self) -> int:
        return 0

    def events_of_all_after(
        self, number: int, limit: int, sessions: Collection[str] | None = None
    ) -> Sequence[tuple[int, EventRecord]]:
        return []

    def attempts(self, session_id: str, event_id: str) -> Sequence[Attempt] | None:
        return self.tried.get((session_id, event_id))

    def api_keys(self) -> Sequence[ApiKey]:
        return self.keys

    def secrets(self, session_id: str) -> SigningSecrets | None:
        return self.signing.get(session_id)

    def waiting_since(self) -> dict[str, float]:
        return self.waiting

    def webhook_counts(self, session_id: str | None = None) -> WebhookCounts:
        if self.broken:
            raise self.broken
        return self.counts

    def dead_letters(self, which: DeadLetterFilter, after: int = 0, limit: int = 100) -> Sequence[Delivery]:
        return [d for d in self.dead if d.event.session_id == which.session_id and d.number > after][:limit]

    def count_dead_letters(self, which: DeadLetterFilter, most: int | None = None) -> int:
        return len(self.dead_letters(which, limit=10_000))

    def events_after(self, session_id: str, sequence: int, limit: int) -> Sequence[EventRecord]:
        return [e for e in self.events.get(session_id, []) if e.sequence > sequence][:limit]

    def last_sequence(self, session_id: str) -> int:
        return max((event.sequence for event in self.events.get(session_id, [])), default=0)

    def message(self, session_id: str, message_id: str) -> JournalEntry | None:
        return self.entries.get((session_id, message_id))


@dataclass
class FakeReceiver:
    """TurboZap's endpoint, for the one who tries it out."""

    outcome: AttemptResult = field(default_factory=lambda: Answered(200))
    took: list[tuple[Delivery, int, SigningSecrets | None]] = field(default_factory=list)
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared: whoever posts waits."""
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __post_init__(self) -> None:
        self.answers.set()

    async def post(self, delivery: Delivery, attempt: int, secrets: SigningSecrets | None) -> AttemptResult:
        async with self._news:
            self.took.append((delivery, attempt, secrets))
            self._news.notify_all()
        await self.answers.wait()
        return self.outcome

    async def has_taken(self, count: int) -> None:
        async with asyncio.timeout(5), self._news:
            await self._news.wait_for(lambda: len(self.took) == count)


@dataclass
class FakeLog:
    """Keeps every line."""

    lines: list[dict[str, Any]] = field(default_factory=list)

    def __call__(
        self, event: str, session_id: str | None = None, /, *, level: str = "info", **details: object
    ) -> None:
        self.lines.append({"level": level, "event": event, "sessionId": session_id, "details": details})


async def check_target(url: str) -> None:
    """The egress guard, as strict as needed here."""
    if "127.0.0.1" in url or not url.startswith(("http://", "https://")):
        raise Refusal(Code.TARGET_REFUSED)


class FakeArchives:
    """Jobs are done as soon as they are begun."""

    def __init__(self) -> None:
        self.refusal: Refusal | None = None
        self.received = b""
        self.arrives = "restored"
        """Lever: whose archive it is that comes."""
        self.jobs: dict[str, Job] = {}

    def back_up(self, session_id: str) -> Job:
        return self._done(session_id, f"/backups/{session_id}.wppmt")

    async def restore(self, content: AsyncIterator[bytes]) -> Job:
        self.received = b"".join([chunk async for chunk in content])
        return self._done(self.arrives, None)

    def job(self, job_id: str) -> Job | None:
        return self.jobs.get(job_id)

    def _done(self, session_id: str, file: str | None) -> Job:
        if self.refusal:
            raise self.refusal
        job = Job(f"job_{len(self.jobs) + 1}", session_id, JobStatus.DONE, file)
        self.jobs[job.id] = job
        return job
