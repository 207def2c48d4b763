"""The operator's routes."""

from __future__ import annotations

from tests.http.conftest import Api, token
from wppmt.browser.port import Usage
from wppmt.domain import messages
from wppmt.domain.figures import Figures, Recent, Sample
from wppmt.domain.process import Process
from wppmt.domain.reasons import Reason, sentence
from wppmt.domain.remedies import remedy
from wppmt.domain.states import State
from wppmt.store.outbox_records import WebhookCounts

ADMIN = token(scope="wpp:admin")


async def test_every_tenants_row(api: Api):
    process = Process(4711, 4711, "page", "session")
    api.front.has("b", State.ERROR, process=process, last_error="Dez tentativas", memory_mb=150, queue=2)
    api.front.has("a")
    api.store.counts = WebhookCounts(3, 1)
    api.store.waiting = {"b": api.time - 12.9}
    answer = await api.get("/api/admin/sessions", token=ADMIN)
    assert answer.status == 200
    first, second = answer.body["sessions"]
    assert (first["sessionId"], first["pid"], first["lastError"]) == ("a", None, None)
    assert first["webhookLagSeconds"] is None
    assert second | {
        "sessionId": "b", "status": "error", "pid": 4711, "lastError": "Dez tentativas", "memoryMb": 150, "queue": 2,
        "profileMb": 100, "webhooks": {"pending": 3, "dead": 1}, "webhookLagSeconds": 12, "desired": "running",
        "remedy": remedy(Reason.STOPPED),
    } == second  # fmt: skip


async def test_what_a_session_s_cgroup_has_used(api: Api):
    api.front.has("a", outdated="a página roda outra versão da ponte ou do wa-js")
    api.front.has("b")
    api.usage["a"] = Usage(memory_mb=400.0, memory_max_mb=2048.0, cpu_seconds=2.5, pids=61, pids_max=None)
    first, second = (await api.get("/api/admin/sessions", token=ADMIN)).body["sessions"]
    assert first["cgroup"] == {
        "memoryMb": 400.0, "memoryMaxMb": 2048.0, "cpuSeconds": 2.5, "pids": 61, "pidsMax": None,
    }  # fmt: skip
    assert "outra versão da ponte" in first["outdated"]
    assert (second["cgroup"], second["outdated"]) == (None, None)


async def test_the_actor_tree(api: Api):
    api.front.has("a")
    answer = await api.get("/api/admin/actors", token=ADMIN)
    assert [row["actor"] for row in answer.body["actors"]] == ["root", "session:a"]


async def test_what_its_page_shows(api: Api):
    api.front.has("a", process=Process(4711, 4711, "page", "session"))
    api.front.has("b", State.DISCONNECTED)
    shown = await api.get("/api/admin/sessions/a/screenshot", token=ADMIN)
    assert (shown.status, shown.headers["Content-Type"]) == (200, "image/png")
    assert shown.raw.startswith(b"\x89PNG")
    assert shown.headers["Cache-Control"] == "no-store"
    assert "X-RateLimit-Limit" not in shown.headers
    closed = await api.get("/api/admin/sessions/b/screenshot", token=ADMIN)
    assert (closed.status, closed.body["code"]) == (409, "NOT_RUNNING")
    assert (await api.get("/api/admin/sessions/a/screenshot")).status == 403


async def test_restarting_one_is_not_held_back_by_its_rate(api: Api):
    api.front.has("a", State.ERROR)
    for _ in range(2):
        answer = await api.post("/api/admin/sessions/a/restart", token=ADMIN)
        assert (answer.status, answer.body["status"]) == (202, "initializing")
        assert "X-RateLimit-Limit" not in answer.headers
    assert api.front.asked == [(messages.ROOT_ACTOR, messages.RestartSession("a"))] * 2
    unknown = await api.post("/api/admin/sessions/b/restart", token=ADMIN)
    assert (unknown.status, unknown.body["code"]) == (404, "SESSION_NOT_FOUND")


async def test_restarting_all_that_crashed(api: Api):
    api.front.has("a", State.ERROR)
    api.front.has("b", State.CONNECTED)
    api.front.has("c", State.ERROR, reason=Reason.TOKEN_CORRUPT)
    answer = await api.post("/api/admin/sessions/restart-crashed", token=ADMIN)
    skipped = {"sessionId": "c", "reasonCode": "TOKEN_CORRUPT", "reason": sentence(Reason.TOKEN_CORRUPT)}
    assert (answer.status, answer.body) == (202, {"restarted": ["a"], "skipped": [skipped]})


class TestAnAdminBoundToASession:
    BOUND = token(scope="wpp:admin", sessions=["b", "c", "d", "e"])

    async def test_sees_no_other(self, api: Api):
        for name in ("a", "b"):
            api.front.has(name)
        listed = (await api.get("/api/admin/sessions", token=self.BOUND)).body
        assert [row["sessionId"] for row in listed["sessions"]] == ["b"]
        tree = (await api.get("/api/admin/actors", token=self.BOUND)).body
        assert [row["actor"] for row in tree["actors"]] == ["root", "session:b"]
        assert (await api.post("/api/admin/sessions/a/restart", token=self.BOUND)).status == 404

    async def test_restarts_only_its_own_that_crashed(self, api: Api):
        for name in "ab":
            api.front.has(name, State.ERROR)
        answer = await api.post("/api/admin/sessions/restart-crashed", token=self.BOUND)
        assert (answer.status, answer.body) == (202, {"restarted": ["b"], "skipped": []})


async def test_the_figures_that_alerts_judge_by(api: Api):
    api.figures = Figures(
        Sample(total_memory_mb=1650, cpu_share=0.1254), Recent(300, 3, 0.25, 2), memory_limit_mb=4096,
        disk_free_mb=52_000, wanted=10, connected=9, hibernating=3, max_sessions=12, running=11, pressure_percent=0.4,
    )  # fmt: skip
    answer = await api.get("/api/admin/sessions", token=token(scope="wpp:admin"))
    assert answer.body["figures"] == {
        "memoryMb": 1650, "memoryLimitMb": 4096, "cpuPercent": 12.5, "wanted": 10, "connected": 9, "requests": 300,
        "errorPercent": 1.0, "responseSeconds": 0.25, "webhooksFailed": 2, "diskFreeMb": 52_000,
        "hibernating": 3, "freeSlots": 1, "memoryPressurePercent": 0.4,
    }  # fmt: skip
