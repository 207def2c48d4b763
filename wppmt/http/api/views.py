"""Domain values as answers: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from wppmt.browser.port import Usage
from wppmt.domain.contact_policy import ContactPolicy
from wppmt.domain.figures import Figures
from wppmt.domain.hibernation import HibernationPlan
from wppmt.domain.reasons import sentence
from wppmt.domain.remedies import remedy
from wppmt.domain.states import State
from wppmt.domain.times import iso
from wppmt.http.api import qr
from wppmt.http.api.event_responses import DeadLetter
from wppmt.http.api.operator_responses import AdminSession, CgroupUsage, Deliveries, ServiceFigures
from wppmt.http.api.responses import (
    Abilities,
    AccountLimits,
    AlreadyConnected,
    Hibernate,
    HibernationState,
    MessageStatus,
    Policy,
    QrCode,
    QuietHours,
    SessionSettings,
    Status,
)
from wppmt.http.api.send_responses import JournalMessage
from wppmt.net import proxies
from wppmt.store.outbox_records import Delivery, WebhookCounts
from wppmt.store.records import ACK_STATUS, JournalEntry, SendState, SessionRecord, SessionStatus

ASLEEP = "WhatsApp já está conectado; a sessão hiberna e não precisa de QR Code"


def shown_webhook(own_url: str, default_url: str) -> str | None:
    """A session's webhook as its tenant may see it: the operator's own may carry a secret in its query."""
    return own_url or without_query(default_url) or None


def without_query(url: str) -> str:
    address, query, _ = url.partition("?")
    return address + ("?***" if query else "")


def status_of(status: SessionStatus, default_webhook_url: str, limits: Mapping[str, Any]) -> Status:
    """`limits`: as wppmt.domain.stranger_gate shows them."""
    return Status(**_status_fields(status, default_webhook_url, limits))


@dataclass(frozen=True, slots=True)
class Measures:
    """Of a session, beside what it publishes."""

    profile_mb: int | None
    usage: Usage | None
    webhooks: WebhookCounts
    webhook_lag: float | None
    """Seconds that the oldest undelivered event has waited."""


def admin_session_of(
    status: SessionStatus, default_webhook_url: str, limits: Mapping[str, Any], measures: Measures
) -> AdminSession:
    process, webhooks, lag = status.record.process, measures.webhooks, measures.webhook_lag
    return AdminSession(
        **_status_fields(status, default_webhook_url, limits),
        remedy=remedy(status.record.reason),
        desired=status.record.desired.value,
        pid=process.pid if process else None,
        profile_mb=measures.profile_mb,
        cgroup=CgroupUsage(**asdict(measures.usage)) if measures.usage else None,
        webhooks=Deliveries(pending=webhooks.pending, dead=webhooks.dead),
        webhook_lag_seconds=None if lag is None else max(0, int(lag)),
        last_error=status.last_error or None,
        outdated=status.outdated or None,
    )


def _status_fields(
    status: SessionStatus, default_webhook_url: str, limits: Mapping[str, Any]
) -> dict[str, Any]:
    record = status.record
    return {
        "session_id": record.id,
        "status": record.state,
        "phone": record.phone or None,
        "platform": record.platform or None,
        "connected_at": _iso_or_none(record.connected_at),
        "last_activity": _iso_or_none(record.last_activity),
        "messages_sent": record.messages_sent,
        "messages_received": record.messages_received,
        "description": record.description or None,
        "webhook_url": shown_webhook(record.webhook_url, default_webhook_url),
        "proxy": proxies.shown(record.proxy) or None,
        "engine": record.engine or None,
        "reason": sentence(record.reason, record.missing),
        "reason_code": record.reason,
        "restarts": record.restarts,
        "memory_mb": status.memory_mb,
        "since": iso(record.since),
        "created_at": iso(record.created_at),
        "pushname": record.pushname or None,
        "max_messages_per_day": record.max_messages_per_day,
        "queue": status.queue,
        "inbound_missed": record.inbound_missed,
        "abilities": abilities_of(status),
        "hibernation": _hibernation_of(record),
        "wa_js": status.inventory.wa_js or None,
        "login_saved": record.login_saved if record.has_login else None,
        "limits": AccountLimits.model_validate(limits),
    }


def figures_of(figures: Figures) -> ServiceFigures:
    sample, recent = figures.sample, figures.recent
    return ServiceFigures(
        memory_mb=sample.total_memory_mb,
        memory_limit_mb=figures.memory_limit_mb,
        cpu_percent=round(100 * sample.cpu_share, 1),
        wanted=figures.wanted,
        connected=figures.connected,
        hibernating=figures.hibernating,
        free_slots=figures.free_slots,
        memory_pressure_percent=figures.pressure_percent,
        requests=recent.requests,
        error_percent=round(100 * recent.error_rate, 1),
        response_seconds=round(recent.response_seconds, 3),
        webhooks_failed=recent.webhooks_failed,
        disk_free_mb=figures.disk_free_mb,
    )


def settings_of(record: SessionRecord, default_policy: ContactPolicy) -> SessionSettings:
    return SessionSettings(
        session_id=record.id,
        description=record.description or None,
        proxy=proxies.shown(record.proxy) or None,
        engine=record.engine or None,
        policy=_policy_of(record.contact_policy or default_policy),
        ignore=list(record.ignore),
        hibernate=_plan_of(record.hibernate) if record.hibernate else None,
    )


def _plan_of(plan: HibernationPlan) -> Hibernate:
    return Hibernate(
        idle_minutes=plan.idle_minutes,
        awake_from=plan.awake_from or None,
        awake_to=plan.awake_to or None,
        wake_hours=plan.wake_hours,
    )


def _hibernation_of(record: SessionRecord) -> HibernationState | None:
    if not record.is_hibernating:
        return None
    return HibernationState(since=iso(record.asleep_since), next_wake=iso(record.wake_at))


def _policy_of(policy: ContactPolicy) -> Policy:
    return Policy(
        new_contacts_per_day=policy.new_contacts_per_day,
        warm_up=policy.warm_up,
        stranger_gap_seconds=[policy.gap_min, policy.gap_max],
        quiet_hours=QuietHours(from_=policy.quiet_from, to=policy.quiet_to) if policy.quiet_from else None,
        time_zone=policy.time_zone,
    )


def abilities_of(status: SessionStatus) -> Abilities:
    """What can be done now: whatever its page has, only while it is connected. One that hibernates wakes for a send."""
    is_connected, found = status.record.state is State.CONNECTED, status.inventory
    hears = is_connected and not status.record.is_hibernating
    return Abilities(
        can_send=is_connected and found.can_send,
        can_receive=hears and found.can_receive,
        can_ack=is_connected and found.can_ack,
        can_send_media=is_connected and found.can_send_media,
    )


def message_of(entry: JournalEntry) -> JournalMessage:
    return JournalMessage(
        id=entry.id,
        session_id=entry.session_id,
        to=entry.to,
        type=entry.kind,
        status=_message_status(entry),
        ack=entry.ack,
        accepted_at=iso(entry.accepted_at),
        handed_at=_iso_or_none(entry.handed_at),
        acked_at=_iso_or_none(entry.acked_at),
        reference=entry.reference or None,
    )


def _message_status(entry: JournalEntry) -> MessageStatus:
    match entry.state:
        case SendState.UNKNOWN:
            return "unknown"
        case SendState.FAILED:
            return "failed"
        case SendState.ACCEPTED | SendState.HANDED | SendState.SENT:
            return cast("MessageStatus", ACK_STATUS.get(entry.ack, "failed"))


def dead_letter_of(delivery: Delivery, own_url: str) -> DeadLetter:
    """`own_url` is the session's; any other that a letter went to may have been the operator's."""
    return DeadLetter(
        id=delivery.event.id,
        event=delivery.event.name,
        sequence=delivery.event.sequence,
        timestamp=iso(delivery.event.at),
        url=delivery.endpoint if delivery.endpoint == own_url else without_query(delivery.endpoint),
        attempts=delivery.attempts,
        given_up_at=iso(delivery.next_at),
        last_status=delivery.last_status,
        last_error=delivery.last_error or None,
    )


def qr_code_of(status: SessionStatus) -> QrCode | AlreadyConnected:
    record = status.record
    if record.state is State.CONNECTED:
        said = ASLEEP if record.is_hibernating else AlreadyConnected.model_fields["message"].default
        return AlreadyConnected(
            session_id=record.id, status=record.state, message=said, phone=record.phone or None
        )
    code = status.qr if record.state is State.WAITING_SCAN else None
    return QrCode(
        session_id=record.id,
        status=record.state,
        qr_code=qr.data_url(code.text) if code else None,
        expires_at=iso(code.expires_at) if code else None,
        pairing_code=status.pairing_code or None,
        reason=None if code else sentence(record.reason, record.missing),
    )


def _iso_or_none(epoch: float | None) -> str | None:
    return None if epoch is None else iso(epoch)
