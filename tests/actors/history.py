"""What was seen of one run from outside, and the promises that it must keep: judged from this alone.

The invariants are those of the reliability policy: one browser per login, attempts without end while wanted and none
when not, legal states with the right `previousStatus`, one error per ten failures, no event lost or changed, no
message sent twice or forgotten, gap-free sequences.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from tests.actors.gateway import Logged, Pending, Posted
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.reconnect_delay import FAILURES_BEFORE_ERROR
from wppmt.domain.sends import Sent
from wppmt.domain.states import TABLE
from wppmt.webhook.classify import Answered

SURELY_NOT_DONE = {code for code in Code if code is not Code.OUTCOME_UNKNOWN}
SETTLED = {"failed", "unknown"}
LEGAL = {(before.value, after.value) for before, row in TABLE.items() for after in row.values()}
SLACK = 0.5
PROMPT_SECONDS = 6.0
"""From an event, whose time is told in whole seconds, to a receiver that is well; a hung turn may lie in between."""
AWAY_SECONDS = 3.0
"""At most, for each death of the daemon."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request and what became of it; `subject` is a send's unique text."""

    at: float
    session_id: str
    verb: str
    reply: Pending
    subject: str = ""

    @property
    def outcome(self) -> Any:
        return self.reply.answers[0] if self.reply.answers else None

    @property
    def was_refused(self) -> bool:
        return isinstance(self.outcome, Refusal) and self.outcome.code in SURELY_NOT_DONE


@dataclass(slots=True)
class History:
    asked: list[Asked] = field(default_factory=list)
    faults: list[tuple[float, str, str]] = field(default_factory=list)
    """When, what, to whom."""
    disk: list[tuple[float, bool]] = field(default_factory=list)
    """When the store's disk began to fill, and when it was freed (False)."""
    openings: list[tuple[float, str]] = field(default_factory=list)
    """When a browser of which session was started."""
    doubles: list[tuple[float, str]] = field(default_factory=list)
    """When a browser was started beside one of the same daemon."""
    written: list[tuple[str, str]] = field(default_factory=list)
    """Session and id of what people wrote to it."""
    logs: list[Logged] = field(default_factory=list)
    posts: list[Posted] = field(default_factory=list)
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """The whole log of each session."""
    inboxes: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """What arrived at the phones of others."""
    acknowledged: set[str] = field(default_factory=set)
    """Ids of sends that a page knows WhatsApp's server to have."""
    has_own_receiver: set[str] = field(default_factory=set)
    """Sessions whose receiver is always well."""
    pending: int = 0
    dead: set[str] = field(default_factory=set)
    """Event ids."""
    states: dict[str, tuple[str, str]] = field(default_factory=dict)
    """State and reason code of each session at the end."""

    def violations(self) -> list[str]:
        """Empty when all promises were kept."""
        return [line for judge in JUDGES for line in judge(self)]

    def was_full(self, begin: float, end: float) -> bool:
        """At any moment between."""
        earlier = [is_full for at, is_full in self.disk if at <= begin]
        return (bool(earlier) and earlier[-1]) or any(
            is_full for at, is_full in self.disk if begin < at <= end
        )


def one_browser_per_login(history: History) -> Iterator[str]:
    for at, session_id in history.doubles:
        yield f"I1: two browsers of {session_id} at {at:.3f}"


def back_again(history: History) -> Iterator[str]:
    """I3, seen from its end: when all troubles are over and everyone was asked to start, everyone is connected."""
    for session_id, (state, reason) in history.states.items():
        if state != "connected" and reason != "TOKEN_CORRUPT":
            yield f"I3: {session_id} ends in {state} ({reason})"


def stopped_stays_stopped(history: History) -> Iterator[str]:
    """I4: from the answer of a close or logout to the next start nothing is started."""
    for asked in history.asked:
        if (
            asked.verb not in {"close", "logout"}
            or asked.outcome is None
            or isinstance(asked.outcome, Refusal)
        ):
            continue
        closed_at = asked.reply.answered_at
        again = [
            other.at
            for other in history.asked
            if other.session_id == asked.session_id and other.verb != "close" and _is_open(other, closed_at)
        ]
        end = min(again, default=float("inf"))
        for at, session_id in history.openings:
            if session_id == asked.session_id and closed_at < at < end:
                yield f"I4: {session_id} was started at {at:.3f}, closed since {closed_at:.3f}"


def _is_open(asked: Asked, at: float) -> bool:
    """Could this request still start a browser after `at`?"""
    return asked.verb in {"start", "restart", "logout"} and (
        asked.at >= at or asked.reply.answered_at >= at - 60
    )


def attempts_keep_their_distance(history: History) -> Iterator[str]:
    """I5: 27 to 33 s after a failure, or at once where that was earned; people, new actors and room on the disk may come earlier."""
    interruptions = [(asked.at, asked.session_id) for asked in history.asked if asked.verb != "send"]
    interruptions += [
        (line.at, line.session_id or "") for line in history.logs if line.event == "actor_replaced"
    ]
    anew = [at for at, fault, _ in history.faults if fault == "kill_daemon"]
    anew += [line.at for line in history.logs if line.event == "disk_free"]
    for line in history.logs:
        if line.event != "browser_failed":
            continue
        delay = float(str(line.details["retrySeconds"]))
        if delay and not 27.0 <= delay <= 33.0:
            yield f"I5: {line.session_id} waits {delay} s"
        following = [at for at, name in history.openings if name == line.session_id and at > line.at]
        if not following:
            continue
        cut = [at for at, session_id in interruptions if session_id == line.session_id] + anew
        if (
            not any(line.at - 130 <= at <= following[0] for at in cut)
            and following[0] < line.at + delay - SLACK
        ):
            yield f"I5: {line.session_id} tried again {following[0] - line.at:.1f} s after a failure, not {delay}"


def one_error_per_ten_failures(history: History) -> Iterator[str]:
    """I6: counted here, by what else was seen: any way out of the trouble begins a new count."""
    for session_id in history.states:
        failures, told = 0, False
        for line in history.logs:
            if line.session_id != session_id:
                continue
            if line.event == "browser_failed":
                if failures >= FAILURES_BEFORE_ERROR and not told:
                    yield f"I6: {session_id} failed {failures} times at {line.at:.3f}, told nothing"
                failures += 1
            elif line.event == "connection_change" and line.details["status"] not in {
                "reconnecting",
                "error",
            }:
                failures, told = 0, False
            elif line.event == "error" and line.details["code"] == "RECONNECT_FAILED":
                if told or failures != FAILURES_BEFORE_ERROR:
                    yield f"I6: {session_id} told an error at {line.at:.3f} after {failures} failures"
                told = True


def an_attempt_fails_once(history: History) -> Iterator[str]:
    """Between two failures lies an attempt, or another actor."""
    daemons = [at for at, fault, _ in history.faults if fault == "kill_daemon"]
    for session_id in history.states:
        lines = [line for line in history.logs if line.session_id == session_id]
        failed = [line.at for line in lines if line.event == "browser_failed"]
        tried = [at for at, name in history.openings if name == session_id] + daemons
        tried += [line.at for line in lines if line.event == "actor_replaced"]
        for before, after in pairwise(failed):
            if not any(before <= at <= after for at in tried):
                yield f"I5: {session_id} failed at {before:.3f} and {after:.3f} without an attempt between"


def who_is_well_is_left_alone(history: History) -> Iterator[str]:
    """A connected session's browser is given up only if something has befallen it since it was opened."""
    for session_id in history.states:
        opened = [at for at, name in history.openings if name == session_id]
        struck = [at for at, _, whom in history.faults if whom in {session_id, ""}]
        is_connected = False
        for line in history.logs:
            if line.session_id != session_id:
                continue
            if line.event == "connection_change":
                is_connected = line.details["status"] == "connected"
            elif line.event in {"hibernating", "awake"}:
                is_connected = line.event == "awake"
            elif line.event == "browser_failed" and is_connected:
                since = max((at for at in opened if at < line.at), default=0.0)
                if not any(since <= at <= line.at for at in struck):
                    yield f"I2: {session_id} was well and was given up at {line.at:.3f}: {line.details['reasonCode']}"


def states_are_a_chain(history: History) -> Iterator[str]:
    for session_id, events in history.events.items():
        before = "disconnected"
        for event in events:
            if event["event"] != "connection_change":
                continue
            step = (event["previousStatus"], event["status"])
            if step[0] != before or step not in LEGAL or step[0] == step[1]:
                yield f"I7: {session_id} went {step} when {before}"
            before = event["status"]
        if session_id in history.states and before != history.states[session_id][0]:
            yield f"I7: {session_id} is {history.states[session_id][0]}, told {before}"


def sequences_have_no_gaps(history: History) -> Iterator[str]:
    for session_id, events in history.events.items():
        sequences = [event["sequence"] for event in events]
        if sequences != list(range(1, len(sequences) + 1)):
            yield f"sequence: {session_id} has {sequences}"
    ids = Counter(event["id"] for events in history.events.values() for event in events)
    yield from (f"event {event_id} is there {times} times" for event_id, times in ids.items() if times > 1)


def every_event_is_delivered(history: History) -> Iterator[str]:
    """I12: created = delivered + dead + pending, and at the end nothing is pending."""
    logged = {event["id"]: event for events in history.events.values() for event in events}
    delivered: set[str] = set()
    for post in history.posts:
        if post.id not in logged:
            yield f"I12: {post.name} {post.id} was posted and is in no log"
        elif post.fields != logged[post.id]:
            yield f"I12: {post.name} {post.id} was posted with another body"
        if isinstance(post.outcome, Answered) and post.outcome.status == 200:
            delivered.add(post.id)
    for event_id, event in logged.items():
        if event_id not in delivered | history.dead and event["event"] != "qr_code":
            yield f"I12: {event['event']} {event_id} was never delivered"
    if history.pending:
        yield f"I12: {history.pending} are pending"


def nobody_waits_for_the_receiver_of_another(history: History) -> Iterator[str]:
    first: dict[str, Posted] = {}
    for post in history.posts:
        first.setdefault(post.id, post)
    for post in first.values():
        if post.session_id in history.has_own_receiver:
            happened = datetime.fromisoformat(post.fields["timestamp"]).timestamp()
            # With a full disk new attempts stop: what came of them could not be written down.
            deaths = [
                at for at, fault, _ in history.faults if fault == "kill_daemon" and happened <= at <= post.at
            ]
            patience = PROMPT_SECONDS + AWAY_SECONDS * len(deaths)
            if post.at - happened > patience and not history.was_full(happened, post.at):
                yield f"I2: {post.name} {post.id} was posted {post.at - happened:.1f} s late"


def written_is_received_once(history: History) -> Iterator[str]:
    """Exactly once; where a login ended, with it what lay in its chats, at most once."""
    ended = _ended_logins(history)
    for session_id, message_id in history.written:
        times = sum(
            event["event"] == "message_received" and event["message"]["id"] == message_id
            for event in history.events.get(session_id, [])
        )
        if times > 1:
            yield f"inbound: {message_id} was told {times} times to {session_id}"
        if times == 0 and session_id not in ended:
            yield f"inbound: {message_id} was never told to {session_id}"


def _ended_logins(history: History) -> set[str]:
    """Sessions whose login was ended on the phone or by a logout."""
    unlinked = {session_id for _, fault, session_id in history.faults if fault == "unlink"}
    return unlinked | {asked.session_id for asked in history.asked if asked.verb == "logout"}


def sends_happen_once(history: History) -> Iterator[str]:
    arrivals = [message for messages in history.inboxes.values() for message in messages]
    times = Counter(message["id"] for message in arrivals)
    texts = Counter(message["body"] for message in arrivals)
    yield from (f"send: {message_id} arrived {n} times" for message_id, n in times.items() if n > 1)
    yield from (f"send: {text} arrived {n} times" for text, n in texts.items() if n > 1)
    for asked in history.asked:
        if asked.verb != "send":
            continue
        if asked.was_refused and texts[asked.subject]:
            yield f"send: {asked.subject} was refused ({asked.outcome.code}) and arrived"
        if isinstance(asked.outcome, Sent) and not texts[asked.subject]:
            told = set(acks_of(history, asked.session_id, asked.outcome.id))
            if asked.outcome.ack >= 1 or not told & SETTLED:
                yield f"send: {asked.subject} was accepted, did not arrive, and was told {told or 'nothing'}"


def acks_of(history: History, session_id: str, message_id: str) -> list[str]:
    events = history.events.get(session_id, [])
    return [event["status"] for event in events if event.get("messageId") == message_id]


def acknowledgements_are_told(history: History) -> Iterator[str]:
    ended = _ended_logins(history)
    for asked in history.asked:
        if isinstance(asked.outcome, Sent) and asked.session_id not in ended:
            told = acks_of(history, asked.session_id, asked.outcome.id)
            if asked.outcome.id in history.acknowledged and not {"sent", "unknown"} & set(told):
                yield f"acks: {asked.subject} is acknowledged, told {told or 'nothing'}"


def acknowledgements_only_grow(history: History) -> Iterator[str]:
    order = ["failed", "unknown", "sent", "delivered", "read", "played"]
    for session_id, events in history.events.items():
        ids = {event["messageId"] for event in events if event["event"] == "message_ack"}
        for message_id in ids:
            told = [order.index(status) for status in acks_of(history, session_id, message_id)]
            if any(before >= after for before, after in pairwise(told)):
                yield f"acks: {message_id} was told {[order[rank] for rank in told]}"


def sends_keep_their_order(history: History) -> Iterator[str]:
    """Per session and recipient, as accepted; what was reported `unknown` may still come late."""
    for number, messages in history.inboxes.items():
        by_sender: dict[str, list[str]] = {}
        for message in messages:
            by_sender.setdefault(str(message["from"]), []).append(message["id"])
        unknown = {
            event["messageId"]
            for events in history.events.values()
            for event in events
            if event["event"] == "message_ack" and event["status"] in SETTLED
        }
        for sender, ids in by_sender.items():
            known = [message_id for message_id in ids if message_id not in unknown]
            if known != sorted(known):
                yield f"order: {number} got {known} from {sender}"


def no_actor_failed_by_itself(history: History) -> Iterator[str]:
    for line in history.logs:
        if line.event == "actor_failed" and line.details["handling"] != "Poison":
            yield f"bug: {line.details}"


def everyone_is_answered(history: History) -> Iterator[str]:
    lost = [at for at, fault, _ in history.faults if fault in {"kill_daemon", "poison", "stall"}]
    for asked in history.asked:
        if len(asked.reply.answers) > 1:
            yield f"{asked.verb} of {asked.session_id} was answered {len(asked.reply.answers)} times"
        if not asked.reply.answers and not any(at >= asked.at for at in lost) and not lost:
            yield f"{asked.verb} of {asked.session_id} at {asked.at:.3f} was never answered"


JUDGES = (
    one_browser_per_login,
    back_again,
    stopped_stays_stopped,
    attempts_keep_their_distance,
    one_error_per_ten_failures,
    an_attempt_fails_once,
    who_is_well_is_left_alone,
    states_are_a_chain,
    sequences_have_no_gaps,
    every_event_is_delivered,
    nobody_waits_for_the_receiver_of_another,
    written_is_received_once,
    sends_happen_once,
    acknowledgements_are_told,
    acknowledgements_only_grow,
    sends_keep_their_order,
    no_actor_failed_by_itself,
    everyone_is_answered,
)


def first_lines(lines: Iterable[str], count: int = 5) -> str:
    return "\n".join(list(lines)[:count])
