"""The module table without a browser: what is defined wrongly, and what is broken on purpose, is told by name."""

import json
import subprocess
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "wppmt" / "simulator" / "page"
FACTS = {"build": "2.3000.1", "modules": {"WAWebCmd": ["Cmd"], "WAWebWid": ["default"]}}
PRELUDE = f"""
  const FACTS = {json.dumps(FACTS)};
  const options = {{ missing: {{}}, modulesLateMs: 0 }};
  const link = {{ on() {{}} }};
  const login = {{}};
  const sleep = () => Promise.resolve();
  const window = globalThis;
  setTimeout = () => {{}};
"""


def run(body: str) -> str:
    """What an expression says, or the text of its error."""
    parts = [PRELUDE, *((PAGE / name).read_text() for name in ("registry.js", "table.js"))]
    parts.append(f"let said; try {{ said = ({body})() }} catch (error) {{ said = error.message }}")
    script = "\n".join([*parts, "process.stdout.write(String(said));"])
    return subprocess.run(["node", "-"], input=script, capture_output=True, text=True, check=True).stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("define('WAWebNew', () => ({}))", "WAWebNew is not in build 2.3000.1"),
        ("define('WAWebCmd', () => ({})); define('WAWebCmd', () => ({}))", "WAWebCmd is defined twice"),
        (
            "define('WAWebCmd', () => ({ Command: 1 })); importNamespace('WAWebCmd')",
            "WAWebCmd.Command is not in build 2.3000.1",
        ),
        ("importNamespace('WAWebCmd').Cmd()", "NotSimulated: WAWebCmd.Cmd"),
        ("importNamespace('WAWebCmd').Cmd.on", "NotSimulated: WAWebCmd.Cmd"),
        ("importNamespace('WAWebNew')", 'Requiring unknown module "WAWebNew"'),
        (
            "missing.set('WAWebCmd', 'throws'); publish(['WAWebCmd']); requireModule('WAWebCmd').Cmd",
            "WAWebCmd.Cmd is broken",
        ),
        (
            "missing.set('WAWebCmd', 'hidden'); publish(['WAWebCmd']); requireModule('WAWebCmd')",
            'Requiring unknown module "WAWebCmd"',
        ),
    ],
)
def test_what_is_wrong_with_a_module_is_told_by_its_name(body: str, said: str) -> None:
    *before, last = body.split("; ")
    assert run(f"() => {{ {'; '.join(before)}; return {last} }}") == said


@pytest.mark.slow
def test_a_lone_default_is_what_require_gives() -> None:
    define = "define('WAWebWid', () => ({ default: 7 })); publish(['WAWebWid']);"
    assert (
        run(f"() => {{ {define} return [requireModule('WAWebWid'), visible('WAWebWid').default] }}") == "7,7"
    )


@pytest.mark.slow
def test_the_table_has_its_real_size() -> None:
    grow = "publishModules([options]); fill(LAST_OF_FIRST_WAVES); return Object.keys(table).length"
    assert run(f"() => {{ {grow} }}") == "13327"
