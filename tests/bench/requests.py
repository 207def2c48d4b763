"""How many requests the front takes: status reads beside a bare aiohttp, the cost of a token, one tenant's sends."""

from __future__ import annotations

import asyncio
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import jwt

from tests.bench.load import asked
from tests.bench.measures import RESTORE_SECONDS, Bench
from tests.defaults import auth_policy
from tests.support import free_port, wait_until
from tests.system.tenant import Tenant, new_text
from wppmt.http.security.auth import Authenticator
from wppmt.http.security.keys import SharedSecret

READ_SECONDS = 5.0
TOKENS = 500
AT_ONCE = 4


def measure_requests(bench: Bench, crowd: list[Tenant]) -> None:
    """Without the limit of requests, and with a server that acknowledges at once."""
    bench.daemon.stop()
    bench.daemon.environ |= {"WPP_RATE_LIMIT": "0", "WPP_SIMULATOR_ACK_MS": "0"}
    bench.daemon.start()
    for tenant in crowd:
        tenant.reaches("connected", RESTORE_SECONDS)
    _measure_reads(bench, crowd)
    _measure_tokens(bench)
    _measure_throughput(bench, crowd[0])


def _measure_reads(bench: Bench, crowd: list[Tenant]) -> None:
    api, paths = bench.daemon.api, [f"/api/sessions/{tenant.name}/status" for tenant in crowd]
    plan = {"paths": paths, "token": api.token(), "seconds": READ_SECONDS}
    ours, bare = [], []
    with _bare(api.call("GET", paths[0]).body) as port:
        for block in range(bench.plan.blocks):
            bench.progress(f"leituras de status {block + 1} de {bench.plan.blocks}")
            ours.append(asked({"port": bench.daemon.port, **plan}))
            bare.append(asked({"port": port, **plan}))
    add, add_rate = bench.report.add, bench.report.add_rate
    text = f"leituras de status, {len(crowd)} sessões"
    add_rate("reads", text, "/s", [one["rate"] for one in ours], 2500)
    add("reads_p50", "o mesmo, mediana de uma leitura", "ms", [one["p50"] for one in ours])
    add("reads_p99", "o mesmo, percentil 99", "ms", [one["p99"] for one in ours], 25)
    add_rate(
        "reads_bare", "comparação: aiohttp sem nada, a mesma resposta", "/s", [one["rate"] for one in bare]
    )


@contextmanager
def _bare(answer: bytes) -> Iterator[int]:
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.bare", str(port)], stdin=subprocess.PIPE
    ) as process:
        try:
            assert process.stdin
            process.stdin.write(answer)
            process.stdin.close()
            wait_until(lambda: _listens(port), 10)
            yield port
        finally:
            process.kill()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _measure_tokens(bench: Bench) -> None:
    """In this process: a token that is new, and the same once more."""
    bench.progress("custo de um token")
    now, secret = time.time(), bench.daemon.secret
    authenticator = Authenticator(SharedSecret(secret), auth_policy())
    claims = {"sub": "turbozap", "exp": int(now) + 600}
    headers = [
        [f"Bearer {jwt.encode(claims | {'jti': str(number)}, secret, algorithm='HS256')}"]
        for number in range(TOKENS)
    ]

    async def cost() -> list[float]:
        times = []
        for header in headers:
            began = time.perf_counter()
            await authenticator.grant(header, now)
            times.append(1000 * (time.perf_counter() - began))
        return times

    add = bench.report.add
    add("auth_first", "conferir um token novo", "ms", asyncio.run(cost()), 0.2)
    add("auth_again", "o mesmo token outra vez", "ms", asyncio.run(cost()), 0.2)


def _measure_throughput(bench: Bench, tenant: Tenant) -> None:
    """Some callers at once, so that the session's queue never runs dry."""
    person, rates, times = bench.person(), [], []

    def send(_: int) -> None:
        began = time.perf_counter()
        sent = tenant.send(person, new_text())
        times.append(1000 * (time.perf_counter() - began))
        assert sent.status == 200, sent

    for block in range(bench.plan.blocks):
        bench.progress(f"envios seguidos de uma sessão {block + 1} de {bench.plan.blocks}")
        count, began = 4 * bench.plan.sends, time.perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as callers:
            list(callers.map(send, range(count)))
        rates.append(count / (time.perf_counter() - began))
    bench.report.add_rate("throughput", "envios de uma sessão, confirmação imediata do servidor", "/s", rates)
    bench.report.add(
        "throughput_p50", f"o mesmo, {AT_ONCE} ao mesmo tempo: um envio", "ms", [statistics.median(times)]
    )
