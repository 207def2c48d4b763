"""One word for one thing, in everything that a person reads: docs/glossario.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDES = sorted(
    page
    for page in ROOT.glob("docs/*.md")
    if page.name
    not in {"ARCHITECTURE.md", "contract.md", "MULTI_TENANT_ARCHITECTURE.md", "simulator-control.md"}
)
SOURCES = sorted(
    file
    for folder in ("wppmt", "actors", "docs/exemplos")
    for file in (ROOT / folder).rglob("*.py")
    if "node_modules" not in file.parts
)
SETTINGS = ROOT / "config" / "default.toml"

ODD = {
    r"\binquilin": "cliente, ou sessão",
    r"\bpost[oa]s? de lado": "em quarentena, ou para os abandonados",
    r"\bsem falhas\b": "sem lacunas",
    r"\b(por|no|do|ao|neste|este|todo) endereço(?! (IP|de wppmt\.socket|novo|em que|de um))": "URL, ou rota",
    r"\btermina com 1\b": "sai com código 1",
    r"\bde verdade\b": "real",
    r"\bde mentira\b": "simulado",
    r"\bencomend": "provocar",
    r"\bem ordem, para\b": "normalmente",
    r"\bsem efeito a mais\b": "sem efeito adicional",
    r"\bpode bater lá\b": "pode ser entregue",
    r"\b[Pp]ôr-se em dia\b": "recuperar",
    r"\btantos segundos\b": "N segundos",
    r"\bvida (máxima|de um token)": "validade",
}
"""What was found odd or misleading, and what to say instead."""


def shown_by(file: Path) -> Iterator[str]:
    """The texts of a source file; comments and docstrings are for programmers, but for those of commands."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def prose(page: Path) -> str:
    return re.sub(r"`[^`\n]*`", "", page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", [*GUIDES, SETTINGS], ids=lambda page: page.name)
def test_guides_and_settings_use_the_glossarys_words(page: Path):
    text = " ".join(prose(page).split())
    assert {found[0]: better for odd, better in ODD.items() for found in re.finditer(odd, text)} == {}


def test_answers_and_commands_use_the_glossarys_words():
    texts = [(file.name, text) for file in SOURCES for text in shown_by(file)]
    found = {
        (name, odd): better for name, text in texts for odd, better in ODD.items() if re.search(odd, text)
    }
    assert found == {}


def test_the_glossary_explains_each_word_once():
    text = (ROOT / "docs" / "glossario.md").read_text(encoding="utf-8")
    words = re.findall(r"^\| \*\*([^*]+)\*\*", text, re.MULTILINE)
    assert len(words) == len(set(words)) > 20


def test_tenant_is_said_only_where_the_document_says_it():
    allowed = re.compile(
        r"multi[-_]?tenant|WPP_TENANT\w*|^tenant_memory\w*|TENANTS=", re.IGNORECASE | re.MULTILINE
    )
    for page in (*GUIDES, SETTINGS):
        if page.name != "glossario.md":
            assert "tenant" not in allowed.sub("", page.read_text(encoding="utf-8")).lower(), page.name
