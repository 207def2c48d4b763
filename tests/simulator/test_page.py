"""The real wa-js in real Chrome on the simulator's page: every function that the gateway stands on."""

import base64
import hashlib
import io
from collections.abc import Callable
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from tests.simulator.conftest import SimulatorProcess
from tests.simulator.page_browser import PageBrowser, wait_until
from wppmt.simulator.client import Simulator, SimulatorError

pytestmark = [pytest.mark.chrome, pytest.mark.timeout(60)]

ANA, BRUNO, CARLA = "5511911111111", "5511922222222", "5511933333333"
BRUNO_ID = f"{BRUNO}@c.us"
STREAM = "require('WAWebStreamModel').Stream"
CONN = "require('WAWebConnModel').Conn"
SOCKET = "require('WAWebSocketModel').Socket"

OpenPage = Callable[..., PageBrowser]


@pytest.fixture
def simulator(simulator_process: SimulatorProcess) -> Simulator:
    client = simulator_process.client
    client.register(ANA, "Ana")
    client.register(BRUNO, "Bruno", is_business=True)
    client.register(CARLA, "Carla", lid="99887766554433")
    return client


def pair(simulator: Simulator, page: PageBrowser, phone: str = ANA) -> str:
    """Links the page as a person would: the phone reads the picture on the screen."""
    page.wait("document.querySelector('[data-ref] canvas')")
    picture = Image.open(io.BytesIO(page.driver.get_screenshot_as_png()))
    device = simulator.scan(phone, zxingcpp.read_barcodes(picture)[0].text)
    page.wait_connected()
    return device


@pytest.fixture
def page(simulator: Simulator, open_page: OpenPage) -> PageBrowser:
    """A page linked to Ana's account, which notes the events of wa-js."""
    browser = open_page()
    pair(simulator, browser)
    listen(browser)
    return browser


def listen(page: PageBrowser) -> None:
    page.run(
        """
        window.received = []; window.acks = [];
        WPP.on('chat.new_message', (m) => received.push({id: String(m.id), body: m.body, from: String(m.from),
          author: m.author && String(m.author), type: m.type, caption: m.caption, quoted: m.quotedStanzaID}));
        WPP.on('chat.msg_ack_change', (a) => acks.push([a.ids.map((id) => id.id), a.ack]));
        """
    )


def send_text(page: PageBrowser, to: str, body: str, **options: Any) -> dict[str, Any]:
    send = "return JSON.parse(JSON.stringify(await WPP.chat.sendTextMessage(args[0], args[1], args[2])))"
    answer: dict[str, Any] = page.run(send, to, body, {"linkPreview": False, **options})
    return answer


def short(message_id: str) -> str:
    return message_id.split("_")[2]


def events(simulator: Simulator) -> list[str]:
    return [entry["event"] for entry in simulator.log()]


def test_qr_text_picture_and_wajs_agree(simulator: Simulator, open_page: OpenPage) -> None:
    page = open_page()
    shown = page.wait("document.querySelector('[data-ref]')?.dataset.ref")
    canvas = page.value("document.querySelector('canvas').toDataURL().split(',')[1]")
    picture = Image.open(io.BytesIO(base64.b64decode(canvas)))
    assert zxingcpp.read_barcodes(picture)[0].text == shown
    assert page.value("(await WPP.conn.getAuthCode()).fullCode") == shown
    assert page.value(f"{CONN}.refTTL") == 60_000
    assert page.value(f"[{STREAM}.mode, {STREAM}.info, {SOCKET}.state]") == ["QR", "PAIRING", "UNPAIRED"]
    assert page.value("[WPP.conn.isRegistered(), WPP.conn.isAuthenticated()]") == [False, False]
    assert page.console() == []


def test_pairing_by_qr_shows_who_we_are(simulator: Simulator, page: PageBrowser) -> None:
    [device] = simulator.devices(ANA)
    assert device["device"] == f"{ANA}:1"
    assert device["sockets"] == 1
    assert page.value("WPP.conn.getMyUserId().toString()") == f"{ANA}@c.us"
    assert page.value(f"[{CONN}.pushname, {CONN}.connected, {CONN}.platform]") == ["Ana", True, "android"]
    assert page.value("await WPP.conn.getAuthCode()") is None
    assert (
        page.value("!!document.querySelector('#pane-side') && !document.querySelector('[data-ref]')") is True
    )
    assert events(simulator) == ["page_open", "qr", "paired"]
    assert page.console() == []


def test_codes_are_refused_when_unknown_or_used(simulator: Simulator, open_page: OpenPage) -> None:
    page = open_page()
    code = page.wait("document.querySelector('[data-ref]')?.dataset.ref")
    with pytest.raises(SimulatorError) as unknown:
        simulator.scan(ANA, code.replace("2@", "2@x"))
    assert unknown.value.status == 404
    simulator.scan(ANA, code)
    with pytest.raises(SimulatorError) as used:
        simulator.scan(BRUNO, code)
    assert used.value.status == 410


def test_pairing_by_code(simulator: Simulator, open_page: OpenPage) -> None:
    page = open_page()
    page.wait("document.querySelector('[data-ref]')")
    code = page.run("return await WPP.conn.genLinkDeviceCodeForPhoneNumber(args[0])", ANA)
    assert len(code) == 8
    with pytest.raises(SimulatorError) as other:
        simulator.pair_code(BRUNO, code)
    assert other.value.code == "OTHER_PHONE"
    assert simulator.pair_code(ANA, f"{code[:4]}-{code[4:].lower()}") == f"{ANA}:1"
    page.wait_connected()


def test_login_and_messages_survive_a_killed_browser(
    simulator: Simulator, page: PageBrowser, open_page: OpenPage
) -> None:
    sent = send_text(page, BRUNO_ID, "antes")
    simulator.write(BRUNO, ANA, "resposta")
    page.wait("received.some((m) => m.body === 'resposta')")
    page.kill()
    simulator.write(BRUNO, ANA, "um")
    simulator.write(BRUNO, ANA, "dois")
    simulator.receipt(BRUNO, sent["id"], 3)
    again = open_page()
    again.wait_connected()
    bodies = "(await WPP.chat.getMessages(args[0], {count: 10})).map((m) => m.body)"
    wait_until(lambda: len(again.run(f"return {bodies}", BRUNO_ID)) == 4, "all messages")
    assert again.run(f"return {bodies}", BRUNO_ID) == ["antes", "resposta", "um", "dois"]
    again.wait(f"require('WAWebMsgCollection').MsgCollection.get('{sent['id']}').ack === 3")
    assert again.run("return (await WPP.chat.getMessageById(args[0])).ack", sent["id"]) == 3
    assert [device["device"] for device in simulator.devices(ANA)] == [f"{ANA}:1"]
    assert "restored" in events(simulator)
    assert again.console() == []


def test_unknown_message_is_answered_cleanly(simulator: Simulator, page: PageBrowser) -> None:
    send_text(page, BRUNO_ID, "olá")
    missing = "try { await WPP.chat.getMessageById(args[0]) } catch (error) { return error.code }"
    assert page.run(missing, f"true_{BRUNO_ID}_3EB0000000000000000000") == "msg_not_found"
    assert page.console() == []


def test_text_reaches_the_phone_once_and_is_acknowledged(simulator: Simulator, page: PageBrowser) -> None:
    sent = send_text(page, BRUNO_ID, "olá")
    [line] = simulator.inbox(BRUNO)
    assert (line["id"], line["from"], line["chat"], line["body"]) == (
        short(sent["id"]),
        f"{ANA}@c.us",
        f"{ANA}@c.us",
        "olá",
    )
    assert sent["ack"] == 1
    assert sent["sendMsgResult"]["messageSendResult"] == "OK"
    simulator.receipt(BRUNO, line["id"], 2)
    simulator.receipt(BRUNO, line["id"], 3)
    page.wait("acks.length === 3")
    assert page.value("acks") == [[[line["id"]], ack] for ack in (1, 2, 3)]
    assert page.run("return (await WPP.chat.getMessageById(args[0])).ack", sent["id"]) == 3


def test_the_same_id_sent_twice_arrives_once(simulator: Simulator, page: PageBrowser) -> None:
    key = page.run("return String(await WPP.chat.generateMessageID(args[0]))", BRUNO_ID)
    simulator_answers = [send_text(page, BRUNO_ID, "olá", messageId=key)["ack"] for _ in range(2)]
    assert simulator_answers == [1, 1]
    assert [line["id"] for line in simulator.inbox(BRUNO)] == [short(key)]


def test_incoming_text_quoted_and_own_phone(simulator: Simulator, page: PageBrowser) -> None:
    first = simulator.write(BRUNO, ANA, "primeira")
    simulator.write(BRUNO, ANA, "segunda", quoted=first)
    own = simulator.write(ANA, BRUNO, "do celular")
    page.wait("received.length === 3")
    one, two, mine = page.value("received")
    assert (one["id"], one["body"], one["from"]) == (f"false_{BRUNO_ID}_{first}", "primeira", BRUNO_ID)
    assert two["quoted"] == first
    assert mine["id"] == f"true_{BRUNO_ID}_{own}"
    assert page.value(f"(await WPP.chat.get('{BRUNO_ID}')).unreadCount") == 2
    answer = send_text(page, BRUNO_ID, "resposta", quotedMsg=f"false_{BRUNO_ID}_{first}")
    assert simulator.inbox(BRUNO)[-1]["quoted"] == first
    assert simulator.inbox(BRUNO)[-1]["id"] == short(answer["id"])
    assert page.console() == []


def test_groups_both_ways_with_mentions(simulator: Simulator, page: PageBrowser) -> None:
    group = simulator.create_group("Equipe", [ANA, BRUNO, CARLA])
    page.wait(f"WPP.chat.get('{group}')")
    assert page.value("(await WPP.group.getAllGroups()).map((g) => String(g.id))") == [group]
    members = page.run("return (await WPP.group.getParticipants(args[0])).map((p) => String(p.id))", group)
    assert members == [f"{ANA}@c.us", BRUNO_ID, "99887766554433@lid"]
    sent = send_text(page, group, f"oi @{BRUNO}", detectMentioned=True)
    for phone in (BRUNO, CARLA):
        [line] = simulator.inbox(phone)
        assert (line["id"], line["chat"], line["author"]) == (short(sent["id"]), group, f"{ANA}@c.us")
        assert line["mentions"] == [BRUNO_ID]
    simulator.write(BRUNO, group, "olá grupo")
    page.wait("received.some((m) => m.body === 'olá grupo')")
    [message] = [one for one in page.value("received") if one["body"] == "olá grupo"]
    assert (message["from"], message["author"]) == (group, BRUNO_ID)
    simulator.receipt(BRUNO, sent["id"], 3)
    page.wait("acks.some(([, ack]) => ack === 3)")
    assert page.run("return (await WPP.chat.getMessageById(args[0])).ack", sent["id"]) == 1
    simulator.receipt(CARLA, sent["id"], 2)
    page.wait(f"require('WAWebMsgCollection').MsgCollection.get('{sent['id']}').ack === 2")
    assert page.console() == []


def test_hidden_ids_lead_to_the_same_account(simulator: Simulator, page: PageBrowser) -> None:
    simulator.write(CARLA, ANA, "de um lid")
    page.wait("received.length")
    [message] = page.value("received")
    assert message["from"] == "99887766554433@lid"
    cache = "require('WAWebLidPnCache').lidPnCache.getPhoneNumber(WPP.whatsapp.WidFactory.createWid(args[0]))"
    assert page.run(f"return String({cache})", message["from"]) == f"{CARLA}@c.us"
    answer = send_text(page, f"{CARLA}@c.us", "resposta")
    assert answer["to"] == "99887766554433@lid"
    assert [line["body"] for line in simulator.inbox(CARLA)] == ["resposta"]


@pytest.mark.parametrize(
    ("kind", "mimetype", "name", "options"),
    [
        ("image", "image/png", "foto.png", {"type": "image"}),
        ("document", "application/pdf", "relatório.pdf", {"type": "document"}),
        ("video", "video/mp4", "filme.mp4", {"type": "video"}),
        ("audio", "audio/ogg", "som.ogg", {"type": "audio", "waveform": False}),
        ("ptt", "audio/ogg", "voz.ogg", {"type": "audio", "isPtt": True, "waveform": False}),
    ],
)
def test_media_out(
    simulator: Simulator, page: PageBrowser, kind: str, mimetype: str, name: str, options: dict[str, Any]
) -> None:
    data = picture() if kind == "image" else b"not really that format" * 100
    url = f"data:{mimetype};base64,{base64.b64encode(data).decode()}"
    given = {"filename": name, "mimetype": mimetype, "caption": "veja", **options}
    sent = page.run(
        "return (await WPP.chat.sendFileMessage(args[0], args[1], args[2])).id", BRUNO_ID, url, given
    )
    line = wait_until(lambda: simulator.inbox(BRUNO), "the file")[0]
    assert (line["id"], line["type"], line["mimetype"], line["fileName"]) == (
        short(sent),
        kind,
        mimetype,
        name,
    )
    assert (line["sha256"], line["size"], line["caption"]) == (
        hashlib.sha256(data).hexdigest(),
        len(data),
        "veja",
    )
    assert page.console() == []


def test_media_in_can_be_downloaded(simulator: Simulator, page: PageBrowser, open_page: OpenPage) -> None:
    data = picture()
    message = simulator.write_media(BRUNO, ANA, data, "image/png", "foto.png", caption="veja")
    page.wait("received.length")
    assert page.value("received[0].type") == "image"
    assert page.value("received[0].caption") == "veja"
    download = """
      const blob = await WPP.chat.downloadMedia(args[0]);
      return [blob.type, btoa(String.fromCharCode(...new Uint8Array(await blob.arrayBuffer())))];
    """
    key = f"false_{BRUNO_ID}_{message}"
    assert page.run(download, key) == ["image/png", base64.b64encode(data).decode()]
    page.kill()
    again = open_page()
    again.wait_connected()
    assert again.run(download, key) == ["image/png", base64.b64encode(data).decode()]
    assert again.console() == []


def test_typing_recording_and_seen_are_logged(simulator: Simulator, page: PageBrowser) -> None:
    simulator.write(BRUNO, ANA, "oi")
    page.wait("received.length")
    page.run("await WPP.chat.markIsComposing(args[0]); await WPP.chat.markIsPaused(args[0])", BRUNO_ID)
    page.run("await WPP.chat.markIsRead(args[0])", BRUNO_ID)
    noted = [(entry["event"], entry["chat"]) for entry in simulator.log() if "chat" in entry]
    assert noted == [("typing", BRUNO_ID), ("paused", BRUNO_ID), ("seen", BRUNO_ID)]
    assert page.value(f"WPP.chat.get('{BRUNO_ID}').unreadCount") == 0


def test_contacts_and_numbers(simulator: Simulator, page: PageBrowser) -> None:
    contacts = page.value(
        "(await WPP.contact.list({onlyMyContacts: true})).map((c) => [String(c.id), c.name, c.isBusiness])"
    )
    assert [BRUNO_ID, "Bruno", True] in contacts
    exists = "const found = await WPP.contact.queryExists(args[0]); return found && String(found.wid)"
    simulator.register("5511944444444", "Davi")
    assert page.run(exists, BRUNO_ID) == BRUNO_ID
    assert page.run(exists, "5511944444444@c.us") == "5511944444444@c.us"
    assert page.run(exists, "5511900000000@c.us") is None
    assert page.run("return await WPP.contact.getProfilePictureUrl(args[0]) || null", BRUNO_ID) is None
    assert page.console() == []


def test_offline_phone_is_seen_by_the_page(simulator: Simulator, page: PageBrowser) -> None:
    simulator.offline(ANA)
    page.wait(f"{CONN}.connected === false")
    assert page.value(f"[{STREAM}.mode, {STREAM}.displayInfo]") == ["MAIN", "OFFLINE"]
    simulator.online(ANA)
    page.wait(f"{CONN}.connected")
    assert page.value(f"{STREAM}.displayInfo") == "NORMAL"


def test_unlinked_page_tells_the_reason_and_shows_a_qr(simulator: Simulator, page: PageBrowser) -> None:
    page.run("WPP.on('conn.logout_reason', (reason) => sessionStorage.setItem('reason', reason))")
    simulator.unlink(ANA)
    page.wait("document.querySelector('[data-ref]') && WPP.isFullReady")
    assert page.value("sessionStorage.getItem('reason')") == "unknown_companion"
    assert page.value("require('WAWebLogoutReasonUtils').getPrevLogoutReasonCode()") == "unknown_companion"
    assert page.value("WPP.conn.isRegistered()") is False
    assert simulator.devices(ANA) == []


def test_page_unlinked_while_away_tells_the_reason_too(
    simulator: Simulator, page: PageBrowser, open_page: OpenPage
) -> None:
    page.kill()
    simulator.unlink(ANA)
    again = open_page()
    again.run("WPP.on('conn.logout_reason', (reason) => sessionStorage.setItem('reason', reason))")
    again.wait("sessionStorage.getItem('reason') === 'unknown_companion'")
    again.wait("document.querySelector('[data-ref]')")


def test_logout_from_the_page_forgets_the_device(simulator: Simulator, page: PageBrowser) -> None:
    assert page.run("return await WPP.conn.logout()") is True
    assert simulator.devices(ANA) == []
    page.wait("document.querySelector('[data-ref]')")


def test_messages_keep_their_order_across_a_dropped_socket(simulator: Simulator, page: PageBrowser) -> None:
    page.run(
        f"window.states = []; {SOCKET}.on('change:state', (s) => states.push(s.state));"
        f"{STREAM}.on('change:mode', (s) => states.push(s.mode));"
    )
    simulator.fault("drop_socket", phone=ANA)
    bodies = [str(n) for n in range(20)]
    for body in bodies:
        simulator.write(BRUNO, ANA, body)
    pending = page.run(
        "return (await WPP.chat.sendTextMessage(args[0], 'no escuro', {waitForAck: false, linkPreview: false})).id",
        BRUNO_ID,
    )
    page.wait("received.length === 21")
    assert [one["body"] for one in page.value("received") if one["id"] != pending] == bodies
    assert page.value("states") == ["TIMEOUT", "OFFLINE", "CONNECTED", "MAIN"]
    wait_until(lambda: simulator.inbox(BRUNO), "the message sent while offline")
    assert [line["id"] for line in simulator.inbox(BRUNO)] == [short(pending)]
    page.wait(f"acks.some(([ids]) => ids[0] === '{short(pending)}')")


def test_unacknowledged_message_is_sent_again_by_the_next_page(
    simulator: Simulator, page: PageBrowser, open_page: OpenPage
) -> None:
    fault = simulator.fault("ack_never", phone=ANA)
    sent = page.run(
        "return (await WPP.chat.sendTextMessage(args[0], 'sem ack', {waitForAck: false, linkPreview: false})).id",
        BRUNO_ID,
    )
    wait_until(lambda: simulator.inbox(BRUNO), "the message")
    assert page.run("return (await WPP.chat.getMessageById(args[0])).ack", sent) == 0
    page.kill()
    simulator.delete_fault(fault)
    again = open_page()
    again.wait_connected()
    again.wait(f"require('WAWebMsgCollection').MsgCollection.get('{sent}').ack === 1")
    assert [line["id"] for line in simulator.inbox(BRUNO)] == [short(sent)]


def test_simulator_killed_while_pages_are_open(
    simulator: Simulator, simulator_process: SimulatorProcess, page: PageBrowser
) -> None:
    send_text(page, BRUNO_ID, "antes")
    simulator_process.kill()
    page.wait(f"{STREAM}.mode === 'OFFLINE'")
    simulator_process.start()
    page.wait_connected()
    simulator_process.client.write(BRUNO, ANA, "depois")
    page.wait("received.some((m) => m.body === 'depois')")
    assert [line["body"] for line in simulator_process.client.inbox(BRUNO)] == ["antes"]


def test_two_linked_accounts_write_to_each_other(
    simulator: Simulator, page: PageBrowser, open_page: OpenPage
) -> None:
    other = open_page("other")
    pair(simulator, other, BRUNO)
    listen(other)
    sent = send_text(page, BRUNO_ID, "oi Bruno")
    other.wait("received.length")
    assert other.value("received[0]")["id"] == f"false_{ANA}@c.us_{short(sent['id'])}"
    send_text(other, f"{ANA}@c.us", "oi Ana")
    page.wait("received.some((m) => m.body === 'oi Ana')")
    assert other.value(f"{CONN}.platform") == "smba"


def test_page_reload_fault_comes_back_connected(simulator: Simulator, page: PageBrowser) -> None:
    simulator.fault("page_reload", phone=ANA)
    page.wait("!window.received && WPP.isFullReady")
    page.wait_connected()


def test_reset_sends_open_pages_back_to_a_qr(simulator: Simulator, page: PageBrowser) -> None:
    simulator.reset()
    page.wait("document.querySelector('[data-ref]')")
    assert simulator.accounts() == []


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "green").save(file, "PNG")
    return file.getvalue()
