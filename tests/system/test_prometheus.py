"""A real Prometheus with the rules that are shipped: it reads a running daemon, a rule fires, and it is over."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support import free_port, wait_until
from tests.system.chromeless import chromeless
from tests.system.daemon import ROOT

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(240),
    pytest.mark.skipif(not shutil.which("prometheus"), reason="Debian: prometheus"),
]

SHIPPED = ROOT / "deploy" / "prometheus"
TARGET, PACE = "127.0.0.1:9464", "15s"
"""Of the shipped example."""


class Prometheus:
    def __init__(self, folder: Path, target: str) -> None:
        folder.mkdir()
        shutil.copy(SHIPPED / "wppmt.rules.yml", folder)
        example = (SHIPPED / "prometheus.yml").read_text(encoding="utf-8")
        assert TARGET in example
        assert PACE in example
        # Of the example only the pace and the port are changed.
        (folder / "prometheus.yml").write_text(
            example.replace(TARGET, target).replace(PACE, "1s"), encoding="utf-8"
        )
        self._folder = folder
        self._address = f"127.0.0.1:{free_port()}"

    @contextmanager
    def running(self) -> Iterator[None]:
        command = [
            "prometheus", f"--config.file={self._folder}/prometheus.yml", f"--storage.tsdb.path={self._folder}/data",
            f"--web.listen-address={self._address}", "--log.level=warn",
        ]  # fmt: skip
        with (self._folder / "output").open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            yield
        finally:
            process.terminate()
            process.wait(20)

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://{self._address}/api/v1/{path}", timeout=5) as answer:
            return json.load(answer)["data"]

    def is_up(self) -> bool:
        try:
            targets = self.get("targets")["activeTargets"]
        except OSError:
            return False
        return [(target["health"], target["lastError"]) for target in targets] == [("up", "")]

    def firing(self) -> dict[str, dict[str, Any]]:
        return {
            alert["labels"]["alertname"]: alert
            for alert in self.get("alerts")["alerts"]
            if alert["state"] == "firing"
        }


def test_a_rule_fires_and_is_over(tmp_path: Path):
    target = f"127.0.0.1:{free_port()}"
    daemon = chromeless(
        tmp_path / "daemon", WPP_METRICS_LISTEN=target, WPP_MEASURE_SECONDS="1", WPP_MEMORY_LIMIT_MB="30"
    )
    prometheus = Prometheus(tmp_path / "prometheus", target)
    try:
        daemon.start()
        with prometheus.running():
            wait_until(prometheus.is_up, 30)
            wait_until(lambda: "WppmtMemoryHigh" in prometheus.firing(), 60)
            alert = prometheus.firing()["WppmtMemoryHigh"]
            assert alert["labels"]["code"] == "MEMORY_HIGH"
            assert alert["annotations"]["description"]

            daemon.stop()
            wait_until(lambda: "WppmtDown" in prometheus.firing(), 90)
            daemon.environ["WPP_MEMORY_LIMIT_MB"] = "4000"
            daemon.start()
            wait_until(lambda: not prometheus.firing(), 30)
    finally:
        daemon.end()
