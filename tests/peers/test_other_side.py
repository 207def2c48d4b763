"""wppmt at one end, whatsapp-web.js or wppconnect, unmodified, at the other: both see the same. `make test-peers`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.media.made import made
from tests.media.test_wanted import picture
from tests.peers.ends import Ends, image, of, sha256_of, video
from tests.peers.other_side import CannotDo, Json, OtherSide
from tests.simulator.conftest import SimulatorProcess
from tests.support import wait_until
from tests.system.daemon import Daemon
from tests.system.receiver import Receiver
from tests.system.tenant import Tenant, new_phone

pytestmark = [pytest.mark.peers, pytest.mark.timeout(180)]

CLIENTS = ("whatsapp_web", "wppconnect")
PLACE = {"latitude": -23.55, "longitude": -46.63, "name": "Sé", "address": "São Paulo"}
POLL = {"question": "Quando?", "options": ["Hoje", "Amanhã"]}
FRIEND = "5511988887777"

CANNOT_BE_DONE = {
    ("whatsapp_web", "send pix"): "whatsapp-web.js has no call that sends a Pix key",
    ("wppconnect", "vote"): "wppconnect has no call that votes in a poll",
}
"""By client and test case: what that version of it cannot do on this build of WhatsApp, and why."""


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture(scope="module")
def session(
    simulator_process: SimulatorProcess, receiver: Receiver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tenant]:
    """The real daemon with one session, connected, on the simulator of the foreign clients."""
    daemon = Daemon(
        tmp_path_factory.mktemp("daemon"),
        WPP_SIMULATOR="external",
        WPP_SIMULATOR_PORT=simulator_process.client.url.rpartition(":")[2],
        WPP_SIMULATOR_PAGE_PORT=str(simulator_process.page_port),
        WPP_EGRESS_ALLOW=receiver.sink.target,
    )
    try:
        daemon.start()
        tenant = Tenant(daemon, receiver, "loja").connect()
        tenant.want_all()
        daemon.phones.register(FRIEND, "Ana", saved=True)
        yield tenant
        daemon.stop()
        assert not daemon.leaks()
    finally:
        daemon.end()


@pytest.fixture(scope="module", params=CLIENTS)
def ends(
    request: pytest.FixtureRequest,
    session: Tenant,
    receiver: Receiver,
    simulator_process: SimulatorProcess,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Ends]:
    phone = new_phone()
    simulator_process.client.register(phone, "Maria Souza", saved=True)
    session.daemon.private.add(phone)
    theirs = OtherSide(request.param, simulator_process, tmp_path_factory.mktemp(request.param), phone)
    yield Ends(session, theirs, receiver)
    theirs.close()


@pytest.fixture(scope="module")
def group(ends: Ends) -> str:
    """Of both ends, and known to both."""
    made = ends.ours.daemon.phones.create_group("Equipe", [ends.ours.phone, ends.theirs.phone])
    wait_until(lambda: ends.ours.post("send-message", {"phone": made, "message": "Oi"}).status == 200)
    return made


SENT: dict[str, tuple[str, Json, Json]] = {
    "text": ("send-message", {"message": "Olá, ção 🙂"}, {"type": "chat", "body": "Olá, ção 🙂"}),
    "image": ("send-image", image(caption="Foto"), {"type": "image", "body": "Foto"}),
    "document": (
        "send-file",
        of(b"%PDF-1.7\n" + bytes(500), "application/pdf", "nota.pdf"),
        {"type": "document"},
    ),
    "video": ("send-video", video(caption="Filme"), {"type": "video", "body": "Filme", "gif": False}),
    "gif": ("send-video", video(gif=True), {"type": "video", "gif": True}),
    "note": ("send-video", video(note=True), {"type": "ptv"}),
    "view once": ("send-image", image(viewOnce=True), {"type": "image", "viewOnce": True}),
    "voice": ("send-voice", of(made("mp3.mp3"), "audio/mpeg", "voz.mp3"), {"type": "ptt"}),
    "sticker": ("send-sticker", of(picture("png"), "image/png", "figura.png"), {"type": "sticker"}),
    "location": ("send-location", PLACE, {"type": "location", "location": PLACE}),
    "poll": ("send-poll", POLL, {"type": "poll_creation", "poll": {**POLL, "multiple": False}}),
}
MEDIA = frozenset({"image", "document", "video", "gif", "note", "voice", "sticker"})
AS_IT_IS = frozenset({"image", "document", "video", "gif", "note"})
"""Media whose bytes nobody changes on the way."""


def expected(ends: Ends, request: pytest.FixtureRequest, case: str) -> None:
    """A case in the list must fail, and by what the client itself says."""
    reason = CANNOT_BE_DONE.get((ends.theirs.name, case))
    if reason:
        request.applymarker(pytest.mark.xfail(reason=reason, raises=CannotDo, strict=True))


@pytest.mark.parametrize("kind", SENT)
def test_it_sees_what_wppmt_sends(ends: Ends, kind: str, request: pytest.FixtureRequest):
    expected(ends, request, f"see {kind}")
    verb, body, shown = SENT[kind]
    sent = ends.send(verb, **body)
    heard = ends.theirs.hears("message", sent)
    assert heard["from"] == ends.our_chat
    assert {name: heard[name] for name in shown} == shown
    if kind in MEDIA:
        line = ends.line(ends.theirs.phone, sent)
        got = ends.theirs.downloads(sent)
        assert got == {"sha256": line["sha256"], "mimetype": line["mimetype"]}
        assert kind not in AS_IT_IS or got["sha256"] == sha256_of(body)


def test_it_sees_a_contact_card(ends: Ends):
    sent = ends.send("send-contact", contacts=[{"name": "Ana", "phone": FRIEND}])
    [card] = ends.theirs.hears("message", sent, type="vcard")["vcards"]
    assert "FN:Ana" in card
    assert FRIEND in card


def test_it_sees_a_pix_key(ends: Ends):
    key = {"keyType": "EMAIL", "key": "pix@loja.br", "name": "Loja"}
    assert ends.theirs.hears("message", ends.send("send-pix", **key))["pix"] == key


def test_it_sees_a_quoted_answer(ends: Ends):
    asked = ends.theirs.send("text", ends.our_chat, text="Abrem hoje?")
    ends.receives(asked)
    sent = ends.send("send-message", message="Sim", quotedMessageId=asked)
    assert ends.theirs.hears("message", sent)["quoted"] == asked


def test_it_sees_a_forwarded_message(ends: Ends):
    first = ends.send("send-message", message="Promoção")
    sent = str(ends.act("POST", f"{first}/forward", phone=ends.theirs.phone).json["id"])
    heard = ends.theirs.hears("message", sent)
    assert (heard["body"], heard["forwarded"]) == ("Promoção", True)


def test_it_is_mentioned_in_a_group(ends: Ends, group: str):
    text = f"@{ends.theirs.phone} veja"
    answer = ends.ours.post(
        "send-message", {"phone": group, "message": text, "mentions": [ends.theirs.phone]}
    )
    heard = ends.theirs.hears("message", answer.json["id"])
    assert (heard["from"], heard["author"], heard["body"]) == (group, ends.our_chat, text)
    assert heard["mentions"] == [ends.their_chat]


def test_it_sees_reactions_edits_and_revocations_of_wppmt(ends: Ends):
    theirs = ends.theirs.send("text", ends.our_chat, text="Obrigada")
    ends.receives(theirs)
    for method, body, emoji in (("PUT", {"emoji": "👍"}, "👍"), ("DELETE", {}, "")):
        ends.act(method, f"{theirs}/reaction", **body)
        ends.theirs.hears("reaction", theirs, emoji=emoji)
    ours = ends.send("send-message", message="errado")
    ends.theirs.hears("message", ours)
    ends.act("PATCH", ours, message="certo")
    ends.theirs.hears("edit", ours, body="certo")
    ends.act("DELETE", f"{ours}?for=everyone")
    ends.theirs.hears("revoke", ours)


def test_wppmt_hears_that_it_got_and_read_a_message(ends: Ends):
    sent = ends.send("send-message", message="Chegou?")
    ends.theirs.hears("message", sent)
    ends.ours.daemon.phones.receipt(ends.theirs.phone, sent, 2)
    assert ends.ack(sent, "delivered")["ack"] == 2
    ends.theirs.marks_seen(ends.our_chat)
    assert ends.ack(sent, "read")["ack"] == 3


WRITTEN: dict[str, tuple[Json, Json]] = {
    "text": ({"text": "Olá, ção 🙂"}, {"type": "chat", "body": "Olá, ção 🙂"}),
    "image": (image(caption="Foto"), {"type": "image", "body": "Foto", "caption": "Foto"}),
    "document": (SENT["document"][1], {"type": "document", "fileName": "nota.pdf"}),
    "video": (video(caption="Filme"), {"type": "video", "body": "Filme"}),
    "gif": (video(), {"type": "video"}),
    "voice": (of(made("opus.ogg"), "audio/ogg; codecs=opus", "voz.ogg"), {"type": "ptt"}),
    "sticker": (of(picture("png"), "image/png", "figura.png"), {"type": "sticker"}),
    "location": (PLACE, {"type": "location", "location": PLACE}),
    "poll": (POLL, {"type": "poll_creation", "poll": {**POLL, "multiple": False}}),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_wppmt_hears_what_it_sends(ends: Ends, kind: str, request: pytest.FixtureRequest):
    expected(ends, request, f"send {kind}")
    content, shown = WRITTEN[kind]
    sent = ends.theirs.send(kind, ends.our_chat, **content)
    heard = ends.receives(sent)
    assert heard["from"] == ends.their_chat
    assert {name: heard.get(name) for name in shown} == shown
    if kind in MEDIA:
        line = ends.line(ends.ours.phone, sent)
        media = ends.ours.daemon.api.call("GET", urlsplit(heard["mediaUrl"]).path)
        assert hashlib.sha256(media.body).hexdigest() == line["sha256"]
        assert heard["mimetype"] == line["mimetype"]
        assert kind not in AS_IT_IS or line["sha256"] == sha256_of(content)


def test_wppmt_hears_a_contact_card(ends: Ends):
    sent = ends.theirs.send("contact", ends.our_chat, contact=f"{FRIEND}@c.us")
    [card] = ends.receives(sent)["contacts"]
    assert (card["name"], card["phones"]) == ("Ana", [FRIEND])


def test_wppmt_hears_a_pix_key(ends: Ends, request: pytest.FixtureRequest):
    expected(ends, request, "send pix")
    key = {"keyType": "EMAIL", "key": "pix@loja.br", "name": "Loja"}
    sent = ends.theirs.send("pix", ends.our_chat, pix=key)
    assert ends.receives(sent)["pix"] == key


def test_wppmt_hears_a_quoted_answer(ends: Ends):
    asked = ends.send("send-message", message="Confirma?")
    ends.theirs.hears("message", asked)
    heard = ends.receives(ends.theirs.send("answer", ends.our_chat, text="Sim", quoted=asked))
    assert (heard["quoted"]["id"], heard["quoted"]["body"]) == (asked, "Confirma?")


def test_wppmt_hears_a_forwarded_message(ends: Ends):
    first = ends.send("send-message", message=f"Repasse {new_phone()}")
    text = ends.theirs.hears("message", first)["body"]
    ends.theirs.act("forward", first, to=ends.our_chat)
    heard = ends.webhook("message_received", lambda body: body["message"]["body"] == text)
    assert heard["message"]["forwarded"]


def test_wppmt_is_mentioned_in_a_group(ends: Ends, group: str):
    text = f"@{ends.ours.phone} veja"
    heard = ends.receives(ends.theirs.send("mention", group, text=text, mentions=[ends.our_chat]))
    assert (heard["chatId"], heard["author"], heard["body"]) == (group, ends.their_chat, text)
    assert heard["mentions"] == [ends.our_chat]


def test_wppmt_hears_its_reactions_edits_and_revocations(ends: Ends):
    ours = ends.send("send-message", message="Obrigado")
    ends.theirs.hears("message", ours)
    ends.theirs.act("reaction", ours, emoji="👍")
    assert ends.about("message_reaction", ours)["emoji"] == "👍"
    theirs = ends.theirs.send("text", ends.our_chat, text="errado")
    ends.receives(theirs)
    ends.theirs.hears("ack", theirs, ack=1)
    ends.theirs.act("edit", theirs, text="certo")
    edited = ends.webhook("message_edited", lambda body: body["message"]["id"] == theirs)
    assert edited["message"]["body"] == "certo"
    ends.theirs.act("delete", theirs)
    assert not ends.about("message_revoked", theirs)["fromMe"]


def test_wppmt_hears_its_votes(ends: Ends, request: pytest.FixtureRequest):
    expected(ends, request, "vote")
    poll = ends.send("send-poll", **POLL)
    ends.theirs.hears("message", poll)
    ends.theirs.act("vote", poll, options=["Hoje"])
    assert ends.about("poll_vote", poll)["options"] == ["Hoje"]


def test_it_sees_that_wppmt_got_and_read_a_message(ends: Ends):
    sent = ends.theirs.send("text", ends.our_chat, text="Alô?")
    ends.receives(sent)
    ends.ours.daemon.phones.receipt(ends.ours.phone, sent, 2)
    ends.theirs.hears("ack", sent, ack=2)
    path = f"{ends.ours.path}/chats/{ends.their_chat}"
    assert ends.ours.daemon.api.call("PATCH", path, {"read": True}).status == 200
    ends.theirs.hears("ack", sent, ack=3)
