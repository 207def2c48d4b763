"""The operator's manual and the product agree."""

from __future__ import annotations

import re
from pathlib import Path

from wppmt.app.settings import keys
from wppmt.domain.alerts import AlertCode
from wppmt.domain.reasons import Reason

ROOT = Path(__file__).parents[2]
MANUAL = (ROOT / "docs" / "operacao.md").read_text(encoding="utf-8")


def explained(title: str) -> list[str]:
    """The codes in the table of this section, each with what happened and what to do."""
    [section] = re.findall(rf"^## {title}\n(.*?)^## ", MANUAL, re.MULTILINE | re.DOTALL)
    return re.findall(r"^\| `([A-Z_]+)` \| [^|]{5,} \| [^|]{4,} \|$", section, re.MULTILINE)


def test_every_reason_is_explained_once():
    assert sorted(explained("O que cada motivo significa")) == sorted(Reason)


def test_every_alert_is_explained_once():
    assert sorted(explained("Alertas")) == sorted(AlertCode)


def test_every_variable_named_exists():
    known = {env.name for _, _, env in keys()}
    assert set(re.findall(r"`((?:WPP|WEBHOOK|REDIS)_[A-Z_]+)`", MANUAL)) - set(AlertCode) <= known


PACKAGES = {
    "age": "age", "curl": "curl", "fuser": "psmisc", "git": "git", "jq": "jq", "make": "make", "openssl": "openssl",
    "sudo": "sudo",
}  # fmt: skip
"""Commands of the manual that a minimal Debian lacks, and what brings them."""
MINIMAL = {
    "adduser", "apt-get", "cat", "cd", "chmod", "cp", "date", "df", "du", "echo", "env", "install", "journalctl", "ln", "mv",
    "printf", "rm", "sort", "systemctl", "tail", "tar", "umask",
}  # fmt: skip
"""What a minimal Debian 12 with systemd has, and the shell itself."""


def commands() -> set[str]:
    """The first word of every command in the manual's blocks."""
    blocks = "\n".join(re.findall(r"^```bash\n(.*?)^```$", MANUAL, re.MULTILINE | re.DOTALL))
    joined = re.sub(r"\\\n", " ", blocks)
    quoted = re.sub(r"'[^']*'", "''", joined)
    bare = re.sub(r"(^|\s)#.*$", "", quoted, flags=re.MULTILINE)
    bare = re.sub(r"^\w+=\$\(", "$(", bare, flags=re.MULTILINE)
    starts = re.findall(r"(?:^|\||&&|\$\()\s*((?:\w+=\S*\s+)*)([\w./-]+)", bare, re.MULTILINE)
    return {command for _, command in starts}


def test_every_command_it_uses_is_in_a_minimal_debian_or_in_its_list():
    listed = re.search(r"apt-get install -y (.*?)\nadduser", MANUAL, re.DOTALL)
    assert listed
    packages = set(listed[1].replace("\\", " ").split())
    used = commands() - {"wppmt"}
    assert used <= MINIMAL | set(PACKAGES)
    assert {PACKAGES[command] for command in used & set(PACKAGES)} <= packages


def test_setup_would_install_nothing_more():
    listed = re.search(r"apt-get install -y (.*?)\nadduser", MANUAL, re.DOTALL)
    needed = re.findall(r"\bneed \S+ ((?:[a-z0-9-]+ ?)+)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert listed
    assert {package for packages in needed for package in packages.split()} - {"python3"} <= set(
        listed[1].split()
    )
