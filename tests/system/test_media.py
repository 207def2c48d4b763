"""Files out and in, contacts and numbers, with the whole daemon: bytes as they were, nobody kept waiting."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.media.made import made
from tests.support import wait_until
from tests.system import files
from tests.system.api import Answer
from tests.system.conftest import NewDaemon, NewTenant
from tests.system.daemon import Daemon
from tests.system.files import FileServer, base64_of, sha256
from tests.system.gauges import Scale, Stopwatch
from tests.system.receiver import Receiver
from tests.system.tenant import Tenant, new_phone, new_text

pytestmark = pytest.mark.chrome

LARGEST = 16_000_000
RECOVERY_SECONDS = 30.0


@pytest.fixture(scope="module")
def web() -> Iterator[FileServer]:
    with FileServer() as running:
        yield running


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver, web: FileServer) -> Iterator[Daemon]:
    allowed = f"{receiver.sink.target},{web.target}"
    running = Daemon(tmp_path_factory.mktemp("media"), WPP_EGRESS_ALLOW=allowed)
    orphan = running.folder / "state" / "media" / "out" / "orphan"
    orphan.parent.mkdir(parents=True)
    orphan.write_text("fetched by a daemon that was killed before it journalled anything")
    try:
        running.start()
        assert not orphan.exists()
        yield running
        running.stop()
        assert not running.leaks()
        assert not list(running.folder.glob("state/media/out/*"))
    finally:
        running.end()


@pytest.fixture(scope="module")
def tenant(daemon: Daemon, receiver: Receiver) -> Tenant:
    return Tenant(daemon, receiver, "midia-um").connect()


@pytest.fixture(scope="module")
def neighbour(daemon: Daemon, receiver: Receiver) -> Tenant:
    return Tenant(daemon, receiver, "midia-dois").connect()


@pytest.fixture
def friend(daemon: Daemon) -> str:
    """Someone with a phone alone."""
    phone = new_phone()
    daemon.phones.register(phone, "Maria Souza")
    daemon.private.add(phone)
    return phone


def send(tenant: Tenant, verb: str, to: str, **body: Any) -> Answer:
    tenant.daemon.private |= {str(body[name]) for name in ("caption", "fileName") if name in body}
    return tenant.post(verb, {"phone": to} | body)


def arrival(daemon: Daemon, phone: str) -> Any:
    """The one message on the phone."""
    [line] = daemon.phones.inbox(phone, wait=5)
    return line


# ---- out


def test_an_image_by_address(tenant: Tenant, friend: str, web: FileServer):
    content, caption = files.picture(), new_text()
    sent = send(tenant, "send-image", friend, imageUrl=web.put("imagem.jpg", content), caption=caption)
    assert sent.status == 200, sent
    assert (sent.json["success"], sent.json["status"], sent.json["to"]) == (True, "sent", f"{friend}@c.us")
    line = arrival(tenant.daemon, friend)
    assert (line["id"], line["type"], line["mimetype"]) == (sent.json["id"], "image", "image/png")
    assert (line["sha256"], line["size"], line["caption"]) == (sha256(content), len(content), caption)
    assert tenant.hears("message_ack", messageId=line["id"])["status"] == "sent"


@pytest.mark.parametrize(
    ("content", "name", "kind", "mimetype"),
    [
        (files.document(300_000), "relatório.pdf", "document", "application/pdf"),
        (files.voice_note(), "voz.ogg", "ptt", "audio/ogg; codecs=opus"),
        (files.video(200_000), "filme.mp4", "video", "video/mp4"),
        (made("mp3.mp3"), "musica.mp3", "audio", "audio/mpeg"),
        (made("aac.mp4"), "gravacao.m4a", "audio", "audio/mp4"),
        (made("theora.ogv"), "v.ogv", "document", "video/ogg"),
        (files.picture("jpeg"), "foto.jpg", "image", "image/jpeg"),
    ],
    ids=["document", "voice", "video", "mp3", "m4a", "ogv", "image"],
)
def test_a_file_by_its_content(
    tenant: Tenant, friend: str, content: bytes, name: str, kind: str, mimetype: str
):
    sent = send(tenant, "send-file", friend, base64=base64_of(content), fileName=name)
    assert sent.status == 200, sent
    line = arrival(tenant.daemon, friend)
    assert (line["id"], line["type"], line["mimetype"]) == (sent.json["id"], kind, mimetype)
    assert (line["sha256"], line["size"]) == (sha256(content), len(content))
    if kind == "document":
        assert line["fileName"] == name


@pytest.mark.parametrize(
    ("content", "name", "stated", "kind", "mimetype"),
    [
        (files.browser_recording(), "audio.webm", "audio/webm", "ptt", "audio/ogg; codecs=opus"),
        (made("amr.3gp"), "rec.3gp", "audio/3gpp", "audio", "audio/amr"),
    ],
    ids=["Chrome", "Android"],
)
def test_a_recording_comes_as_whatsapp_plays_it(
    tenant: Tenant, friend: str, content: bytes, name: str, stated: str, kind: str, mimetype: str
):
    sent = send(tenant, "send-file", friend, base64=base64_of(content), fileName=name, mimetype=stated)
    assert sent.status == 200, sent
    line = arrival(tenant.daemon, friend)
    assert (line["id"], line["type"], line["mimetype"]) == (sent.json["id"], kind, mimetype)


def test_a_file_that_cannot_be_had_is_not_sent(tenant: Tenant, friend: str, web: FileServer):
    for url, status in ((f"http://{web.target}/nada.pdf", 422), ("http://127.0.0.1:9/x", 422)):
        assert send(tenant, "send-file", friend, fileUrl=url).status == status
    too_large = web.put("grande.pdf", files.document(LARGEST + 1))
    assert send(tenant, "send-file", friend, fileUrl=too_large).status == 413
    assert tenant.daemon.phones.inbox(friend) == []


def test_a_key_keeps_its_answer_when_the_address_is_dead(tenant: Tenant, friend: str, web: FileServer):
    body = {"phone": friend, "fileUrl": web.put("uma-vez.pdf", files.document())}
    headers = {"Idempotency-Key": "pedido-4711"}
    path = f"{tenant.path}/send-file"
    first = tenant.daemon.api.call("POST", path, body, headers=headers)
    assert first.status == 200, first
    web._files.clear()
    again = tenant.daemon.api.call("POST", path, body, headers=headers)
    assert (again.status, again.json["id"]) == (200, first.json["id"])
    other = tenant.daemon.api.call("POST", path, body | {"caption": "outra"}, headers=headers)
    assert (other.status, other.json["code"]) == (422, "IDEMPOTENCY_MISMATCH")
    assert len(tenant.daemon.phones.inbox(friend)) == 1


def test_sixteen_megabytes_delay_nobody_and_weigh_little(
    tenant: Tenant, neighbour: Tenant, friend: str, web: FileServer
):
    content = files.document(LARGEST)
    url = web.put("grande.pdf", content)
    scale = Scale(tenant.daemon, tenant)
    reads = Stopwatch(tenant.status)
    sends = Stopwatch(lambda: neighbour.send(tenant.phone, new_text()))
    weighing = Stopwatch(scale.look)
    with reads.running(), sends.running(), weighing.running():
        sent = send(tenant, "send-file", friend, fileUrl=url, fileName="grande.pdf")
    assert sent.status in {200, 202}, sent
    line = arrival(tenant.daemon, friend)
    assert (line["sha256"], line["size"]) == (sha256(content), LARGEST)
    report = {
        "reads": (statistics.median(reads.times), max(reads.times), len(reads.times)),
        "sends": (statistics.median(sends.times), max(sends.times), len(sends.times)),
        "growth": [growth / LARGEST for growth in scale.growth],
    }
    assert statistics.median(reads.times) < 0.05, report
    assert max(reads.times) < 0.5, report
    assert statistics.median(sends.times) < 0.25, report
    assert max(sends.times) < 1.5, report
    daemon, browser = scale.growth
    # The daemon streams it. The page holds it as it came, encrypted, and on its way out: three times, and some change.
    assert daemon <= LARGEST / 4, report
    assert browser <= 3.25 * LARGEST, report


# ---- in


@pytest.mark.parametrize(
    ("content", "name", "mimetype", "kind"),
    [
        (files.picture("jpeg"), "foto.jpg", "image/jpeg", "image"),
        (files.document(700_000), "nota fiscal ç.pdf", "application/pdf", "document"),
        (files.video(), "filme.mp4", "video/mp4", "video"),
    ],
    ids=["image", "document", "video"],
)
def test_received_media_is_reported_by_address_and_given_out_as_it_was(
    tenant: Tenant, friend: str, content: bytes, name: str, mimetype: str, kind: str
):
    api, caption = tenant.daemon.api, new_text()
    tenant.daemon.phones.write_media(friend, tenant.phone, content, mimetype, name, caption)
    message = tenant.hears_message(caption)
    assert (message["type"], message["mimetype"], message["size"]) == (kind, mimetype, len(content))
    url = message["mediaUrl"]
    assert url.startswith(f"{api.url}{tenant.path}/messages/")
    short = f"{tenant.path}/messages/{message['id']}/media"
    for path in (url.removeprefix(api.url), short):
        given = api.call("GET", path)
        assert (given.status, given.body) == (200, content), given
        assert given.headers["Content-Type"] == mimetype
        assert given.headers["Content-Disposition"] == (
            f"attachment; filename=\"{name.replace('ç', 'c')}\"; filename*=UTF-8''{quote(name)}"
        )
        assert given.headers["X-Content-Type-Options"] == "nosniff"


def test_sixteen_megabytes_received_delay_nobody(tenant: Tenant, neighbour: Tenant, friend: str):
    content, caption = files.document(LARGEST), new_text()
    tenant.daemon.phones.write_media(friend, tenant.phone, content, "application/pdf", "grande.pdf", caption)
    message = tenant.hears_message(caption)
    reads = Stopwatch(tenant.status)
    sends = Stopwatch(lambda: neighbour.send(tenant.phone, new_text()))
    with reads.running(), sends.running():
        given = tenant.daemon.api.call("GET", f"{tenant.path}/messages/{message['id']}/media")
    assert (given.status, sha256(given.body)) == (200, sha256(content))
    report = (
        max(reads.times),
        statistics.median(reads.times),
        max(sends.times),
        statistics.median(sends.times),
    )
    assert statistics.median(reads.times) < 0.05, report
    assert max(reads.times) < 0.5, report
    assert statistics.median(sends.times) < 0.25, report
    assert max(sends.times) < 1.5, report


def test_received_media_outlives_the_login_and_the_session_s_end(
    daemon: Daemon, receiver: Receiver, friend: str
):
    tenant = Tenant(daemon, receiver, "midia-fica").connect()
    content, caption, name = files.picture(), new_text(), "teste 50%.png"
    daemon.phones.write_media(friend, tenant.phone, content, "image/png", name, caption)
    message = tenant.hears_message(caption)
    path = message["mediaUrl"].removeprefix(daemon.api.url)
    kept = daemon.folder / "state" / "media" / "in" / tenant.name
    wait_until(lambda: list(kept.glob("*.json")))
    daemon.phones.unlink(tenant.phone)
    tenant.hears("connection_change", status="waiting_scan")
    assert daemon.api.call("GET", path).body == content
    assert tenant.close().status == 200
    for one in (path, f"{tenant.path}/messages/{message['id']}/media"):
        given = daemon.api.call("GET", one)
        assert (given.status, given.body) == (200, content)


def test_received_media_beyond_the_limit_is_refused(tenant: Tenant, friend: str):
    content, caption = files.document(LARGEST + 1), new_text()
    tenant.daemon.phones.write_media(friend, tenant.phone, content, "application/pdf", "grande.pdf", caption)
    message = tenant.hears_message(caption)
    assert not message.get("mediaUrl")
    given = tenant.daemon.api.call("GET", f"{tenant.path}/messages/{message['id']}/media")
    assert (given.status, given.json["code"]) == (413, "PAYLOAD_TOO_LARGE")


def test_media_of_nobody(tenant: Tenant, neighbour: Tenant, friend: str):
    caption = new_text()
    tenant.daemon.phones.write_media(friend, tenant.phone, files.picture(), "image/png", "a.png", caption)
    message = tenant.hears_message(caption)
    api = tenant.daemon.api
    for path in (
        f"{tenant.path}/messages/3EB0FFFFFFFFFFFFFFFFFF/media",
        f"{tenant.path}/messages/false_{friend}@c.us_3EB0FFFFFFFFFFFFFFFFFF/media",
        f"{tenant.path}/messages/lixo_lixo/media",
        f"{neighbour.path}/messages/{message['id']}/media",
        f"{neighbour.path}/messages/{message['messageId']}/media",
    ):
        answer = api.call("GET", path)
        assert (answer.status, answer.json["code"]) == (404, "NOT_FOUND"), path


# ---- people


def test_contacts_are_those_of_the_phone(tenant: Tenant, friend: str):
    text = new_text()
    tenant.daemon.phones.write(friend, tenant.phone, text)
    tenant.hears_message(text)
    listed = tenant.daemon.api.get(f"{tenant.path}/contacts")
    assert listed["success"] is True
    assert listed["count"] == len(listed["contacts"])
    # Who is in nobody's address book has no name but the own.
    [found] = [contact for contact in listed["contacts"] if contact["phone"] == friend]
    known = {"id": f"{friend}@c.us", "name": "", "pushname": "Maria Souza", "isBusiness": False}
    assert found.items() >= known.items()
    paged: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        page = tenant.daemon.api.get(f"{tenant.path}/contacts?limit=2&cursor={cursor}")
        paged += page["contacts"]
        cursor = page["nextCursor"]
    assert paged == listed["contacts"]


def test_a_number_is_found_as_typed_and_in_its_other_form(tenant: Tenant):
    new, old = new_phone(), new_phone()
    short = old[:4] + old[5:]
    tenant.daemon.phones.register(new, "Nova")
    tenant.daemon.phones.register(short, "Antigo", is_business=True)
    check = f"{tenant.path}/check-number"
    assert tenant.daemon.api.get(f"{check}/{new}") == {
        "phone": new, "valid": True, "canReceiveMessage": True, "isBusiness": False, "resolvedPhone": new,
    }  # fmt: skip
    without = new[:4] + new[5:]
    assert tenant.daemon.api.get(f"{check}/{without}")["resolvedPhone"] == new
    assert tenant.daemon.api.get(f"{check}/{old}") == {
        "phone": old, "valid": True, "canReceiveMessage": True, "isBusiness": True, "resolvedPhone": short,
    }  # fmt: skip
    nobody = new_phone()
    assert tenant.daemon.api.get(f"{check}/{nobody}") == {
        "phone": nobody, "valid": False, "canReceiveMessage": False, "isBusiness": False, "resolvedPhone": None,
    }  # fmt: skip


# ---- crashes


@pytest.mark.parametrize("moment", ["accepted", "handed over"])
def test_a_browser_killed_while_a_file_is_sent_sends_it_once(
    daemon: Daemon, receiver: Receiver, friend: str, web: FileServer, moment: str
):
    # A tenant of its own: only the first crash within a minute is answered at once.
    tenant = Tenant(daemon, receiver, f"midia-{moment.replace(' ', '-')}").connect()
    content, phones = files.document(4_000_000), daemon.phones
    if moment == "handed over":
        phones.fault("ack_delay", phone=tenant.phone, count=1, delayMs=3000)
    before, browser = len(phones.log()), tenant.browser
    body = {"phone": friend, "fileUrl": web.put("em-voo.pdf", content)}
    pending = tenant.daemon.api.call(
        "POST", f"{tenant.path}/send-file", body, headers={"Prefer": "respond-async"}
    )
    assert (pending.status, pending.json["status"]) == (202, "pending")
    message_id = pending.json["id"]
    if moment == "handed over":
        wait_until(lambda: any(entry.get("id") == message_id for entry in phones.log()[before:]), 15)
    browser.kill()
    tenant.hears("connection_change", status="connected", limit=RECOVERY_SECONDS)
    tenant.hears_sent(message_id, 60)
    [line] = phones.inbox(friend)
    assert (line["id"], line["sha256"]) == (message_id, sha256(content))
    wait_until(lambda: not list(daemon.folder.glob("state/media/out/*")))
    assert tenant.close().status == 200


@pytest.mark.timeout(90)
@pytest.mark.parametrize("moment", ["accepted", "handed over"])
def test_a_daemon_killed_while_a_file_is_sent_sends_it_once(
    new_daemon: NewDaemon, new_tenant: NewTenant, outside: dict[str, str], moment: str
):
    daemon = new_daemon(**outside)
    daemon.start()
    sender, recipient = new_tenant(daemon).connect(), new_tenant(daemon)
    content, phones = files.document(4_000_000), daemon.phones
    phones.fault("ack_delay", phone=sender.phone, count=1, delayMs=3000)
    body = {"phone": recipient.phone, "base64": base64_of(content), "fileName": "em-voo.pdf"}
    pending = daemon.api.call("POST", f"{sender.path}/send-file", body, headers={"Prefer": "respond-async"})
    assert (pending.status, pending.json["status"]) == (202, "pending")
    message_id = pending.json["id"]
    if moment == "handed over":
        wait_until(lambda: recipient.inbox(message_id))
    daemon.kill()
    assert list(daemon.folder.glob("state/media/out/*"))
    daemon.start()
    assert sender.hears("message_ack", messageId=message_id, limit=60)["status"] == "sent"
    [line] = recipient.inbox(message_id)
    assert line["sha256"] == sha256(content)
    wait_until(lambda: not list(daemon.folder.glob("state/media/out/*")))
