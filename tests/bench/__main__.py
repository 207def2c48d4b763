"""`make bench`: measures the whole daemon with real Chromes on the simulator; prints one table, writes it as JSON."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.bursts import measure_bursts
from tests.bench.figures import Report
from tests.bench.lists import measure_lists
from tests.bench.measures import (
    ACK_MS,
    Bench,
    Plan,
    measure_crowds,
    measure_events,
    measure_idle,
    measure_peer,
    measure_restores,
    measure_sends,
    measure_starts,
)
from tests.bench.media import measure_media, measure_voice
from tests.bench.outbox import measure_outbox
from tests.bench.page import measure_page
from tests.bench.requests import measure_requests
from tests.bench.scrape import measure_scrape
from tests.bench.waking import measure_waking
from tests.system.daemon import Daemon
from tests.system.files import FileServer
from tests.system.receiver import Receiver

QUICK = Plan(starts=2, blocks=1, sends=20, crowds=(1, 2), restores=1, idle_seconds=10)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--json", type=Path, default=Path("var/bench.json"), help="where the figures go as JSON"
    )
    parser.add_argument("--quick", action="store_true", help="few runs and two tenants: a look, no result")
    arguments = parser.parse_args()
    report = Report(on_figure=progress)
    with (
        tempfile.TemporaryDirectory(prefix="wppmt-bench-", ignore_cleanup_errors=True) as folder,
        Receiver() as receiver,
        FileServer() as web,
    ):
        daemon = Daemon(
            Path(folder),
            WPP_EGRESS_ALLOW=f"{receiver.sink.target},{web.target}",
            WPP_SIMULATOR_ACK_MS=str(ACK_MS),
            # Counted, but never reached.
            WPP_RATE_LIMIT="1000000",
        )
        try:
            run(Bench(daemon, receiver, report, QUICK if arguments.quick else Plan(), progress), web)
        finally:
            daemon.end()
    measure_outbox(report, progress, quick=arguments.quick)
    measure_scrape(report, progress, quick=arguments.quick)
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(
        json.dumps(report.as_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    print(report.table())  # noqa: T201 - what it is for


def run(bench: Bench, web: FileServer) -> None:
    """The quiet measures first, the crowd last."""
    bench.daemon.start()
    measure_starts(bench)
    measure_peer(bench)
    measure_page(bench)
    tenant = bench.tenant("cliente-0").connect()
    measure_sends(bench, tenant)
    measure_events(bench, tenant)
    measure_bursts(bench, tenant)
    measure_waking(bench, tenant)
    measure_lists(bench)
    crowd = measure_crowds(bench, tenant)
    measure_idle(bench, crowd)
    measure_restores(bench, crowd)
    measure_media(bench, web, *crowd[:2])
    measure_voice(bench, *crowd[:2])
    measure_requests(bench, crowd)
    bench.daemon.stop()


_began = time.monotonic()


def progress(step: str) -> None:
    print(f"{time.monotonic() - _began:6.1f} s  {step}", file=sys.stderr, flush=True)  # noqa: T201 - for who waits


if __name__ == "__main__":
    main()
