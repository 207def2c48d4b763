"""What the API says of a cluster, and asks of it before a session is made."""

from __future__ import annotations

from tests.http.conftest import Api, token
from wppmt.domain.cluster import ClusterShown, MachineShown, MoveShown, SessionShown
from wppmt.domain.errors import Code, Refusal

ADMIN = token(scope="wpp:admin")


def machine(name: str, *, used: int, is_drained: bool = False) -> MachineShown:
    return MachineShown(
        name=name,
        url=f"https://{name}.test",
        state="ok",
        places=10,
        used=used,
        is_here=name == "a",
        is_drained=is_drained,
        wppmt="1.2.3",
        chrome="156.0.1",
        schema_version=14,
    )


SHOWN = ClusterShown(
    machine="a",
    leader="b",
    failover=True,
    machines=[machine("a", used=4), machine("b", used=12), machine("c", used=0, is_drained=True)],
    sessions=[SessionShown("loja", "b", is_owned=True, epoch=7), SessionShown("padaria", "c", False, 0)],
    moves=[MoveShown("padaria", "c", "a", "drain", "")],
)


async def test_a_machine_that_is_alone_says_so(api: Api):
    answer = await api.get("/api/admin/cluster", token=ADMIN)
    assert (answer.status, answer.body["enabled"], answer.body["machines"]) == (200, False, [])


async def test_the_operator_sees_machines_places_sessions_and_moves(api: Api):
    api.cluster.now_shown = SHOWN
    body = (await api.get("/api/admin/cluster", token=ADMIN)).body
    assert (body["enabled"], body["machine"], body["leader"], body["failover"]) == (True, "a", "b", True)
    assert [(one["name"], one["isHere"], one["isDrained"]) for one in body["machines"]] == [
        ("a", True, False),
        ("b", False, False),
        ("c", False, True),
    ]
    assert body["freeSlots"] == 6
    assert body["sessions"][0] == {"sessionId": "loja", "machine": "b", "owned": True, "epoch": 7}
    assert body["moves"] == [{"sessionId": "padaria", "from": "c", "to": "a", "why": "drain", "refused": ""}]


async def test_a_token_of_one_session_sees_that_one(api: Api):
    api.cluster.now_shown = SHOWN
    body = (await api.get("/api/admin/cluster", token=token(scope="wpp:admin", sessions=["loja"]))).body
    assert [one["sessionId"] for one in body["sessions"]] == ["loja"]
    assert body["moves"] == []


async def test_a_session_is_claimed_before_it_is_made(api: Api):
    await api.post("/api/sessions/nova/start")
    await api.post("/api/sessions", {"sessionId": "outra"})
    assert api.cluster.claims == ["nova", "outra"]


async def test_nothing_is_made_where_the_claim_is_refused(api: Api):
    api.cluster.refusal = Refusal(Code.NOT_OWNER, extra={"owner": "https://b.test"})
    answer = await api.post("/api/sessions/nova/start")
    assert (answer.status, answer.body["code"], answer.body["owner"]) == (421, "NOT_OWNER", "https://b.test")
    assert api.front.status("nova") is None
