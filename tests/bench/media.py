"""The largest file, and a minute of voice, on their way out: how long they take, and whether anyone else waits for it."""

from __future__ import annotations

import base64
import statistics
import time
from collections.abc import Sequence

from tests.bench.measures import Bench
from tests.system import files
from tests.system.files import FileServer
from tests.system.gauges import Scale, Stopwatch
from tests.system.tenant import Tenant, new_text

LARGEST = 16_000_000
SPOKEN_SECONDS = 60
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


def measure_voice(bench: Bench, tenant: Tenant, neighbour: Tenant) -> None:
    """From the request with a minute of MP3 to the acknowledged voice note; another tenant's sends before and meanwhile."""
    spoken = base64.b64encode(files.spoken(SPOKEN_SECONDS)).decode()
    person, took, busy = bench.person(), [], []
    calm = [_send_seconds(neighbour, person) for _ in range(100)]
    for number in range(RUNS):
        bench.progress(f"minuto de voz, {number + 1} de {RUNS}")
        sending = Stopwatch(lambda: neighbour.send(person, new_text()))
        with sending.running():
            began = time.monotonic()
            sent = tenant.post("send-voice", {"phone": person, "base64": spoken})
            took.append(time.monotonic() - began)
        assert sent.status == 200, sent
        busy += sending.times
    add = bench.report.add
    add("voice_send", "minuto de voz em MP3, da chamada à confirmação", "s", took, goal=1)
    add(
        "voice_neighbour",
        "enquanto isso, p99 do envio de outra sessão",
        "× o calmo",
        [_p99(busy) / _p99(calm)],
        goal=1.5,
    )


def _send_seconds(tenant: Tenant, person: str) -> float:
    began = time.monotonic()
    assert tenant.send(person, new_text()).status == 200
    return time.monotonic() - began


def _p99(seconds: Sequence[float]) -> float:
    return sorted(seconds)[int(0.99 * (len(seconds) - 1))]
