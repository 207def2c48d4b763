"""How soon messages of every kind reach the webhook when many come at once."""

from __future__ import annotations

import statistics
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.bench.measures import Bench
from tests.support import wait_until
from tests.system.tenant import Tenant, new_text

MESSAGES, WRITERS = 200, 8
KINDS: tuple[dict[str, Any], ...] = (
    {},
    {
        "type": "location",
        "location": {"latitude": -23.55, "longitude": -46.63, "name": "Sé", "address": "Centro"},
    },
    {"type": "contact", "contacts": [{"name": "Ana", "phones": ["5511988887777"]}]},
    {"type": "poll", "poll": {"question": "Quando?", "options": ["Hoje", "Amanhã"], "multiple": False}},
    {"type": "carteira_nova", "body": "?"},
)
"""Without media; the last one is of a kind that nobody knows."""


def measure_bursts(bench: Bench, tenant: Tenant) -> None:
    """From the moment the simulated server has each message to its webhook's arrival."""
    person, medians, slow = bench.person(), [], []
    for block in range(bench.plan.blocks):
        bench.progress(f"rajada {block + 1} de {bench.plan.blocks}")
        times = _burst(bench, tenant, person)
        medians.append(statistics.median(times))
        slow.append(statistics.quantiles(times, n=100)[98])
    add = bench.report.add
    add("burst_to_webhook", f"rajada de {MESSAGES} mensagens de todo tipo → webhook", "ms", medians)
    add("burst_to_webhook_p99", "o mesmo, percentil 99", "ms", slow, goal=200)


def _burst(bench: Bench, tenant: Tenant, person: str) -> list[float]:
    phones = bench.daemon.phones
    seen, before = len(phones.log()), bench.receiver.count

    def write(number: int) -> str:
        message = {"to": tenant.phone, "body": new_text()} | KINDS[number % len(KINDS)]
        return str(phones.call("POST", f"/accounts/{person}/messages", message)["id"])

    with ThreadPoolExecutor(WRITERS) as pool:
        ids = set(pool.map(write, range(MESSAGES)))
    wait_until(lambda: bench.receiver.count >= before + MESSAGES, 60)
    came = wait_until(lambda: _arrived(bench, tenant, ids), 60)
    sent = {line["id"]: line["t"] for line in phones.log(after=seen) if line["event"] == "send"}
    return [(came[message_id] - sent[message_id]) * 1000 for message_id in ids]


def _arrived(bench: Bench, tenant: Tenant, ids: set[str]) -> dict[str, float]:
    """When each came; empty while one is missing."""
    came = {
        arrival.event["message"]["id"]: arrival.at
        for arrival in bench.receiver.of(tenant.name)
        if arrival.event["event"] == "message_received"
    }
    return came if ids <= came.keys() else {}
