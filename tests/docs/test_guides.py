"""The guides can be followed one after the other on one simulator, and none waits without end."""

from __future__ import annotations

import re
import subprocess
from itertools import combinations
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDES = {
    "first screen": ROOT / "wppmt" / "cli" / "serve.py",
    "messages": ROOT / "docs" / "mensagens.md",
    "api": ROOT / "docs" / "api.md",
    "simulator": ROOT / "docs" / "simulador.md",
}


def numbers(guide: str) -> set[str]:
    return set(re.findall(r"\b55\d{11}\b", GUIDES[guide].read_text(encoding="utf-8")))


def sessions(guide: str) -> set[str]:
    text = GUIDES[guide].read_text(encoding="utf-8")
    return set(re.findall(r"/api/sessions/([a-z0-9-]+)/start", text))


@pytest.mark.parametrize(("one", "other"), list(combinations(GUIDES, 2)))
def test_two_guides_share_neither_numbers_nor_sessions(one: str, other: str):
    assert numbers(one)
    assert not numbers(one) & numbers(other)
    assert sessions(one)
    assert not sessions(one) & sessions(other)


def waiting() -> str:
    text = GUIDES["simulator"].read_text(encoding="utf-8")
    found = re.search(r"^espera\(\) \{.*?^\}$", text, re.MULTILINE | re.DOTALL)
    assert found
    return found[0]


@pytest.mark.parametrize(
    ("state", "code", "said"), [("connected", 0, ""), ("error", 1, "não chegou a connected")]
)
def test_the_simulator_guide_waits_with_a_limit_and_then_says_so(state: str, code: int, said: str):
    script = f"""URL=x
chamar() {{ echo '{{"status": "{state}"}}'; }}
sleep() {{ :; }}
{waiting()}
espera padaria connected"""
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == code
    assert said in done.stderr


def test_no_guide_has_a_loop_without_end():
    for guide in GUIDES.values():
        assert not re.search(r"\b(until|while) ", guide.read_text(encoding="utf-8").replace("durante", ""))
