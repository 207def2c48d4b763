"""The end of a run: wait until everything has come to rest, then gather what is durable."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol

from tests.chaos.history import Recorder
from tests.chaos.observe import event_fields
from tests.chaos.traffic import Traffic
from tests.support import wait_until
from tests.system.api import Api
from tests.system.receiver import Receiver
from tests.system.tenant import Tenant
from wppmt.simulator.client import Simulator

CONNECTED_SECONDS = 90.0
"""Two attempts by the schedule, and the start itself."""
ARRIVED_SECONDS = 60.0
FATE_SECONDS = 330.0
"""Five minutes after it was accepted a message that went nowhere is reported unknown (docs/contract.md 5)."""
PAGE = 1000

Progress = Callable[[str], None]


class Place(Protocol):
    """Where a run took place, on one machine or on several."""

    @property
    def recorder(self) -> Recorder: ...
    @property
    def receiver(self) -> Receiver: ...
    @property
    def phones(self) -> Simulator: ...
    @property
    def tenants(self) -> Sequence[Tenant]: ...
    @property
    def traffic(self) -> Traffic: ...
    @property
    def api(self) -> Api: ...

    def are_connected(self) -> bool: ...

    def pending(self) -> int:
        """Webhooks that wait for their delivery."""


def settle(ground: Place, progress: Progress) -> None:
    """Nothing is asked of the outcome here: what did not come to rest in time is in the history as it is."""
    ground.recorder.add("phase", name="quiet")
    progress("carga encerrada; esperando todas conectadas")
    _await(ground.are_connected, CONNECTED_SECONDS)
    progress("esperando mensagens e eventos")
    _await(lambda: not _unheard(ground), ARRIVED_SECONDS)
    _await(lambda: not _not_arrived(ground), ARRIVED_SECONDS)
    if _not_arrived(ground):
        progress("esperando o destino de envios pendentes")
        _await(lambda: not _without_fate(ground), FATE_SECONDS)
    _await(lambda: ground.pending() == 0, ARRIVED_SECONDS)
    ground.recorder.add("phase", name="settled")


def _await(condition: Callable[[], bool], seconds: float) -> None:
    with suppress(AssertionError):
        wait_until(condition, seconds)


def _unheard(ground: Place) -> set[str]:
    """Written to a tenant and not heard of by webhook."""
    heard = {
        arrival.event["message"]["id"]
        for tenant in ground.tenants
        for arrival in ground.receiver.of(tenant.name)
        if arrival.event["event"] == "message_received"
    }
    time.sleep(0.1)
    return ground.traffic.written.keys() - heard


def _not_arrived(ground: Place) -> set[str]:
    """Accepted, and in nobody's inbox."""
    arrived = {line["id"] for person in _people(ground) for line in ground.phones.inbox(person)}
    time.sleep(0.1)
    return ground.traffic.accepted.keys() - arrived


def _without_fate(ground: Place) -> set[str]:
    time.sleep(1)
    return {
        message_id
        for message_id in _not_arrived(ground)
        if _fate(ground, message_id) not in {"failed", "unknown"}
    }


def _fate(ground: Place, message_id: str) -> str:
    """The journal's word."""
    tenant = ground.traffic.accepted[message_id].name
    answer = ground.api.call("GET", f"/api/sessions/{tenant}/messages/{message_id}")
    return str(answer.json["status"]) if answer.status == 200 else f"HTTP {answer.status}"


def _said(line: Mapping[str, Any]) -> str:
    """The text by which its sender knows it, wherever this kind has it; an act without one is known by its id alone."""
    places = (
        line.get("location") or {},
        {"name": (line.get("poll") or {}).get("question")},
        *(line.get("contacts") or ()),
        line.get("pix") or {},
    )
    name = next((place["name"] for place in places if place.get("name")), None)
    return str(line["body"] if line["type"] in {"chat", "edit"} else name or line["id"])


def _people(ground: Place) -> set[str]:
    return {customer.person for customer in ground.traffic.customers}


def gather(ground: Place) -> None:
    """The durable log of every tenant, the inboxes, and the journal where an inbox lacks something."""
    for person in sorted(_people(ground)):
        for line in ground.phones.inbox(person):
            ground.recorder.add("inbox", phone=person, seq=line["seq"], id=line["id"], body=_said(line))
    for message_id in sorted(_not_arrived(ground)):
        sender = ground.traffic.accepted[message_id].name
        ground.recorder.add("message", tenant=sender, id=message_id, status=_fate(ground, message_id))
    for tenant in ground.tenants:
        _gather_events(ground, tenant.name)


def _gather_events(ground: Place, tenant: str) -> None:
    after, more = 0, True
    while more:
        page = ground.api.get(f"/api/sessions/{tenant}/events?after={after}&limit={PAGE}")
        for event in page["events"]:
            ground.recorder.add("logged", **event_fields(event))
        after, more = page["next"], page["more"]
