"""When something is wrong, by what was seen at one moment: one rule for each alert. Pure; how long it lasts is for Courses.

A rule says of a cause that it is there (Finding), that nobody can tell now (Unsure: an alert neither begins nor ends), or
that a more specific alert tells of it (Replaced: its own ends at once). Of what it says nothing, it is fine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from actors.watch.policy import Thresholds
from actors.watch.seen import Seen
from wppmt.domain.alerts import AlertCode, Cause
from wppmt.domain.reasons import Reason, sentence
from wppmt.domain.remedies import remedy
from wppmt.domain.states import State
from wppmt.store.records import Desired, SessionRecord

RELEASE = 0.95
"""Of a threshold: an alert ends below that, so that a figure around the threshold does not ring all day."""
CPU_SECONDS = 300.0
TRAFFIC_SECONDS = 300.0
"""Of requests and errors."""
WEBHOOK_SECONDS = 60.0
LEAST_REQUESTS = 20
"""With fewer, an error is no rate…"""
LEAST_SLOW = 5
"""… and with fewer, one slow answer says nothing of the others."""
REPEATED = 2
"""Audits in a row that found a message of which no event had told."""
AWAY_SECONDS = 15.0
"""Within which a browser that died is mostly back."""
OPENING_SECONDS = 90.0
"""That a browser which is opened as intended may take."""
AS_INTENDED = {
    Reason.STARTING,
    Reason.RESTARTED,
    Reason.DAEMON_RESTARTED,
    Reason.WA_JS_CHANGED,
    Reason.LOGIN_COPY,
    Reason.RECYCLED,
    Reason.WAKING,
}
NAMED = 5
"""Sessions in a sentence."""


@dataclass(frozen=True, slots=True)
class Finding:
    cause: Cause
    message: str
    advice: str = ""
    """What to do; empty: what the code says."""
    session_id: str | None = None
    hold: float = 0.0
    """Seconds that it must last before it is told."""
    is_live: bool = False
    """The message of an alert that fires follows this one, without being told again."""


@dataclass(frozen=True, slots=True)
class Unsure:
    cause: Cause


@dataclass(frozen=True, slots=True)
class Replaced:
    cause: Cause


Word = Finding | Unsure | Replaced


def judge(seen: Seen, thresholds: Thresholds) -> Iterator[Word]:
    """At most one word for a cause."""
    yield from _memory(seen, thresholds)
    yield from _processor(seen, thresholds)
    yield from _traffic(seen, thresholds)
    yield from _webhooks(seen, thresholds)
    if seen.disk:
        yield Finding(Cause(AlertCode.DISK_LOW), str(seen.disk))
    if seen.pressure:
        yield Finding(Cause(AlertCode.MEMORY_PRESSURE), str(seen.pressure))
    yield from _free_slots(seen, thresholds)
    yield from _common_cause(seen)
    explained = _explained(seen)
    for record in seen.sessions:
        yield from _session(record, explained)
    yield from _connected(seen, explained)


def _level(finding: Finding, value: float, threshold: float, *, is_known: bool = True) -> Iterator[Word]:
    if value > threshold:
        yield finding
    elif value > RELEASE * threshold or not is_known:
        yield Unsure(finding.cause)


def _memory(seen: Seen, thresholds: Thresholds) -> Iterator[Word]:
    used, limit = seen.figures.sample.total_memory_mb, seen.figures.memory_limit_mb
    message = (
        f"{used} MB de memória em uso, mais de {100 * thresholds.memory_share:.0f} % do limite de {limit} MB"
        " (WPP_MEMORY_LIMIT_MB)"
    )
    finding = Finding(Cause(AlertCode.MEMORY_HIGH), message)
    share, is_known = seen.figures.memory_share, seen.figures.sample.at > 0
    yield from _level(finding, share, thresholds.memory_share, is_known=is_known)


def _processor(seen: Seen, thresholds: Thresholds) -> Iterator[Word]:
    message = (
        f"Mais de {100 * thresholds.cpu_share:.0f} % do processador em uso por {CPU_SECONDS / 60:.0f} minutos"
    )
    finding = Finding(Cause(AlertCode.CPU_HIGH), message, hold=CPU_SECONDS)
    share = seen.figures.sample.cpu_share
    yield from _level(finding, share, thresholds.cpu_share, is_known=share > 0)


def _traffic(seen: Seen, thresholds: Thresholds) -> Iterator[Word]:
    recent = seen.figures.recent
    # A daemon that has just begun knows nothing of those minutes, until there was traffic enough to judge by.
    is_known = seen.uptime >= TRAFFIC_SECONDS or recent.requests >= LEAST_REQUESTS
    errors = Finding(
        Cause(AlertCode.ERROR_RATE),
        f"{_decimal(100 * recent.error_rate, 1)} % das {recent.requests} requisições dos últimos 5 minutos falharam"
        f" (respostas 5xx e envios); o limite é {100 * thresholds.error_rate:.0f} %",
    )
    rate = recent.error_rate if recent.requests >= LEAST_REQUESTS else 0.0
    yield from _level(errors, rate, thresholds.error_rate, is_known=is_known)
    slow = Finding(
        Cause(AlertCode.SLOW_RESPONSES),
        f"As respostas dos últimos 5 minutos levam até {_decimal(recent.response_seconds, 1)} s, sem contar a espera pelo"
        f" WhatsApp; o limite é {_decimal(thresholds.response_seconds)} s",
    )
    seconds = recent.response_seconds if recent.requests >= LEAST_SLOW else 0.0
    yield from _level(slow, seconds, thresholds.response_seconds, is_known=is_known)


def _decimal(value: float, digits: int | None = None) -> str:
    """As people write it here, with a comma."""
    return (f"{value:g}" if digits is None else f"{value:.{digits}f}").replace(".", ",")


def _webhooks(seen: Seen, thresholds: Thresholds) -> Iterator[Word]:
    failed, limit = seen.figures.recent.webhooks_failed, thresholds.webhooks_failed
    message = f"{failed} tentativas de webhook falharam no último minuto; o limite é {limit}"
    finding = Finding(Cause(AlertCode.WEBHOOKS_FAILING), message)
    yield from _level(finding, failed, limit, is_known=seen.uptime >= WEBHOOK_SECONDS)
    # Whether one works is known by its next delivery alone; one that nobody uses any more needs none.
    for endpoint in {record.webhook_url or thresholds.default_endpoint for record in seen.sessions}:
        yield Unsure(Cause(AlertCode.WEBHOOK_EXHAUSTED, endpoint))


def _free_slots(seen: Seen, thresholds: Thresholds) -> Iterator[Word]:
    free, most = seen.figures.free_slots, seen.figures.max_sessions
    if thresholds.free_slots_share and most and free <= thresholds.free_slots_share * most:
        message = f"Restam {free} de {most} vagas para sessões (WPP_MAX_SESSIONS)"
        yield Finding(Cause(AlertCode.FEW_FREE_SLOTS), message, is_live=True)


def _common_cause(seen: Seen) -> Iterator[Word]:
    cause = Cause(AlertCode.COMMON_CAUSE)
    if seen.common_cause:
        yield Finding(cause, str(seen.common_cause))
    elif any(record.failures for record in seen.sessions if _should_run(record)):
        # After a restart of the daemon nobody knows any more which sessions it was.
        yield Unsure(cause)


def _session(record: SessionRecord, explained: frozenset[str]) -> Iterator[Word]:
    if not _should_run(record):
        return
    in_error = Cause(AlertCode.SESSION_IN_ERROR, record.id)
    changed = Cause(AlertCode.WHATSAPP_CHANGED, record.id)
    yield from _heard(record)
    if record.reason is Reason.WHATSAPP_CHANGED:
        message = f"Sessão {record.id}: {sentence(record.reason, record.missing)}"
        yield Finding(changed, message, remedy(record.reason), record.id)
        yield Replaced(in_error)
    elif record.state is State.ERROR and record.id in explained:
        yield Replaced(in_error)
    elif record.state is State.ERROR:
        message = f"Sessão {record.id} em erro: {sentence(record.reason)}"
        yield Finding(in_error, message, remedy(record.reason), record.id)
    elif record.state in {State.INITIALIZING, State.RECONNECTING}:
        yield from (Unsure(in_error), Unsure(changed))


def _heard(record: SessionRecord) -> Iterator[Word]:
    """Once may be chance; the next audit that finds nothing ends it."""
    if record.missed_in_a_row >= REPEATED:
        message = (
            f"Sessão {record.id}: {record.missed_in_a_row} conferências seguidas acharam mensagens sem evento"
        )
        yield Finding(Cause(AlertCode.INBOUND_MISSED, record.id), message, session_id=record.id)


def _connected(seen: Seen, explained: frozenset[str]) -> Iterator[Word]:
    """Of those that should run and were once paired; without those of which another alert tells."""
    cause = Cause(AlertCode.FEWER_CONNECTED)
    paired = [record for record in seen.sessions if _should_run(record) and _was_paired(record)]
    missing = [record for record in paired if record.state is not State.CONNECTED]
    untold = [record for record in missing if not _is_told(record, explained)]
    away = [record for record in untold if not _is_opening(record, seen.at)]
    if away:
        names = ", ".join(f"{record.id} ({sentence(record.reason)})" for record in away[:NAMED])
        more = f" e mais {len(away) - NAMED}" if len(away) > NAMED else ""
        message = f"{len(paired) - len(missing)} de {len(paired)} sessões conectadas. Faltam: {names}{more}"
        yield Finding(cause, message, hold=AWAY_SECONDS, is_live=True)
    elif untold:
        yield Unsure(cause)
    elif missing:
        yield Replaced(cause)


def _should_run(record: SessionRecord) -> bool:
    return record.desired is Desired.RUNNING


def _was_paired(record: SessionRecord) -> bool:
    return record.has_login or bool(record.last_phone)


def _is_told(record: SessionRecord, explained: frozenset[str]) -> bool:
    return record.state is State.ERROR or record.reason is Reason.WHATSAPP_CHANGED or record.id in explained


def _explained(seen: Seen) -> frozenset[str]:
    """Sessions that can do nothing about it: the disk is short, or many fail for one cause."""
    failed = seen.common_cause.sessions if seen.common_cause else frozenset[str]()
    waiting = {record.id for record in seen.sessions if seen.disk and record.reason is Reason.RESOURCE_LIMIT}
    return failed | waiting


def _is_opening(record: SessionRecord, now: float) -> bool:
    is_new = record.reason in AS_INTENDED and not record.failures
    return (
        is_new
        and record.state in {State.INITIALIZING, State.RECONNECTING}
        and now - record.since < OPENING_SECONDS
    )
