"""The largest file on its way out: how long it takes, what it weighs, whether anyone else is kept waiting."""

from __future__ import annotations

import statistics
import time

from tests.bench.measures import Bench
from tests.system import files
from tests.system.files import FileServer
from tests.system.gauges import Scale, Stopwatch
from tests.system.tenant import Tenant, new_text

LARGEST = 16_000_000
RUNS = 5


def measure_media(bench: Bench, web: FileServer, tenant: Tenant, neighbour: Tenant) -> None:
    """By address, from the request to the answer, while the same tenant's status and another's sends go on."""
    took, growth, reads, sends = [], [], [], []
    url, person = web.put("grande.pdf", files.document(LARGEST)), bench.person()
    for number in range(RUNS):
        bench.progress(f"arquivo de 16 MB, {number + 1} de {RUNS}")
        scale = Scale(bench.daemon, tenant)
        reading = Stopwatch(tenant.status)
        sending = Stopwatch(lambda: neighbour.send(person, new_text()))
        with reading.running(), sending.running(), Stopwatch(scale.look).running():
            began = time.monotonic()
            sent = tenant.post("send-file", {"phone": person, "fileUrl": url})
            took.append(time.monotonic() - began)
        assert sent.status == 200, sent
        growth.append(sum(scale.growth) / LARGEST)
        reads.append(1000 * max(reading.times))
        sends.append(1000 * statistics.median(sending.times))
    add = bench.report.add
    add("media_send", "envio de 16 MB por URL, até a confirmação", "s", took)
    add("media_growth", "memória a mais nesse envio (daemon e navegador)", "× o arquivo", growth, goal=3)
    add("media_status", "enquanto isso, status da mesma sessão, o mais lento", "ms", reads)
    add("media_neighbour", "enquanto isso, envio de outra sessão, mediana", "ms", sends)
