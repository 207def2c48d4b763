"""How long lists of a large account take, and what they cost whoever sends meanwhile."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable

from tests.bench.measures import ACK_MS, Bench
from tests.support import wait_until
from tests.system.api import Json
from tests.system.tenant import Tenant, new_text

CONTACTS, CHATS = 10_000, 2_000
RUNS = 3


def measure_lists(bench: Bench) -> None:
    """One account with 10,000 saved contacts and 2,000 chats, read whole; sends go on beside it."""
    bench.progress(f"lista de {CONTACTS} contatos e {CHATS} conversas")
    tenant = bench.tenant("listas")
    for number in range(CONTACTS):
        bench.daemon.phones.register(f"5541{900000000 + number}", f"Contato {number}", saved=[tenant.phone])
    tenant.connect()
    bench.daemon.phones.fault("history_sync", phone=tenant.phone, chats=CHATS, messages=1)
    wait_until(lambda: _count(tenant) >= CHATS, 120)
    contacts = [_timed(lambda: _all_contacts(tenant)) for _ in range(RUNS)]
    chats = [_timed(lambda: _get(tenant, "chats?limit=100")) for _ in range(RUNS)]
    walk = [_timed(lambda: _count(tenant)) for _ in range(RUNS)]
    calm, beside = _sends(bench, tenant, None), _sends(bench, tenant, lambda: _all_contacts(tenant))
    # Weighed every 20 seconds.
    memory = wait_until(lambda: tenant.status()["memoryMb"], 60)
    add = bench.report.add
    add("memory_lists", "memória da sessão com esta conta (RSS)", "MB", [memory])
    add("contacts_10000", "10.000 contatos em uma resposta", "s", contacts, goal=1)
    add("chats_first_page", "100 de 2.000 conversas", "s", chats, goal=1)
    add("chats_walk", "2.000 conversas, página por página", "s", walk)
    add("send_calm", "envio na mesma conta, sem listas, acima da espera do servidor", "ms", calm)
    add("send_beside_lists", "o mesmo, enquanto os contatos são lidos sem parar", "ms", beside)
    # Its place is needed for the crowd that comes next.
    tenant.purge()


def _get(tenant: Tenant, path: str) -> Json:
    return tenant.daemon.api.get(f"{tenant.path}/{path}")


def _timed(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _all_contacts(tenant: Tenant) -> None:
    assert _get(tenant, "contacts")["count"] >= CONTACTS


def _count(tenant: Tenant) -> int:
    """Of its chats, page by page."""
    cursor, seen = "", 0
    while cursor is not None:
        page = _get(tenant, f"chats?limit=100&cursor={cursor}")
        cursor, seen = page["nextCursor"], seen + page["count"]
    return seen


def _sends(bench: Bench, tenant: Tenant, meanwhile: Callable[[], None] | None) -> list[float]:
    """Medians of blocks; `meanwhile` goes on and on in a thread of its own."""
    person, over = bench.person(), threading.Event()

    def repeat() -> None:
        while meanwhile and not over.is_set():
            meanwhile()

    reader = threading.Thread(target=repeat)
    reader.start()
    try:
        return [statistics.median(_send(tenant, person) for _ in range(10)) for _ in range(RUNS)]
    finally:
        over.set()
        reader.join()


def _send(tenant: Tenant, person: str) -> float:
    began = time.perf_counter()
    assert tenant.send(person, new_text()).status == 200
    return (time.perf_counter() - began) * 1000 - ACK_MS
