"""One id leads from an answer to the log, the audit trail and the events that the request caused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import wait_until
from tests.system.chromeless import chromeless, log_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60)]

MINE = {"X-Request-ID": "pedido-4711"}


def test_one_id_leads_through_everything(tmp_path: Path):
    daemon = chromeless(tmp_path)
    try:
        daemon.start()
        assert daemon.api.call("POST", "/api/sessions/loja/start", {}).status == 201
        closed = daemon.api.call("DELETE", "/api/sessions/loja", headers=MINE)
        assert closed.headers["X-Request-ID"] == "pedido-4711"
        [event] = [one for one in log_of(daemon, "loja") if one.get("requestId") == "pedido-4711"]
        assert (event["event"], event["status"]) == ("connection_change", "disconnected")
        [entry] = [
            one for one in daemon.api.get("/api/admin/audit")["entries"] if one["requestId"] == "pedido-4711"
        ]
        assert entry["sessionId"] == "loja"
        wait_until(lambda: {"http_request", "connection_change"} <= named(daemon.log()))
        refused = daemon.api.call("GET", "/api/sessions/nenhuma/status", headers=MINE)
        assert refused.json["requestId"] == "pedido-4711"
        daemon.stop()
    finally:
        daemon.end()


def named(lines: list[dict[str, object]]) -> set[object]:
    """The events of the log's lines that name the request."""
    return {line["event"] for line in lines if "pedido-4711" in str(line["details"])}
