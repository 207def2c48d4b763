"""The page of commands and the manual page name every command, and the page every option, that there is; and no other."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from wppmt.__main__ import main

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "comandos.md").read_text(encoding="utf-8")
MANUAL = (ROOT / "debian" / "wppmt.1").read_text(encoding="utf-8").replace("\\-", "-")
ELSEWHERE = {"sim", "simulator"}
"""Explained in docs/simulador.md."""


def commands(group: click.Group, path: str = "wppmt") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group) and name not in ELSEWHERE:
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def lines_about(path: str) -> list[str]:
    *group, name = path.split()
    beside = rf"`{' '.join(group)} [^|]*`{name}`" if len(group) > 1 else "(?!)"
    return [
        line
        for line in PAGE.splitlines()
        if line.startswith("|") and re.search(rf"`{path}\b(?!-)|{beside}", line)
    ]


@pytest.mark.parametrize(
    ("path", "command"), list(commands(main)), ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_command_and_option_is_on_the_page(path: str, command: click.Command):
    lines = lines_about(path)
    assert lines
    options = [name for parameter in command.params for name in parameter.opts if name.startswith("--")]
    missing = {name for name in options if not any(name in line for line in lines)} - {"--json"}
    assert path.split()[1] in ELSEWHERE or not missing


def test_no_command_is_on_the_page_that_there_is_not():
    known = {path for path, _ in commands(main)} | {f"wppmt {name}" for name in main.commands}
    named = re.findall(r"`(wppmt (?:[a-z-]+)(?: [a-z-]+)?)\b", PAGE)
    assert {" ".join(one.split()[: 3 if one in known else 2]) for one in named} <= known


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_is_in_the_manual_page(name: str):
    assert re.search(rf'(^|[ ,"]){re.escape(name)}\b', MANUAL, re.MULTILINE)


def typed() -> Iterator[tuple[str, str]]:
    """Every command of ours in a block of any page, with the page's name."""
    known = "|".join(sorted(main.commands, key=len, reverse=True))
    for page in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]):
        blocks = re.findall(
            r"^```(?:bash|sh)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        )
        for block in blocks:
            joined = block.replace("\\\n", " ")
            for line in re.findall(rf"\bwppmt ((?:{known})\b(?:'[^']*'|[^|;)\n#&>])*)", joined):
                yield page.name, line.strip()


@pytest.mark.parametrize(("page", "line"), sorted(set(typed())))
def test_every_command_that_a_page_types_is_written_right(page: str, line: str):
    command: click.Command = main
    words = shlex.split(line)
    while isinstance(command, click.Group) and words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    try:
        command.make_context(line, words)
    except click.BadParameter as wrong:
        # A file of the reader's own may not be here.
        if not isinstance(wrong.param and wrong.param.type, click.Path):
            pytest.fail(f"{page}: {wrong.message}")
