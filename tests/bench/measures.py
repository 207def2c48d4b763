"""The measures, each on a running gateway: what a customer and an operator would see, over HTTP and by webhook."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil

from tests.bench.figures import Report
from tests.bench.peer import peer
from tests.bench.weights import Weight, cpu_percent, weigh
from tests.support import wait_until
from tests.system import processes
from tests.system.daemon import Daemon
from tests.system.receiver import Receiver
from tests.system.tenant import Tenant, new_phone, new_text

ACK_MS = 20
SETTLE_SECONDS = 5.0
RESTORE_SECONDS = 60.0

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How often, how many, how long."""

    starts: int = 7
    blocks: int = 3
    sends: int = 50
    crowds: tuple[int, ...] = (1, 5, 10)
    restores: int = 3
    idle_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that a measure needs."""

    daemon: Daemon
    receiver: Receiver
    report: Report
    plan: Plan
    progress: Progress

    def tenant(self, name: str) -> Tenant:
        return Tenant(self.daemon, self.receiver, name)

    def person(self) -> str:
        """A number without a gateway."""
        phone = new_phone()
        self.daemon.phones.register(phone, "Pessoa")
        return phone


def measure_starts(bench: Bench) -> None:
    """From the start call to the QR code, and with a scan at once to `connected`; each on a new profile, alone."""
    shown, told, connected, scanned = [], [], [], []
    for number in range(bench.plan.starts):
        bench.progress(f"início {number + 1} de {bench.plan.starts}")
        tenant = bench.tenant(f"inicio-{number}")
        began = time.monotonic()
        tenant.start()
        qr = wait_until(lambda tenant=tenant: bench.daemon.api.qr_text(tenant.name), 30)  # type: ignore[misc]
        shown.append(time.monotonic() - began)
        scan = time.monotonic()
        tenant.scan(str(qr))
        tenant.hears("connection_change", status="connected")
        tenant.purge()
        arrivals = {(a.event["event"], a.event.get("status")): a.at for a in bench.receiver.of(tenant.name)}
        told.append(arrivals["qr_code", None] - began)
        connected.append(arrivals["connection_change", "connected"] - began)
        scanned.append(arrivals["connection_change", "connected"] - scan)
    add = bench.report.add
    add("start_to_qr", "chamada de start → QR Code na API", "s", shown, goal=1.7)
    add("start_to_qr_webhook", "chamada de start → QR Code por webhook", "s", told)
    add("scan_to_connected", "leitura do QR → `connected` por webhook", "s", scanned)
    add("start_to_connected", "chamada de start → `connected` por webhook, leitura imediata", "s", connected)


def measure_sends(bench: Bench, tenant: Tenant) -> None:
    """One after the other, over HTTP, with the journal's commits; the simulator's delay is taken off."""
    customer, stranger = bench.person(), bench.person()
    _receive(bench, tenant, customer)
    medians, slow, to_stranger = [], [], []
    for block in range(bench.plan.blocks):
        bench.progress(f"envios {block + 1} de {bench.plan.blocks}")
        times = _send_times(bench, tenant, customer)
        medians.append(statistics.median(times))
        slow.append(statistics.quantiles(times, n=20)[18])
        to_stranger.append(statistics.median(_send_times(bench, tenant, stranger)))
    add = bench.report.add
    add("send", f"envio por HTTP, acima da espera do servidor ({ACK_MS} ms)", "ms", medians, goal=12)
    add("send_p95", "o mesmo, percentil 95", "ms", slow)
    add("send_to_stranger", "envio a quem nunca escreveu (a conversa é lida antes)", "ms", to_stranger)


def _send_times(bench: Bench, tenant: Tenant, to: str) -> list[float]:
    """Milliseconds above the acknowledgement."""
    times = []
    for _ in range(bench.plan.sends):
        began = time.perf_counter()
        sent = tenant.send(to, new_text())
        times.append((time.perf_counter() - began) * 1000 - ACK_MS)
        assert sent.status == 200, sent
    return times


def measure_events(bench: Bench, tenant: Tenant) -> None:
    """From the moment the simulated server has a message to its webhook's arrival."""
    person, medians, slow = bench.person(), [], []
    for block in range(bench.plan.blocks):
        bench.progress(f"recebimentos {block + 1} de {bench.plan.blocks}")
        seen = len(bench.daemon.phones.log())
        ids = [_receive(bench, tenant, person) for _ in range(bench.plan.sends)]
        sent = {e["id"]: e["t"] for e in bench.daemon.phones.log(after=seen) if e["event"] == "send"}
        came = {
            arrival.event["message"]["id"]: arrival.at
            for arrival in bench.receiver.of(tenant.name)
            if arrival.event["event"] == "message_received"
        }
        times = [(came[message_id] - sent[message_id]) * 1000 for message_id in ids]
        medians.append(statistics.median(times))
        slow.append(statistics.quantiles(times, n=20)[18])
    add = bench.report.add
    add("event_to_webhook", "mensagem no servidor → webhook", "ms", medians, goal=30)
    add("event_to_webhook_p95", "o mesmo, percentil 95", "ms", slow)


def _receive(bench: Bench, tenant: Tenant, person: str) -> str:
    text = new_text()
    message_id = bench.daemon.phones.write(person, tenant.phone, text)
    tenant.hears_message(text)
    return message_id


def measure_crowds(bench: Bench, first: Tenant) -> list[Tenant]:
    """What tenants weigh as they become more; every one has sent and received."""
    crowd, person = [first], bench.person()
    for size in bench.plan.crowds:
        for number in range(len(crowd), size):
            bench.progress(f"sessão {number + 1} de {bench.plan.crowds[-1]}")
            crowd.append(bench.tenant(f"cliente-{number}").connect())
        for tenant in crowd:
            assert tenant.send(person, new_text()).status == 200
            _receive(bench, tenant, person)
        time.sleep(SETTLE_SECONDS)
        _report_weight(bench, crowd)
    return crowd


def _report_weight(bench: Bench, crowd: list[Tenant]) -> None:
    size = len(crowd)
    each = [weigh(family(tenant)) for tenant in crowd]
    largest = size == bench.plan.crowds[-1]
    goal = 150 if largest and size >= 10 else None
    name = "1 sessão" if size == 1 else f"{size} sessões"
    bench.report.add(f"pss_{size}", f"memória por sessão, PSS, com {name}", "MB", [w.pss for w in each], goal)
    bench.report.add(f"uss_{size}", f"memória por sessão, USS, com {name}", "MB", [w.uss for w in each])
    if largest:
        own: Weight = weigh([psutil.Process(bench.daemon.pid)])
        bench.report.add("daemon_pss", f"memória do serviço, PSS, com {name}", "MB", [own.pss], 90)
        bench.report.add("daemon_rss", f"memória do serviço, RSS, com {name}", "MB", [own.rss])


def measure_idle(bench: Bench, crowd: list[Tenant]) -> None:
    """Processor time of all browsers and the daemon while nothing happens."""

    def everyone() -> Iterator[psutil.Process]:
        yield psutil.Process(bench.daemon.pid)
        for tenant in crowd:
            yield from family(tenant)

    bench.progress(f"em repouso, {bench.plan.idle_seconds:.0f} s")
    percent = cpu_percent(everyone, bench.plan.idle_seconds)
    text = f"processador em repouso, {len(crowd)} sessões e o serviço"
    bench.report.add("idle_cpu", text, "% de um núcleo", [percent], 6)


def measure_restores(bench: Bench, crowd: list[Tenant]) -> None:
    """From the daemon's start to all tenants connected again, after an orderly end."""
    times, stops = [], []
    for number in range(bench.plan.restores):
        bench.progress(f"retomada {number + 1} de {bench.plan.restores}")
        stops.append(bench.daemon.stop())
        began = time.monotonic()
        bench.daemon.start()
        back = [
            tenant.arrival("connection_change", RESTORE_SECONDS, status="connected").at for tenant in crowd
        ]
        times.append(max(back) - began)
    text = f"início do serviço → {len(crowd)} sessões conectadas"
    bench.report.add("restore", text, "s", times, goal=15)
    bench.report.add("stop", f"SIGTERM → tudo encerrado, {len(crowd)} sessões", "s", stops)


def measure_peer(bench: Bench) -> None:
    """The same page without a daemon: how much of the above is ours."""
    shown, connected, sends, weights = [], [], [], []
    page_port = int(bench.daemon.environ["WPP_SIMULATOR_PAGE_PORT"])
    for number in range(bench.plan.blocks):
        bench.progress(f"Selenium e wa-js sem serviço, {number + 1} de {bench.plan.blocks}")
        phone, person = bench.person(), bench.person()
        with peer(page_port) as (one, seconds):
            qr = one.show_qr()
            shown.append(seconds())
            bench.daemon.phones.scan(phone, qr)
            one.await_main()
            connected.append(seconds())
            times = []
            for _ in range(bench.plan.sends):
                began = time.perf_counter()
                one.send(person, new_text())
                times.append((time.perf_counter() - began) * 1000 - ACK_MS)
            sends.append(statistics.median(times))
            weights.append(weigh(one.family).pss)
        bench.daemon.phones.unlink(phone)
    add = bench.report.add
    add("peer_start_to_qr", "comparação: Selenium direto, início → QR Code", "s", shown)
    add("peer_start_to_connected", "comparação: Selenium direto, início → conectado", "s", connected)
    add("peer_send", "comparação: envio na página, acima da espera", "ms", sends)
    add("peer_pss", "comparação: memória de um Chrome comum, PSS, sozinho", "MB", weights)


def family(tenant: Tenant) -> set[psutil.Process]:
    """Its Chrome and Chrome's helpers: one process group."""
    return processes.groups({tenant.browser})
