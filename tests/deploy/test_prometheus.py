"""What is shipped for Prometheus and Grafana: rules that ring for what they are made for, and no name that nobody tells."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.metrics.test_exposition import text
from wppmt.domain.alerts import AlertCode
from wppmt.domain.cluster import ClusterShown

ROOT = Path(__file__).parents[2]
PROMETHEUS, GRAFANA = ROOT / "deploy" / "prometheus", ROOT / "deploy" / "grafana"
RULES = PROMETHEUS / "wppmt.rules.yml"
RULES_TESTS = Path(__file__).parent / "wppmt.rules.test.yml"

needs_promtool = pytest.mark.skipif(
    not shutil.which("promtool"), reason="promtool is not installed (Debian: prometheus)"
)


def promtool(*arguments: str) -> None:
    said = subprocess.run(["promtool", *arguments], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


@needs_promtool
def test_rules_and_the_scrape_example_are_well_formed():
    promtool("check", "config", str(PROMETHEUS / "prometheus.yml"))


@needs_promtool
def test_every_rule_rings_for_what_it_is_made_for_and_not_for_less(tmp_path: Path):
    # promtool looks for rules beside the tests.
    shutil.copy(RULES, tmp_path)
    tests = tmp_path / RULES_TESTS.name
    tests.write_text(RULES_TESTS.read_text(encoding="utf-8"), encoding="utf-8")
    promtool("test", "rules", str(tests))


def test_every_rule_is_tested():
    named = set(re.findall(r"alert: (\w+)", RULES.read_text(encoding="utf-8")))
    tested = set(re.findall(r'alertname="(\w+)"', RULES_TESTS.read_text(encoding="utf-8")))
    assert named == tested


def test_each_row_of_the_document_has_its_rule():
    codes = set(re.findall(r"code: (\w+)", RULES.read_text(encoding="utf-8")))
    assert codes <= set(AlertCode)
    of_the_document = {
        AlertCode.MEMORY_HIGH, AlertCode.CPU_HIGH, AlertCode.FEWER_CONNECTED, AlertCode.ERROR_RATE,
        AlertCode.SLOW_RESPONSES, AlertCode.WEBHOOKS_FAILING, AlertCode.SESSION_IN_ERROR,
    }  # fmt: skip
    assert of_the_document <= codes


def told() -> set[str]:
    return {
        re.split(r"[{ ]", line)[0]
        for line in text(cluster=ClusterShown(machine="a")).decode().splitlines()
        if line[0] != "#"
    }


def names_in(words: str) -> set[str]:
    """The names of metrics in a query; a session's or a file's name is none."""
    return set(re.findall(r"\bwppmt_\w+", words))


def test_rules_use_names_that_are_told():
    lines = [line for line in RULES.read_text(encoding="utf-8").splitlines() if line.strip()[:1] != "#"]
    assert names_in("\n".join(lines)) <= told()


def queries(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (node[key] for key in ("expr", "query") if isinstance(node.get(key), str))
        for value in node.values():
            yield from queries(value)
    elif isinstance(node, list):
        for value in node:
            yield from queries(value)


@pytest.fixture(scope="module")
def dashboard() -> Any:
    return json.loads((GRAFANA / "wppmt.json").read_text(encoding="utf-8"))


def test_the_dashboard_uses_names_that_are_told(dashboard: Any):
    used = {name for query in queries(dashboard) for name in names_in(query)}
    assert used
    assert used <= told()


def test_its_panels_have_numbers_of_their_own_and_do_not_lie_over_each_other(dashboard: Any):
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells


@needs_promtool
def test_its_queries_are_queries(dashboard: Any, tmp_path: Path):
    """promtool reads them as rules; what Grafana fills in is filled in."""
    exprs = [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]
    rules = [
        {"record": f"q:{number}", "expr": expr.replace("$instance", ".*").replace("$session", ".*")}
        for number, expr in enumerate(exprs)
    ]
    file = tmp_path / "queries.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}), encoding="utf-8")
    promtool("check", "rules", str(file))
