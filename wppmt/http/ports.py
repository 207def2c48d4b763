"""All that the front is handed by the composition root: values and callables, never an actor or the settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from enum import StrEnum
from secrets import token_urlsafe
from typing import Any, Protocol
from uuid import uuid4

from aiohttp import web

from wppmt.browser.port import Usage
from wppmt.domain.cluster import ALONE, ClusterShown
from wppmt.domain.contact_policy import ContactPolicy
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.figures import Figures
from wppmt.domain.jobs import Job
from wppmt.domain.log import WriteLog
from wppmt.domain.messages import Front
from wppmt.domain.moves import Arrived, Offer, Sender
from wppmt.domain.occurrences import Count, uncounted
from wppmt.domain.troubles import Trouble
from wppmt.explain.gather import ReadLog
from wppmt.http.pairing.policy import PairingPolicy
from wppmt.http.security.api_keys import PREFIX, Keyring
from wppmt.http.security.buckets import Brake, Buckets
from wppmt.http.security.grant import Grant
from wppmt.http.security.limits import RateLimiter
from wppmt.http.streaming.policy import StreamPolicy
from wppmt.media.fetch import MediaFiles
from wppmt.media.received import ReceivedMediaFiles
from wppmt.store.outbox_records import Delivery, SigningSecrets
from wppmt.store.port import Store
from wppmt.store.records import SessionRecord
from wppmt.webhook.classify import AttemptResult


class DaemonPhase(StrEnum):
    """Where the daemon is in its life; the value is what `/api/health` and `/readyz` say."""

    STARTING = "starting"
    READY = "ok"
    DRAINING = "draining"


CheckTarget = Callable[[str], Awaitable[None]]
"""Raises Refusal(TARGET_REFUSED) for an address that webhooks may not reach (their egress guard)."""

PostWebhook = Callable[[Delivery, int, SigningSecrets | None], Awaitable[AttemptResult]]
"""One attempt with its number, signed, within WEBHOOK_TIMEOUT; what came back. Never raises."""


class Grants(Protocol):
    async def grant(self, authorization: Sequence[str], now: float, /) -> Grant:
        """What these Authorization headers allow. Raises Refusal."""


class Archives(Protocol):
    """A session as one file. What takes longer than an answer is a job."""

    def back_up(self, session_id: str) -> Job:
        """Begun, or the one that runs for this session. Raises Refusal(NO_ARCHIVE_KEY)."""

    async def restore(self, content: AsyncIterator[bytes]) -> Job:
        """An archive, read to its end and looked at: whose it is, and whether it may come. `done` when the session is here.

        Raises Refusal(NO_ARCHIVE_KEY, ARCHIVE_REFUSED, SESSION_EXISTS, RESOURCE_LIMIT, STORE_UNAVAILABLE, DRAINING).
        """

    def job(self, job_id: str) -> Job | None:
        """Of the last ones that were begun since the daemon is up."""


class Moves(Protocol):
    """A session's way between two instances: its source's side, and its target's."""

    def begin(self, session_id: str, to: str, token: str) -> Job:
        """At the source. Raises Refusal(INVALID_REQUEST) for a URL that no session goes to."""

    async def check(self, session_id: str, offer: Offer) -> None:
        """At the target, as all that follows. Raises Refusal where it may not come."""

    async def accept(self, session_id: str, key: str, content: AsyncIterator[bytes], sender: Sender) -> None:
        """Its archive, checked whole, waits when this returns. Raises Refusal."""

    async def take(self, session_id: str, key: str) -> Arrived:
        """It is given away to us. Raises Refusal(NOT_FOUND) for another key; all that follow do."""

    def state(self, session_id: str, key: str) -> Arrived: ...

    async def drop(self, session_id: str, key: str) -> None:
        """It is not. Raises Refusal(SESSION_EXISTS) where it was taken."""


class Cluster(Protocol):
    """Several machines that share the sessions."""

    def claimed(self, session_id: str, *, restores: bool = False) -> AbstractAsyncContextManager[None]:
        """Within, this machine may make the session. Raises Refusal: NOT_OWNER with `owner`, CLUSTER_UNAVAILABLE, and
        SESSION_EXISTS where there should be one already, unless that is what is brought.
        """

    async def move(self, session_id: str, machine: str) -> Job:
        """A session of this machine's goes to another one. Raises Refusal: INVALID_REQUEST, SESSION_BUSY, CLUSTER_UNAVAILABLE."""

    async def drain(self, machine: str, *, wanted: bool) -> None:
        """Its sessions are to go, and none may come; or that is over. Raises Refusal: INVALID_REQUEST, CLUSTER_UNAVAILABLE."""

    def shown(self) -> ClusterShown:
        """As far as this machine knows, now."""


class Alone:
    """No cluster: whatever is here may be made here."""

    def claimed(self, _session_id: str, *, restores: bool = False) -> AbstractAsyncContextManager[None]:  # noqa: ARG002 - the port's
        return nullcontext()

    async def move(self, _session_id: str, _machine: str) -> Job:
        raise _no_cluster()

    async def drain(self, _machine: str, *, wanted: bool) -> None:  # noqa: ARG002 - the port's own name
        raise _no_cluster()

    def shown(self) -> ClusterShown:
        return ALONE


def _no_cluster() -> Refusal:
    problem = "este serviço não faz parte de um cluster (WPP_CLUSTER_ETCD)"
    return Refusal(Code.INVALID_REQUEST, details=[{"field": "machine", "problem": problem}])


@dataclass(frozen=True, slots=True)
class HttpPolicy:
    """The settings that answers depend on."""

    max_sessions: int
    send_deadline: float
    """Seconds within which WhatsApp's ack makes a send 200 (WPP_SEND_DEADLINE)."""
    close_deadline: float
    """Seconds within which a closed session's browser is surely gone."""
    default_webhook_url: str
    contact_policy: ContactPolicy
    """Of sessions that have none of their own."""
    base_url: str
    """Under which callers reach this API."""
    pairing: PairingPolicy
    streams: StreamPolicy
    bodies_bytes: int
    """Of requests' bodies in memory at once."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What handlers reach through `request.app[PORTS]`."""

    front: Front
    store: Store
    authenticator: Grants
    keyring: Keyring
    rate_limiter: RateLimiter
    check_target: CheckTarget
    post_webhook: PostWebhook
    media: MediaFiles
    received: ReceivedMediaFiles
    archives: Archives
    """Backups of sessions, and their way back."""
    moves: Moves
    """Sessions that go to other instances, or come from them."""
    require_here: Callable[[str], None]
    """Raises Refusal for a session of another instance (NOT_OWNER), or on its way (MOVING)."""
    phase: Callable[[], DaemonPhase]
    memory_mb: Callable[[], int | None]
    """Resident memory of the daemon and all its browsers."""
    daemon_memory_mb: Callable[[], int | None]
    """Of the daemon alone."""
    now: Callable[[], float]
    """Epoch seconds."""
    log: WriteLog
    version: str
    settings: HttpPolicy
    limits: Callable[[SessionRecord], Mapping[str, Any]]
    """WhatsApp's limits on new contacts and the session's own, as of now (wppmt.domain.stranger_gate)."""
    cluster: Cluster = field(default_factory=Alone)
    profile_mb: Callable[[str], int | None] = lambda _: None
    """Size of a session's profile folder; may read the disk."""
    usage: Callable[[str], Usage | None] = lambda _: None
    """What a session's cgroup has used, where it has one."""
    engine_flaw: Callable[[str, str], str] = lambda _, __: ""
    """Why this session's browser could not be opened by this engine, in Portuguese; empty: it could. Runs a program."""
    has_login_copy: Callable[[str], bool] = lambda _: False
    """Whether a good copy of the session's login could be restored; reads the disk."""
    waits_for_import: Callable[[str], bool] = lambda _: False
    """Whether `wppmt import` has put a profile in this session's place; reads the disk."""
    buckets: Buckets = field(default_factory=lambda: Buckets(0))
    """For what no session counts."""
    brake: Brake = field(default_factory=Brake)
    troubles: Callable[[], Sequence[Trouble]] = tuple
    """What keeps the service as a whole from its work, as far as the sessions' states do not show it."""
    count: Count = uncounted
    figures: Callable[[], Figures] = Figures
    """What the service measures of itself, as of now."""
    logged: ReadLog = lambda _session_id, _since: ()
    """What the log tells of a session; reads the disk."""
    metrics: Callable[[Callable[[str], bool]], bytes] = lambda _: b""
    """What Prometheus reads, of the sessions that may be seen; blocks."""
    new_id: Callable[[], str] = lambda: uuid4().hex
    new_key: Callable[[], str] = lambda: PREFIX + token_urlsafe(32)


PORTS = web.AppKey("ports", Ports)
REQUEST_ID = web.RequestKey("request_id", str)
