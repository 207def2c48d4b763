"""`wppmt cluster`: the machines, their sessions, and what is on its way."""

from __future__ import annotations

import json
from typing import Any

from tests.cli.conftest import Call
from tests.cli.live.stub_api import StubApi

ASKED = "GET /api/admin/cluster"


def machine(name: str, used: int, **more: Any) -> dict[str, Any]:
    return {
        "name": name, "url": f"https://{name}.exemplo:8443", "state": "ok", "isHere": False, "isDrained": False,
        "places": 10, "used": used, "version": "0.2.0", "chrome": "156.0.8078.79", "schemaVersion": 22,
    } | more  # fmt: skip


def session(name: str, where: str, *, owned: bool = True) -> dict[str, Any]:
    return {"sessionId": name, "machine": where, "owned": owned, "epoch": 7}


ANSWER: dict[str, Any] = {
    "enabled": True, "machine": "m1", "leader": "m2", "frozen": False, "failover": False, "freeSlots": 17,
    "machines": [machine("m1", 2, isHere=True), machine("m2", 1, isDrained=True)],
    "sessions": [session("loja-1", "m1"), session("loja-2", "m1"), session("loja-3", "m2")],
    "moves": [],
}  # fmt: skip


def shown(api: StubApi, ask: Call, *words: str, **more: Any) -> list[str]:
    api.answers[ASKED] = ANSWER | more
    done = ask("cluster", *words, COLUMNS="120")
    assert done.exit_code == 0, done.output
    return [line.rstrip() for line in done.output.splitlines()]


def test_each_machine_with_its_sessions_and_its_room(api: StubApi, ask: Call):
    titles, first, second = shown(api, ask)
    assert titles.split() == ["MÁQUINA", "SESSÕES", "LIVRES", "VERSÃO", "URL"]
    assert first.split() == ["m1", "2", "8", "0.2.0", "https://m1.exemplo:8443", "esta"]
    assert "líder, sendo esvaziada" in second


def test_a_machine_that_takes_no_sessions_now_says_why(api: StubApi, ask: Call):
    machines = [machine("m1", 2, state="short"), machine("m2", 1, state="resting")]
    _, first, second = shown(api, ask, machines=machines)
    assert first.endswith("sem disco ou memória")
    assert second.endswith("resting")


def test_a_machine_that_is_gone_is_shown_with_what_is_its_own(api: StubApi, ask: Call):
    lines = shown(api, ask, sessions=[*ANSWER["sessions"], session("loja-4", "m3", owned=False)])
    assert lines[-1].split()[:2] == ["m3", "1"]
    assert "não responde" in lines[-1]


def test_each_session_with_its_machine_when_asked(api: StubApi, ask: Call):
    sessions = [session("loja-1", "m1"), session("loja-2", "m2", owned=False)]
    lines = shown(api, ask, "--sessions", sessions=sessions)
    assert lines[-2].split() == ["loja-1", "m1"]
    assert "sem dona agora" in lines[-1]
    assert not any("loja-1" in line for line in shown(api, ask))


def test_what_is_on_its_way_with_why_and_what_was_refused(api: StubApi, ask: Call):
    move = {"sessionId": "loja-1", "from": "m1", "to": "m2", "why": "drain", "refused": ""}
    lines = shown(api, ask, moves=[move, move | {"why": "asked", "refused": "sem lugar em m2"}])
    assert lines[-2] == "  → loja-1: de m1 a m2, para esvaziar"
    assert lines[-1] == "  → loja-1: de m1 a m2, a pedido; recusada: sem lugar em m2"


def test_without_etcd_it_says_that_this_may_be_old(api: StubApi, ask: Call):
    assert "etcd não responde" in shown(api, ask, frozen=True)[0]


def test_alone_it_says_so(api: StubApi, ask: Call):
    (line, *_) = shown(api, ask, enabled=False, machine="", machines=[], sessions=[])
    assert "não é parte de um cluster" in line


def test_for_programs_it_is_the_answer(api: StubApi, ask: Call):
    assert json.loads("\n".join(shown(api, ask, "--json"))) == ANSWER
