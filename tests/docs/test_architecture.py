"""docs/ARCHITECTURE.md shows calls that exist, and what it says of the shape of the code is true."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.docs.diagrams import DIAGRAMS, redrawn

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/ARCHITECTURE.md").read_text()


OURS = [
    path
    for package in ("wppmt", "actors")
    for path in (ROOT / package).rglob("*")
    if path.suffix in {".py", ".js", ".mjs", ".css", ".html"} and "node_modules" not in path.parts
]
MODULES = [path for path in OURS if path.suffix == ".py"]


def names() -> set[str]:
    """Every class, function and method of the product; methods with their class, too."""
    found = set()
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                found |= {f"{node.name}.{inner.name}" for inner in node.body if isinstance(inner, FUNCTIONS)}
            if isinstance(node, ast.ClassDef | FUNCTIONS):
                found.add(node.name)
    return found


FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def test_every_arrow_is_a_call_or_a_message_that_exists():
    arrows = re.findall(r"^ +\w+-?->>\w+: (.+)$", TEXT, re.MULTILINE)
    said = {
        name
        for arrow in arrows
        for name in re.findall(r"\b[A-Z]\w+\.[a-z]\w+|\b[A-Z][a-z]\w+\b|\b\w+_\w+\b", arrow)
    }
    page_events = {"send_text", "ack_changed", "message_received"}
    assert len(arrows) > 30
    assert said - names() - page_events == set()


def test_every_file_and_folder_that_is_named_exists():
    paths = re.findall(r"\b(?:actors|wppmt|tests)/[\w/.]*\w", TEXT)
    assert {path for path in paths if not (ROOT / path).exists()} == set()


def test_every_diagram_is_drawn_from_its_table_as_it_is_now():
    assert set(re.findall(r"<!-- drawn: (\w+) -->", TEXT)) == DIAGRAMS.keys()
    assert redrawn(TEXT) == TEXT, "make docs"


def test_a_stale_diagram_is_noticed():
    stale = TEXT.replace("connected --> disconnected: closed\n", "")
    assert redrawn(stale) == TEXT != stale


def test_no_function_is_longer_than_fifty_lines():
    long = {
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, FUNCTIONS) and lines_of(node) > 50
    }
    assert long == set()


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert function.end_lineno
    return function.end_lineno - function.lineno + 1


def test_no_file_is_longer_than_three_hundred_lines():
    assert len(OURS) > len(MODULES) > 300
    assert {path for path in OURS if len(path.read_text().splitlines()) > 300} == set()
