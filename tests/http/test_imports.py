"""`POST /api/admin/imports`."""

from __future__ import annotations

from tests.http.conftest import Api, token
from wppmt.domain.messages import ROOT, TakeIn
from wppmt.store.records import Desired

ADMIN = token(scope="wpp:admin")
PATH = "/api/admin/imports"


async def test_a_profile_that_waits_becomes_a_stopped_session(api: Api):
    api.waiting_imports.add("loja")
    answer = await api.post(PATH, {"sessionId": "loja"}, token=ADMIN)
    assert (answer.status, answer.body) == (
        201,
        {"success": True, "sessionId": "loja", "status": "disconnected"},
    )
    [(address, asked)] = api.front.asked
    assert address == ROOT
    assert isinstance(asked, TakeIn)
    assert asked.record
    assert (asked.record.id, asked.record.desired, asked.record.has_login) == ("loja", Desired.STOPPED, True)
    [entry] = api.store.audited
    assert (entry.action, entry.session_id) == ("session.import", "loja")


async def test_what_is_refused(api: Api):
    api.front.has("here")
    api.waiting_imports.add("here")
    exists = await api.post(PATH, {"sessionId": "here"}, token=ADMIN)
    assert (exists.status, exists.body["code"]) == (409, "SESSION_EXISTS")
    nothing = await api.post(PATH, {"sessionId": "loja"}, token=ADMIN)
    assert (nothing.status, nothing.body["details"][0]["field"]) == (400, "sessionId")
    assert (await api.post(PATH, {"sessionId": "../x"}, token=ADMIN)).status == 400
    assert (await api.post(PATH, {"sessionId": "loja"})).status == 403
    assert not api.front.asked
