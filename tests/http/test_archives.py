"""Backup and restore over HTTP: who may, what a job says, and that an archive comes through as it was sent."""

from __future__ import annotations

import pytest

from tests.http.conftest import Api, token
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.states import State

ADMIN = token(scope="wpp:admin", sub="ops")
OF_A = token(scope="wpp:admin", sessions=["a"])
RESTORE = "/api/admin/sessions/restore"


@pytest.fixture(autouse=True)
def session(api: Api) -> None:
    api.front.has("a", State.CONNECTED)


async def test_a_backup_is_a_job(api: Api):
    begun = await api.post("/api/admin/sessions/a/backup", token=ADMIN)
    assert (begun.status, begun.body["sessionId"]) == (202, "a")
    shown = await api.get(f"/api/admin/jobs/{begun.body['job']}", token=ADMIN)
    assert (shown.status, shown.body["status"], shown.body["file"], shown.body["error"]) == (
        200, "done", "/backups/a.wppmt", None,
    )  # fmt: skip
    [entry] = api.store.audited
    assert (entry.action, entry.who, entry.session_id) == ("session.backup", "ops", "a")


async def test_an_archive_comes_as_it_was_sent(api: Api):
    content = bytes(range(256)) * 20_000
    answer = await api.call("POST", RESTORE, data=content, token=ADMIN)
    assert (answer.status, answer.body["sessionId"]) == (202, "restored")
    assert api.archives.received == content
    [entry] = api.store.audited
    assert (entry.action, entry.session_id) == ("session.take_in", "restored")


async def test_more_than_a_request_may_have_otherwise(api: Api):
    content = bytes(12 * 1024 * 1024)
    assert (await api.call("POST", RESTORE, data=content, token=ADMIN)).status == 202
    assert len(api.archives.received) == len(content)
    answer = await api.call("POST", "/api/sessions/a/start", data=content, token=ADMIN)
    assert answer.body["code"] == "PAYLOAD_TOO_LARGE"


async def test_only_who_may_for_all_restores(api: Api):
    answer = await api.call("POST", RESTORE, data=b"x", token=OF_A)
    assert (answer.status, answer.body["code"]) == (403, "FORBIDDEN")
    assert api.archives.received == b""
    answer = await api.call("POST", RESTORE, data=b"x", token=token())
    assert answer.status == 403


async def test_without_a_body_nothing_is_restored(api: Api):
    answer = await api.post(RESTORE, token=ADMIN)
    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")


async def test_a_job_of_anothers_session_is_unknown(api: Api):
    api.front.has("b", State.CONNECTED)
    begun = await api.post("/api/admin/sessions/b/backup", token=ADMIN)
    for who, job in ((OF_A, begun.body["job"]), (ADMIN, "job_none")):
        answer = await api.get(f"/api/admin/jobs/{job}", token=who)
        assert (answer.status, answer.body["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("code", "status"), [(Code.NO_ARCHIVE_KEY, 409), (Code.ARCHIVE_REFUSED, 422), (Code.SESSION_EXISTS, 409)]
)
async def test_what_is_refused_says_why_and_is_not_in_the_audit_trail(api: Api, code: Code, status: int):
    api.archives.refusal = Refusal(code, details=[{"field": "archive", "problem": "está cortado"}])
    answer = await api.call("POST", RESTORE, data=b"x", token=ADMIN)
    assert (answer.status, answer.body["code"]) == (status, code.value)
    assert answer.body["details"] == [{"field": "archive", "problem": "está cortado"}]
    assert api.store.audited == []
