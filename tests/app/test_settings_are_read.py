"""No setting is decoration: the code reads every key of config/default.toml."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

from wppmt.app.settings import Settings

ROOT = Path(__file__).parents[2]
GROUPS = {
    field.annotation.__name__: name for name, field in Settings.model_fields.items() if field.annotation
}


def test_every_key_is_read():
    default = tomllib.loads((ROOT / "config/default.toml").read_text())
    keys = {(section, key) for section, group in default.items() for key in group}
    sources = (path.read_text() for path in (ROOT / "wppmt").rglob("*.py"))
    read = keys_read(source for source in sources if "ettings" in source)
    assert keys - read == set()


def test_a_key_that_is_only_declared_or_belongs_to_others_is_not_read():
    source = """
class LogSettings:
    level: str

def use(settings, logs: LogSettings, other):
    browser, port = settings.browser, settings.http.port
    return browser.engine, logs.dir, other.keep_days, settings.logs

def later(browser):
    return browser.headless
"""
    assert keys_read([source]) == {("http", "port"), ("browser", "engine"), ("logs", "dir")}


def keys_read(sources: Iterable[str]) -> set[tuple[str, str]]:
    """Section and key of each `….section.key`, also where the section has a name of its own in a function."""
    return {found for source in sources for function in _functions(source) for found in _reads(function)}


def _functions(source: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def _reads(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, str]]:
    names = dict(_named_sections(function))
    for node in ast.walk(function):
        match node:
            case ast.Attribute(value=ast.Attribute(attr=section), attr=key) if (
                section in Settings.model_fields
            ):
                yield section, key
            case ast.Attribute(value=ast.Name(id=name), attr=key) if name in names:
                yield names[name], key


def _named_sections(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, str]]:
    for argument in function.args.args:
        if isinstance(argument.annotation, ast.Name) and argument.annotation.id in GROUPS:
            yield argument.arg, GROUPS[argument.annotation.id]
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                pairs = list(zip(targets, values, strict=True))
            case ast.Assign(targets=[target], value=value):
                pairs = [(target, value)]
            case _:
                continue
        for target, value in pairs:
            match target, value:
                case ast.Name(id=name), ast.Attribute(attr=section) if section in Settings.model_fields:
                    yield name, section
