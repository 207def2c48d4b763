"""Every kind of message, and every act on one, through the running daemon: what arrives, and what a kill leaves."""

from __future__ import annotations

import base64
import random
import time
from functools import partial
from typing import Any

import pytest

from tests.media.made import made
from tests.media.test_wanted import picture
from tests.support import wait_until
from tests.system.api import Answer
from tests.system.conftest import NewDaemon, NewTenant
from tests.system.tenant import Tenant, new_text

pytestmark = pytest.mark.chrome

ASYNC = {"Prefer": "respond-async"}


class Send:
    """One call; its path may name the message that an act is about."""

    def __init__(self, method: str, path: str, **body: Any) -> None:
        self._method, self._path, self._body = method, path, body

    def __call__(self, tenant: Tenant, to: str, target: str, headers: dict[str, str] | None = None) -> Answer:
        path = f"{tenant.path}/{self._path.format(target=target)}"
        body = self._body | ({"phone": to} if self._method == "POST" else {})
        return tenant.daemon.api.call(self._method, path, body or None, headers=headers)


def of(content: bytes, **more: Any) -> dict[str, Any]:
    return {"base64": base64.b64encode(content).decode(), **more}


def route(verb: str, **fields: Any) -> Send:
    return Send("POST", verb, **fields)


def on(method: str, path: str = "", **body: Any) -> Send:
    return Send(method, "messages/{target}" + path, **body)


KINDS: dict[str, tuple[Send, dict[str, Any]]] = {
    "video": (route("send-video", **of(made("h264.mp4"), caption="oi")), {"type": "video", "caption": "oi"}),
    "gif": (route("send-video", **of(picture("gif", (64, 64), 4), gif=True)), {"type": "video", "gif": True}),
    "note": (route("send-video", **of(made("h264.mp4"), note=True)), {"type": "ptv", "note": True}),
    "view once": (route("send-image", **of(picture("png"), viewOnce=True)), {"viewOnce": True}),
    "voice": (route("send-voice", **of(made("mp3.mp3"))), {"type": "ptt"}),
    "sticker": (route("send-sticker", **of(picture("png"))), {"type": "sticker", "mimetype": "image/webp"}),
    "location": (
        route("send-location", latitude=-23.55, longitude=-46.63, name="Sé", address="São Paulo"),
        {"location": {"latitude": -23.55, "longitude": -46.63, "name": "Sé", "address": "São Paulo"}},
    ),
    "contact": (
        route("send-contact", contacts=[{"name": "Ana", "phone": "5511988887777"}]),
        {"contacts": [{"name": "Ana", "phones": ["5511988887777"]}]},
    ),
    "poll": (
        route("send-poll", question="Quando?", options=["Hoje", "Amanhã"]),
        {"poll": {"question": "Quando?", "options": ["Hoje", "Amanhã"], "multiple": False}},
    ),
    "pix": (
        route("send-pix", keyType="EMAIL", key="pix@loja.br", name="Loja"),
        {"pix": {"keyType": "EMAIL", "key": "pix@loja.br", "name": "Loja"}},
    ),
    "forward": (route("messages/{target}/forward"), {"type": "chat", "forwarded": True}),
    "reaction": (on("PUT", "/reaction", emoji="👍"), {"type": "reaction", "emoji": "👍"}),
    "reaction back": (on("DELETE", "/reaction"), {"type": "reaction", "emoji": ""}),
    "edit": (on("PATCH", message="certo"), {"type": "edit", "body": "certo"}),
    "delete": (on("DELETE", "?for=everyone"), {"type": "revoke"}),
}


def lines(tenant: Tenant, phone: str, message_id: str) -> list[Any]:
    return [line for line in tenant.daemon.phones.inbox(phone) if line["id"] == message_id]


def test_every_kind_arrives_with_its_content_and_is_acknowledged(tenant: Tenant, stranger: str):
    target = tenant.send(stranger, new_text()).json["id"]
    for name, (send, shown) in KINDS.items():
        answer = send(tenant, stranger, target)
        assert answer.status == 200, (name, answer)
        sent = answer.json["id"]
        [line] = lines(tenant, stranger, sent)
        assert shown.items() <= line.items(), name
        assert tenant.hears("message_ack", messageId=sent)["status"] == "sent"
    voice = [line for line in tenant.daemon.phones.inbox(stranger) if line["type"] == "ptt"]
    assert [len(line["waveform"]) for line in voice] == [64]  # type: ignore[typeddict-item]
    assert not list((tenant.daemon.folder / "state/media/out").glob("*"))


def test_what_cannot_be_done_is_refused_and_leaves_nothing(tenant: Tenant, stranger: str):
    theirs = tenant.daemon.phones.write(stranger, tenant.phone, "meu")
    tenant.hears("message_received")
    refusals = {
        "MESSAGE_NOT_FOUND": on("PUT", "/reaction", emoji="👍")(tenant, stranger, "3EB0404404"),
        "NOT_OWN_MESSAGE": on("PATCH", message="oi")(tenant, stranger, theirs),
        "GROUP_NOT_FOUND": tenant.post("send-message", {"phone": "120363999999999999@g.us", "message": "oi"}),
        "UNSUPPORTED_MEDIA": tenant.post("send-voice", {"phone": stranger, **of(picture("png"))}),
    }
    assert {code: answer.json["code"] for code, answer in refusals.items()} == {
        code: code for code in refusals
    }
    assert on("DELETE", "?for=everyone")(tenant, stranger, theirs).json["code"] == "NOT_OWN_MESSAGE"
    assert on("DELETE", "?for=me")(tenant, stranger, theirs).status == 200
    assert tenant.daemon.phones.inbox(stranger) == []
    assert tenant.status()["queue"] == 0
    assert not list((tenant.daemon.folder / "state/media/out").glob("*"))


def test_a_group_says_who_may_write(new_tenant: NewTenant, stranger: str):
    tenant = new_tenant().connect()
    group = tenant.daemon.phones.create_group("Avisos", [stranger, tenant.phone])
    wait_until(lambda: tenant.post("send-message", {"phone": group, "message": "oi"}).status == 200)
    tenant.daemon.phones.call("PATCH", f"/groups/{group}", {"by": stranger, "remove": [tenant.phone]})
    wait_until(lambda: tenant.post("send-message", {"phone": group, "message": "oi"}).status == 403)
    refused = tenant.post("send-location", {"phone": group, "latitude": 1, "longitude": 2})
    assert refused.json["code"] == "NOT_GROUP_MEMBER"


SAMPLED = ["voice", "location", "poll", "forward", "reaction", "edit", "delete"]


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("victim", ["browser", "daemon"])
def test_a_kill_at_any_moment_sends_each_kind_at_most_once(
    new_daemon: NewDaemon, new_tenant: NewTenant, outside: dict[str, str], stranger: str, victim: str
):
    daemon = new_daemon(**outside)
    daemon.start()
    tenant = new_tenant(daemon).connect()
    moments = random.Random(7)
    for name in SAMPLED:
        for _ in range(2):
            # Another one each time: what is deleted already is deleted, and nobody hears of it again.
            target = tenant.send(stranger, new_text()).json["id"]
            before = len(daemon.phones.inbox(stranger))
            begun = KINDS[name][0](tenant, stranger, target, ASYNC)
            assert begun.status == 202, begun
            sent = str(begun.json["id"])
            # Sampled: any step of the hand-over may be the one under way.
            time.sleep(moments.random() * 0.12)
            if victim == "browser":
                _kill_browser(tenant)
            else:
                daemon.kill()
                daemon.start()
            tenant.reaches("connected", 60)
            outcome = wait_until(partial(_outcome, tenant, sent), 120)
            arrived = [line["id"] for line in daemon.phones.inbox(stranger)][before:]
            assert arrived in ([sent], []), name
            assert outcome in ({"sent", "unknown"} if arrived else {"failed", "unknown"}), (name, outcome)


def _kill_browser(tenant: Tenant) -> None:
    """Noticed when this returns: until then the session says that all is well."""
    restarts = tenant.status()["restarts"]
    tenant.browser.kill()
    wait_until(lambda: tenant.status()["restarts"] > restarts, 60)


def _outcome(tenant: Tenant, message_id: str) -> str | None:
    status = tenant.daemon.api.get(f"{tenant.path}/messages/{message_id}")["status"]
    return None if status == "pending" else str(status)
