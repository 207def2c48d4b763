"""Click's own texts in Portuguese. Click looks them up by gettext, whose catalogue would depend on the caller's locale."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping

import click

TEXTS: Mapping[str, str] = {
    # Help
    "Usage:": "Uso:",
    "Options": "Opções",
    "Commands": "Comandos",
    "Positional arguments": "Argumentos",
    "Show this message and exit.": "Mostra esta ajuda e sai.",
    "Show the version and exit.": "Mostra a versão e sai.",
    "%(prog)s, version %(version)s": "%(prog)s, versão %(version)s",
    "default: {default}": "padrão: {default}",
    "(dynamic)": "(calculado)",
    "env var: {var}": "variável de ambiente: {var}",
    "required": "obrigatório",
    "deprecated": "obsoleto",
    "DeprecationWarning: The command {name!r} is deprecated.{extra_message}": (
        "Aviso: o comando {name!r} é obsoleto.{extra_message}"
    ),
    "DeprecationWarning: The {param_type} {name!r} is deprecated.{extra_message}": (
        "Aviso: {param_type} {name!r} é obsoleto.{extra_message}"
    ),
    # Errors
    "Error: {message}": "Erro: {message}",
    "Try '{command} {option}' for help.": "Veja a ajuda: {command} {option}",
    "Aborted!": "Interrompido!",
    "unknown error": "erro desconhecido",
    "Missing command.": "Falta o comando.",
    "Missing argument": "Falta o argumento",
    "Missing option": "Falta a opção",
    "Missing parameter": "Falta o parâmetro",
    "Missing {param_type}": "Falta {param_type}",
    "Missing parameter: {param_name}": "Falta o parâmetro {param_name}",
    "No such option {name!r}.": "A opção {name!r} não existe.",
    "No such command {name!r}.": "O comando {name!r} não existe.",
    "Did you mean {possibility}?": "Você quis dizer {possibility}?",
    "(Did you mean one of: {possibilities}?)": "(Você quis dizer um destes: {possibilities}?)",
    "Invalid value: {message}": "Valor inválido: {message}",
    "Invalid value for {param_hint}: {message}": "Valor inválido para {param_hint}: {message}",
    "Value must be an iterable.": "O valor deve ser uma lista.",
    "Got unexpected extra argument ({args})": "Argumento a mais ({args})",
    "Got unexpected extra arguments ({args})": "Argumentos a mais ({args})",
    "Option {name!r} does not take a value.": "A opção {name!r} não aceita um valor.",
    "Option {name!r} requires an argument.": "A opção {name!r} precisa de um valor.",
    "Option {name!r} requires {nargs} arguments.": "A opção {name!r} precisa de {nargs} valores.",
    "Argument {name!r} takes {nargs} values.": "O argumento {name!r} precisa de {nargs} valores.",
    "Takes {nargs} values but 1 was given.": "Precisa de {nargs} valores; foi dado 1.",
    "Takes {nargs} values but {len} were given.": "Precisa de {nargs} valores; foram dados {len}.",
    "{len_type} values are required, but {len_value} was given.": (
        "São necessários {len_type} valores; foi dado {len_value}."
    ),
    "{len_type} values are required, but {len_value} were given.": (
        "São necessários {len_type} valores; foram dados {len_value}."
    ),
    "Invalid start character for option ({option})": "Opção com começo inválido ({option})",
    # Types
    "{value!r} is not a valid {number_type}.": "{value!r} não é um número válido.",
    "{value} is not in the range {range}.": "{value} está fora do intervalo {range}.",
    "{value!r} is not a valid boolean. Recognized values: {states}": (
        "{value!r} não é verdadeiro nem falso. Valores aceitos: {states}"
    ),
    "{value!r} is not a valid UUID.": "{value!r} não é um UUID válido.",
    "{value!r} is not {choice}.": "{value!r} não é {choice}.",
    "{value!r} is not one of {choices}.": "{value!r} não é um destes: {choices}.",
    "Choose from:\n\t{choices}": "Escolha um destes:\n\t{choices}",
    "Choice({choices})": "Escolha({choices})",
    "{value!r} does not match the format {format}.": "{value!r} não tem o formato {format}.",
    "{value!r} does not match the formats {formats}.": "{value!r} não tem nenhum dos formatos {formats}.",
    "file": "arquivo",
    "directory": "pasta",
    "path": "caminho",
    "{name} {filename!r} does not exist.": "{name} {filename!r} não existe.",
    "{name} {filename!r} is a file.": "{name} {filename!r} é um arquivo.",
    "{name} {filename!r} is a directory.": "{name} {filename!r} é uma pasta.",
    "{name} {filename!r} is not readable.": "{name} {filename!r} não pode ser lido.",
    "{name} {filename!r} is not writable.": "{name} {filename!r} não pode ser gravado.",
    "{name} {filename!r} is not executable.": "{name} {filename!r} não é executável.",
    "Could not open file {filename!r}: {message}": "Não foi possível abrir o arquivo {filename!r}: {message}",
    # Prompts
    "Do you want to continue?": "Continuar?",
    "Confirm the action without prompting.": "Confirma sem perguntar.",
    "Repeat for confirmation": "Repita para confirmar",
    "Error: The two entered values do not match.": "Erro: os dois valores são diferentes.",
    "Error: invalid input": "Erro: resposta inválida",
    "Press any key to continue...": "Tecle algo para continuar...",
    "d": "d",
    "{editor}: Editing failed": "{editor}: a edição falhou",
    "{editor}: Editing failed: {e}": "{editor}: a edição falhou: {e}",
    # Shell completion
    "Couldn't detect Bash version, shell completion is not supported.": (
        "Não foi possível descobrir a versão do Bash: sem autocompletar."
    ),
    "Shell completion is not supported for Bash versions older than 4.4.": (
        "O autocompletar precisa do Bash 4.4 ou mais novo."
    ),
}
PLACEHOLDERS: Mapping[str, str] = {
    "text": "TEXTO",
    "integer": "N",
    "integer range": "N",
    "float": "N",
    "float range": "N",
    "arquivo": "ARQUIVO",
}
"""By the name of an option's type."""


def speak_portuguese(command: click.Command) -> click.Command:
    """Let click, and this command with all below it, show Portuguese whatever the locale."""
    for found in pkgutil.iter_modules(click.__path__):
        if found.name != "_winconsole":
            module = importlib.import_module(f"click.{found.name}")
            for name, lookup in (("_", _look_up), ("ngettext", _look_up_plural)):
                if hasattr(module, name):
                    setattr(module, name, lookup)
    name_placeholders(command)
    return command


def _look_up(text: str) -> str:
    return TEXTS.get(text, text)


def _look_up_plural(singular: str, plural: str, count: int) -> str:
    return _look_up(singular if count == 1 else plural)


def name_placeholders(command: click.Command) -> None:
    """What click named when the command was made."""
    command.options_metavar = "[OPÇÕES]"
    for parameter in command.params:
        if isinstance(parameter.type, click.Path):
            parameter.type.name = _look_up(parameter.type.name)
        if isinstance(parameter, click.Option) and not parameter.is_flag:
            parameter.metavar = parameter.metavar or PLACEHOLDERS.get(parameter.type.name)
    if isinstance(command, click.Group):
        command.subcommand_metavar = "COMANDO [ARGUMENTOS]..."
        for inner in command.commands.values():
            name_placeholders(inner)
