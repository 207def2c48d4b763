"""`POST /api/admin/imports`."""

from __future__ import annotations

from tests.http.conftest import Api, token
from tests.http.fakes import BORN
from wppmt.domain.messages import ROOT_ACTOR
from wppmt.domain.move_messages import TakeUp
from wppmt.store.records import Desired, imported

ADMIN = token(scope="wpp:admin")
PATH = "/api/admin/imports"


async def test_a_profile_that_waits_becomes_a_stopped_session(api: Api):
    api.waiting_imports.add("loja")
    answer = await api.post(PATH, {"sessionId": "loja"}, token=ADMIN)
    assert (answer.status, answer.body) == (
        201,
        {"success": True, "sessionId": "loja", "status": "disconnected"},
    )
    assert api.front.asked == [(ROOT_ACTOR, TakeUp("loja"))]
    assert api.cluster.claims == ["loja"]
    record = api.front.records["loja"]
    assert (record.desired, record.has_login) == (Desired.STOPPED, True)
    [entry] = api.store.audited
    assert (entry.action, entry.session_id) == ("session.import", "loja")


async def test_what_is_refused(api: Api):
    api.front.has("here")
    api.waiting_imports |= {"here", "stopped"}
    # Of which no actor is left, or none yet.
    api.front.records["stopped"] = imported("stopped", BORN)
    exists = await api.post(PATH, {"sessionId": "here"}, token=ADMIN)
    assert (exists.status, exists.body["code"]) == (409, "SESSION_EXISTS")
    assert (await api.post(PATH, {"sessionId": "stopped"}, token=ADMIN)).body["code"] == "SESSION_EXISTS"
    nothing = await api.post(PATH, {"sessionId": "loja"}, token=ADMIN)
    assert (nothing.status, nothing.body["details"][0]["field"]) == (400, "sessionId")
    assert (await api.post(PATH, {"sessionId": "../x"}, token=ADMIN)).status == 400
    assert (await api.post(PATH, {"sessionId": "loja"})).status == 403
    assert not api.front.asked
