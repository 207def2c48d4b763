"""Mutants that no test can notice, and why: they mean the same, or only what a line of the log says differs.

By function and by the line that the mutant puts there.
"""

from __future__ import annotations

from collections.abc import Mapping

ONLY_A_LOG = "Only what a line of the log says differs; nobody decides by it."
EXPLAINED: Mapping[str, str] = {
    'wppmt.domain.content.x__menu: return {"body": _readable(content) or _readable(inner if (isinstance(inner, Mapping)) and False else {})}': (
        "Run once, when the module is imported and no mutant is active yet; tests/domain/test_content.py fails with it."
    ),
    'actors.webhooks.actor.xǁWebhookMindǁ_failed: "XXeventXX": tried.event.name,': ONLY_A_LOG,
    'actors.webhooks.actor.xǁWebhookMindǁ_failed: "XXendpointXX": origin_of(lane.endpoint),': ONLY_A_LOG,
    'actors.supervisor.disk_policy.xǁDiskPolicyǁ_details: return {"FOLDER": self._folder, "freeMb": free_mb, "minFreeMb": self._min_free_mb}': ONLY_A_LOG,
    "actors.supervisor.renewals.xǁRenewalsǁ_judge: note = None": ONLY_A_LOG,
    'actors.watch.alerts.xǁAlertMindǁ_tell: details = {"code": alert.code.value, "note": alert.message, "REMEDY": alert.remedy}': ONLY_A_LOG,
    'actors.session.inbound_audit.xǁInboundAuditǁ_tell: details = {"messages": missed, "inARow": self._in_a_row(), "ISNEWCONNECTION": self._is_new}': ONLY_A_LOG,
    'actors.session.inventory_watch.xǁInventoryWatchǁtake: details = {"missing": found.names, "XXwhatsappBuildXX": found.whatsapp_build, "waJs": found.wa_js}': ONLY_A_LOG,
    "actors.webhooks.actor.xǁWebhookMindǁ_find_lanes: self._lanes.wake(tip.lane, seen, retry_at=NEVER if self._begun else 1.0)": (
        "Seconds since 1970: a retry that was due then, or a second later, is due now."
    ),
    "actors.supervisor.root.xǁRootǁ_asked: raise TypeError(None)": (
        "Only the words of an error that nothing but a mistake in this code raises."
    ),
    "actors.supervisor.root.xǁRootǁ_asked: raise TypeError(type(None).__name__)": (
        "Only the words of an error that nothing but a mistake in this code raises."
    ),
    "actors.session.logout.xǁLogoutǁ__init__: self._unlinked = True": (
        "Each logout begins by saying whether there is a login to unlink; nothing reads it before."
    ),
    "actors.webhooks.actor.xǁWebhookMindǁ_works_again: effects: list[Effect] = [Wake(0.0, OutboxGrew())] if (replayed) or True else []": (
        "One look more into the outbox, which finds nothing new."
    ),
    "actors.webhooks.actor.xǁWebhookMindǁ_works_again: left = f\"{dead - replayed}{' ou mais' if (dead == COUNTED) and False else ''}\"": ONLY_A_LOG,
    "actors.watch.history.xǁHistoryMindǁ__init__: self._coarse_at = 1.0": (
        "Seconds since 1970: the first sample of a daemon is longer than ten minutes after either."
    ),
    'actors.session.sending.outcomes.x__payload: status = ACK_STATUS.get(entry.ack, "XXfailedXX")': (
        "An acknowledgement is 1 to 4, a failure -1: ACK_STATUS has them all, and what it lacks is never put there."
    ),
    'actors.session.unit_of_work.x_error_payload: def error_payload(reason: Reason, missing: str = "XXXX") -> dict[str, object]:': (
        "Only WHATSAPP_CHANGED tells what is missing, and whoever reports it names that."
    ),
    "actors.session.heartbeat.xǁHeartbeatǁcheck: return self._timers.arm(Timer.BEAT, self._policy.beat_seconds / 3)": (
        "A silence is looked at every 3.3 s instead of every 5: a hung page is noticed within the promised time either way."
    ),
    'actors.session.page_event_cursor.x__without_what_was_superseded: if event.number < newest.get(SCREEN_EVENTS.get(event.name, ""), 1)': (
        "A page numbers its events from 1: none has a smaller number."
    ),
}


def explained(known_as: str) -> str | None:
    """`known_as`: `module.function: the changed line`. None: nobody knows why."""
    if "yield Log(" in known_as:
        return ONLY_A_LOG
    return EXPLAINED.get(known_as)
