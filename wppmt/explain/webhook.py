"""How the delivery of events went, in lines and in what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from wppmt.explain.material import Deliveries, Line
from wppmt.explain.words import EVENTS
from wppmt.store.operator_records import Attempt
from wppmt.store.outbox_records import DeliveryState
from wppmt.store.records import EventRecord

REPLAY = "Corrija o destino e reenvie o que foi abandonado (POST …/dead-letters/replay); …/webhook/test mostra o que ele responde."
WAIT = "O webhook não está recebendo: as tentativas continuam sozinhas; …/webhook/test mostra o que ele responde."


def delivery_lines(deliveries: Deliveries, events: Sequence[EventRecord]) -> Iterator[Line]:
    """Of each of these events: failures as one line, and then the success."""
    for event in events:
        name = f"webhook ({EVENTS.get(event.name, event.name)})"
        attempts = [attempt for attempt in deliveries.attempts if attempt.event_id == event.id]
        yield from _failed([attempt for attempt in attempts if attempt.error], name)
        yield from (Line(attempt.at, f"{name} entregue") for attempt in attempts if not attempt.error)
        if deliveries.states.get(event.id) is DeliveryState.DEAD and attempts:
            yield Line(attempts[-1].at, f"{name}: evento abandonado")


def outage_lines(deliveries: Deliveries) -> Iterator[Line]:
    """Of a whole session: failures that follow one another are one line, and so is the success that ends them."""
    failures: list[Attempt] = []
    for attempt in deliveries.attempts:
        if attempt.error:
            failures.append(attempt)
        elif failures:
            yield from _failed(failures, "webhook")
            yield Line(attempt.at, "webhook voltou a receber")
            failures = []
    yield from _failed(failures, "webhook")


def _failed(failures: Sequence[Attempt], name: str) -> Iterator[Line]:
    if failures:
        times = "1 vez" if len(failures) == 1 else f"{len(failures)} vezes"
        causes = Counter(failure.error for failure in failures).most_common()
        said = ", ".join(cause for cause, _ in causes)
        yield Line(failures[0].at, f"{name} recusado {times} ({said})")


def delivery_advice(deliveries: Deliveries) -> str:
    """Empty: there is nothing to do."""
    counts = Counter(deliveries.states.values())
    if dead := counts[DeliveryState.DEAD]:
        events = "1 evento foi abandonado" if dead == 1 else f"{dead} eventos foram abandonados"
        return f"{events}. {REPLAY}"
    is_down = any(attempt.error for attempt in deliveries.attempts[-1:])
    return WAIT if is_down and counts[DeliveryState.PENDING] else ""
