"""`python -m tests.bench.cluster`: 1,000 simulated machines with 50 sessions each against three real etcd; 10 % of them die."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

from tests.bench.cluster.fleet import TooBusy
from tests.bench.cluster.report import report
from tests.bench.cluster.stage import Size, run
from tests.cluster.etcd_server import etcd_servers
from wppmt.cluster.etcd import LeaseGone

FULL, QUICK = Size(machines=1_000, sessions=50, watchers=100), Size(machines=30, sessions=10, watchers=10)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.cluster", description=__doc__)
    parser.add_argument("--json", type=Path, default=Path("var/cluster.json"), help="where the figures go")
    parser.add_argument("--quick", action="store_true", help="few machines: a look, no result")
    arguments = parser.parse_args()
    size = QUICK if arguments.quick else FULL
    with (
        tempfile.TemporaryDirectory(prefix="wppmt-bench-") as folder,
        etcd_servers(Path(folder), 3) as servers,
    ):
        try:
            result = asyncio.run(run(size, servers))
        except (TooBusy, LeaseGone):
            sys.exit("A lease ran out while its machine lived: this computer has too much else to do")
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    told = report(size, result)
    arguments.json.write_text(
        json.dumps(told.as_json(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    print(told.table())  # noqa: T201 - what it is for
    if result.doubles:
        sys.exit(f"Two owners: {result.doubles[:5]}")


if __name__ == "__main__":
    main()
