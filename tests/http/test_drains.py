"""A session is asked to go to a machine of the cluster, and a machine to be emptied."""

from __future__ import annotations

import pytest

from tests.http.conftest import Api, token
from wppmt.domain.errors import Code, Refusal
from wppmt.http.ports import Alone

ADMIN = token(scope="wpp:admin")
MOVE = "/api/admin/sessions/a/move"


async def test_a_move_to_a_machine_is_a_job(api: Api):
    api.front.has("a")
    answer = await api.post(MOVE, {"machine": "m2"}, token=ADMIN)
    assert (answer.status, answer.body["job"]) == (202, "job_1")
    assert api.cluster.moved == [("a", "m2")]
    assert not api.moves.begun
    [entry] = api.store.audited
    assert (entry.action, entry.session_id) == ("session.move", "a")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "to"),
        ({"token": "x"}, "to"),
        ({"to": "https://x.test"}, "token"),
        ({"machine": "m2", "to": "https://x.test", "token": "x"}, "machine"),
        ({"machine": "m2", "token": "x"}, "machine"),
        ({"machine": "m 2"}, "machine"),
    ],
)
async def test_it_is_one_or_the_other(api: Api, body: dict[str, str], field: str):
    api.front.has("a")
    answer = await api.post(MOVE, body, token=ADMIN)
    assert (answer.status, answer.body["details"][0]["field"]) == (400, field)
    assert not api.cluster.moved
    assert not api.moves.begun


async def test_what_the_cluster_refuses_is_refused(api: Api):
    api.front.has("a")
    api.cluster.refusal = Refusal(Code.CLUSTER_UNAVAILABLE, retry_after=2)
    for path, body in ((MOVE, {"machine": "m2"}), ("/api/admin/cluster/machines/m1/drain", None)):
        answer = await api.post(path, body, token=ADMIN)
        assert (answer.status, answer.body["code"]) == (503, "CLUSTER_UNAVAILABLE")


@pytest.mark.parametrize(("word", "is_wanted"), [("drain", True), ("undrain", False)])
async def test_a_machine_is_emptied_and_takes_sessions_again(api: Api, word: str, is_wanted: bool):
    answer = await api.post(f"/api/admin/cluster/machines/m1/{word}", None, token=ADMIN)
    assert (answer.status, answer.body["machine"], answer.body["drained"]) == (200, "m1", is_wanted)
    assert api.cluster.drained == [("m1", is_wanted)]
    [entry] = api.store.audited
    assert (entry.action, entry.target) == (f"machine.{word}", "m1")


async def test_only_who_may_do_everything_empties_a_machine(api: Api):
    path = "/api/admin/cluster/machines/m1/drain"
    for shown in (token(), token(scope="wpp:admin", sessions=["a"])):
        assert (await api.post(path, None, token=shown)).status == 403
    assert (await api.post("/api/admin/cluster/machines/m%201/drain", None, token=ADMIN)).status == 400
    assert not api.cluster.drained


async def test_alone_there_is_no_machine_to_go_to():
    for asked in (Alone().move("a", "m2"), Alone().drain("m2", wanted=True)):
        with pytest.raises(Refusal) as refusal:
            await asked
        assert "WPP_CLUSTER_ETCD" in refusal.value.details[0]["problem"]
