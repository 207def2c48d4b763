"""The verdict of `wppmt doctor --sandbox`, each line broken once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wppmt.cli.sandbox_probe import Machine, Seen, judge

OUTSIDE = {"user": "user:[1]", "pid": "pid:[1]", "net": "net:[1]"}
INSIDE = {"user": "user:[2]", "pid": "pid:[2]", "net": "net:[2]"}
CHROME = Seen(10, "chromium --user-data-dir=/t/a about:blank", {998}, 0, OUTSIDE)
GPU = Seen(11, "chromium --type=gpu-process", {998}, 0, OUTSIDE)
PAGE = Seen(12, "chromium --type=renderer --lang=pt", {998}, 2, INSIDE)
GOOD = Machine([CHROME, GPU, PAGE], [CHROME.command, "python -m wppmt serve"], (), ["segredo-comprido"])


def complaints(machine: Machine) -> list[str]:
    return [f"{finding.text}. {finding.advice}" for finding in judge(machine) if not finding.fine]


def test_all_is_well():
    assert complaints(GOOD) == []


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (replace(GOOD, browsers=[]), "Nenhum navegador pôde ser examinado"),
        (replace(GOOD, browsers=[CHROME]), "0 página"),
        (replace(GOOD, browsers=[CHROME, PAGE, replace(GPU, users={998, 0})]), "root"),
        (replace(GOOD, browsers=[CHROME, replace(PAGE, seccomp=0)]), "seccomp"),
        (replace(GOOD, browsers=[CHROME, PAGE, replace(PAGE, pid=13, seccomp=1)]), "pid 13"),
        *[
            (replace(GOOD, browsers=[CHROME, replace(PAGE, namespaces=INSIDE | {name: OUTSIDE[name]})]), name)
            for name in OUTSIDE
        ],
        (replace(GOOD, listening={9222}), "9222"),
        (replace(GOOD, commands=["chromium --x=segredo-comprido"]), "segredo"),
        (replace(GOOD, commands=["chromium --proxy-server=http://ana:senha@proxy:3128"]), "segredo"),
    ],
)  # fmt: skip
def test_each_opening_is_told(broken: Machine, words: str):
    [said] = complaints(broken)
    assert words in said


def test_what_may_not_be_looked_at_is_no_proof():
    said = complaints(replace(GOOD, browsers=[CHROME, replace(PAGE, namespaces=None)]))
    assert len(said) == 3
    assert all("root" in line for line in said)
