"""What it costs a send that its session hibernates: the browser opens first."""

from __future__ import annotations

import time

from tests.bench.measures import Bench
from tests.support import wait_until
from tests.system.tenant import Tenant, new_text

IDLE_MINUTES = 0.05
ASLEEP_SECONDS = 60.0
LATER_SECONDS = 2.0
"""At most, more than to one that is awake."""


def measure_waking(bench: Bench, tenant: Tenant) -> None:
    """From the call to its answer, which tells that the server has the message."""
    person, later = bench.person(), []
    for number in range(bench.plan.restores):
        bench.progress(f"envio a quem hiberna {number + 1} de {bench.plan.restores}")
        _hibernate(tenant, IDLE_MINUTES)
        wait_until(lambda: _is_asleep(tenant), ASLEEP_SECONDS)
        _hibernate(tenant, 60.0)
        asleep = _send_seconds(tenant, person)
        later.append(asleep - _send_seconds(tenant, person))
    tenant.daemon.api.call("PATCH", tenant.path, {"hibernate": None})
    text = "envio a uma sessão que hiberna, a mais que a uma acordada"
    bench.report.add("wake", text, "s", later, goal=LATER_SECONDS)


def _hibernate(tenant: Tenant, idle_minutes: float) -> None:
    plan = {"hibernate": {"idleMinutes": idle_minutes}}
    assert tenant.daemon.api.call("PATCH", tenant.path, plan).status == 200


def _is_asleep(tenant: Tenant) -> bool:
    return tenant.status()["hibernation"] is not None and tenant.daemon.browser(tenant.name) is None


def _send_seconds(tenant: Tenant, person: str) -> float:
    began = time.monotonic()
    answer = tenant.send(person, new_text())
    assert (answer.status, answer.json["status"]) == (200, "sent"), answer
    return time.monotonic() - began
