"""Whatever click says, it says in Portuguese, in any locale."""

from __future__ import annotations

import ast
import os
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from wppmt.__main__ import main
from wppmt.cli.portuguese import TEXTS, speak_portuguese

FOR_PROGRAMMERS = {
    "Could not determine name for option with declarations {decls!r}",
    (
        "No options defined but a name was passed ({name}). Did you mean to declare an argument instead? "
        "Did you mean to pass '--{name}'?"
    ),
    "Arguments take exactly one parameter declaration, got {length}: {decls}.",
    "Name '{name}' defined twice",
    "Boolean option {decl!r} cannot use the same flag for true/false.",
    "Unknown color {colour!r}",
    "Unknown standard stream '{name}'",
}
"""Raised while a command is being written; no user ever sees them."""
ENGLISH = re.compile(
    r"Usage|Options|Commands|Error|Show this|OPTIONS|ARGS|Try '|--\S+ (TEXT|INTEGER|FLOAT|PATH|FILE|DIRECTORY)\b|default:"
)
"""The frame's words. Arguments are named as they are in the code."""


def looked_up() -> Iterator[str]:
    """Every text that the installed click translates, but on Windows."""
    for file in Path(click.__file__).parent.glob("*.py"):
        if file.name == "_winconsole.py":
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"_", "ngettext"}
            ):
                yield from (
                    argument.value
                    for argument in node.args
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
                )


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_text_that_click_shows_is_translated():
    assert set(looked_up()) - FOR_PROGRAMMERS <= set(TEXTS)


@pytest.mark.parametrize(("english", "portuguese"), list(TEXTS.items()))
def test_a_translation_fills_in_what_click_gives(english: str, portuguese: str):
    assert fields(portuguese) <= fields(english)


def commands(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from commands(inner, (*path, name))


@pytest.mark.parametrize("path", list(commands(main)), ids=" ".join)
def test_no_help_has_an_english_frame(path: tuple[str, ...]):
    shown = CliRunner().invoke(main, [*path, "--help"]).output
    assert shown.startswith("Uso: ")
    assert "Mostra esta ajuda e sai." in shown
    assert not ENGLISH.search(shown)
    assert "..." not in shown.partition("Comandos:")[2], "the list cuts a sentence short"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nada"], "O comando 'nada' não existe."),
        (["sin"], "(Você quis dizer um destes: 'sim', 'sink'?)"),
        (["sink", "--port", "abc"], "'abc' não é um número válido."),
        (["sink", "--prt"], "A opção '--prt' não existe."),
        (["token", "--ttl", "0"], "0 está fora do intervalo x>=1."),
        (["token", "--ttl"], "A opção '--ttl' precisa de um valor."),
        (["token", "a"], "Argumento a mais (a)"),
        (["doctor", "--whatsapp", "x"], "'x' não é um destes: 'simulated', 'real'."),
        (["sim", "message", "1"], "Falta o argumento 'TO'."),
        (["sim", "message", "1", "2", "--file", "/nada"], "Arquivo '/nada' não existe."),
        (["--config", "/", "doctor"], "Arquivo '/' é uma pasta."),
    ],
)  # fmt: skip
def test_a_slip_is_reported_in_portuguese(arguments: list[str], said: str):
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert "Erro: " in result.output
    assert said in result.output
    assert "Error" not in result.output


@pytest.mark.slow
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands(shell: str):
    words = {"COMP_WORDS": "wppmt do", "COMP_CWORD": "do" if shell == "fish" else "1"}
    environ = os.environ | words | {"_WPPMT_COMPLETE": f"{shell}_complete"}
    done = subprocess.run(
        [sys.executable, "-m", "wppmt"], env=environ, capture_output=True, text=True, check=True
    )
    assert "doctor" in done.stdout


def test_a_command_of_ones_own_is_named_too():
    @click.command()
    @click.option("--port", type=int)
    def own(port: int) -> None:
        """Nada."""

    result = CliRunner().invoke(speak_portuguese(own), ["--help"])
    assert "[OPÇÕES]" in result.output
    assert "--port N" in result.output
