"""The demo must be able to fail; that it succeeds is tested in tests/system."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any, cast

import pytest

from tests.cli.conftest import Call
from tests.support import wait_until
from wppmt.cli import demo
from wppmt.cli.demo import Account, DemoRun, Inbox
from wppmt.cli.demo_steps import DemoFailed
from wppmt.cli.gateway import Gateway
from wppmt.cli.sink import ReceivedWebhook, Sink
from wppmt.simulator.client import Simulator
from wppmt.webhook.signature import headers, new_secret

SECRET = new_secret(b"0" * 32)


def delivery(event: Mapping[str, Any], secret: str = SECRET) -> ReceivedWebhook:
    body = json.dumps({"sessionId": "loja", **event}).encode()
    return ReceivedWebhook(body, headers("evt_1", body, 1, time.time(), [secret]), json.loads(body))


class TestInbox:
    def test_one_event_delivered_twice_counts_once(self):
        inbox = Inbox("loja")
        for event_id in ("evt_1", "evt_1", "evt_2"):
            inbox.take(delivery({"id": event_id}))
        assert inbox.count(lambda _: True) == 2

    def test_other_sessions_are_not_ours(self):
        inbox = Inbox("loja")
        assert inbox.take(delivery({"sessionId": "outra"}))
        assert inbox.events == []

    def test_wrong_signature_is_refused(self):
        inbox = Inbox("loja", secret=SECRET)
        assert not inbox.take(delivery({"id": "evt_1"}, secret=new_secret(b"1" * 32)))
        assert inbox.take(delivery({"id": "evt_2"}))
        assert inbox.count(lambda _: True) == 1

    def test_waits_for_what_is_yet_to_come(self):
        inbox, found = Inbox("loja"), list[Any]()
        thread = threading.Thread(
            target=lambda: found.append(inbox.wait_for("x", lambda e: e.get("id") == "evt_2"))
        )
        thread.start()
        inbox.take(delivery({"id": "evt_1"}))
        inbox.take(delivery({"id": "evt_2"}))
        wait_until(lambda: found)
        thread.join()

    def test_says_what_did_not_come(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(demo, "LIMIT_SECONDS", 0.01)
        with pytest.raises(DemoFailed, match="connected"):
            Inbox("loja").wait_for("connected", lambda _: True)


class Twice:
    """A gateway and a phone between which a message arrives as often as it should not."""

    def __init__(self, copies: int, status: str = "sent") -> None:
        self.copies = copies
        self.status = status

    def send(self, session: str, phone: str, text: str) -> dict[str, str]:
        return {"id": "3EB0", "status": self.status}

    def inbox(self, phone: str, after: int = 0, wait: float = 0) -> list[dict[str, str]]:
        return [{"id": "3EB0"}] * self.copies


@pytest.mark.parametrize(
    ("ends", "told"),
    [(Twice(0), "chegou 0 vezes"), (Twice(2), "chegou 2 vezes"), (Twice(1, "pending"), "pending")],
)
def test_a_message_lost_or_doubled_fails_the_demo(ends: Twice, told: str, capsys: pytest.CaptureFixture[str]):
    run = DemoRun(
        cast("Gateway", ends),
        cast("Simulator", ends),
        cast("Sink", None),
        Inbox("loja"),
        "loja",
        Account("1", "a"),
        Account("2", "b"),
    )
    with pytest.raises(DemoFailed, match=told):
        demo._send(run)
    assert "✗" in capsys.readouterr().out


@pytest.mark.parametrize("command", [["demo"], ["sim", "qr", "loja"]])
def test_a_missing_qr_reader_is_named_with_its_extra(
    call: Call, monkeypatch: pytest.MonkeyPatch, command: list[str]
):
    monkeypatch.setitem(sys.modules, "zxingcpp", None)
    monkeypatch.setattr(Gateway, "qr_code", lambda *_: {"qrCode": "data:image/png;base64,"})
    result = call(*command)
    assert result.exit_code == 1
    assert "pip install 'wppmt[demo]'" in result.stderr
