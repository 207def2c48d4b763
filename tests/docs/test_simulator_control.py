"""docs/simulator-control.md names only routes and faults that the simulator has."""

from __future__ import annotations

import re
from pathlib import Path

from wppmt.simulator.faults import KINDS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/simulator-control.md").read_text(encoding="utf-8")
SOURCES = "".join(path.read_text() for path in sorted((ROOT / "wppmt/simulator").glob("*.py")))


def test_every_route_is_served():
    named = re.findall(r"`?(?:GET|PUT|POST|PATCH|DELETE)`? `(/sim/[^\s`?]*)", TEXT)
    assert len(named) > 15
    shapes = {
        re.sub(r"\{\w+\}", "{}", path.replace("{account}", "/sim/accounts/{phone}")) for path in served()
    }
    assert {path for path in named if re.sub(r"\{\w+\}", "{}", path) not in shapes} == set()


def served() -> list[str]:
    return re.findall(
        r"web\.(?:get|put|post|patch|delete)\(\s*f?\"?([^\",\s)]+)",
        SOURCES.replace("(account,", '("{account}",'),
    )


def test_every_fault_is_there():
    named = set(re.findall(r"`([a-z_]+)`", TEXT))
    assert named >= KINDS
