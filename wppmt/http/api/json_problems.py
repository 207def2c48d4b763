"""PURE: what is wrong with a text that should be JSON, in Portuguese, with line and column."""

from __future__ import annotations

from json import JSONDecodeError

_PROBLEMS = {
    "Expecting property name enclosed in double quotes": "falta um nome de campo entre aspas duplas, ou sobra uma vírgula",
    "Illegal trailing comma before end of object": "sobra uma vírgula",
    "Illegal trailing comma before end of array": "sobra uma vírgula",
    "Expecting ':' delimiter": "faltam os dois-pontos depois do nome do campo",
    "Expecting ',' delimiter": "falta uma vírgula ou o fim do objeto ou da lista",
    "Expecting value": "falta um valor",
    "Unterminated string starting at": "o texto que começa aqui não tem fim",
    "Invalid \\escape": "uma barra invertida sem sentido: escreva \\\\",
    "Invalid \\uXXXX escape": "depois de \\u vêm quatro dígitos hexadecimais",
    "Extra data": "há mais alguma coisa depois do fim do JSON",
}
_CONTROL = {"\n": "uma quebra de linha", "\r": "uma quebra de linha", "\t": "uma tabulação"}
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def syntax_problem(error: JSONDecodeError) -> str:
    """One clause. It shows nothing of the text: that may be somebody's message."""
    problem = _control(error) or next(
        (ours for theirs, ours in _PROBLEMS.items() if error.msg.startswith(theirs)), "erro de sintaxe"
    )
    return f"linha {error.lineno}, coluna {error.colno}: {problem}"


def _control(error: JSONDecodeError) -> str:
    if not error.msg.startswith("Invalid control character"):
        return ""
    char = error.doc[error.pos]
    what = _CONTROL.get(char, f"o caractere de controle U+{ord(char):04X}")
    escaped = _ESCAPES.get(char, f"\\u{ord(char):04x}")
    return f"{what} dentro de um texto: escreva {escaped}"
