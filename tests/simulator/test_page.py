"""The real wa-js on a linked page: every function that the gateway stands on. One Chrome for all tests here."""

import base64
import hashlib
import io
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from tests.simulator.conftest import OpenBrowser, SimulatorProcess
from tests.simulator.page_browser import LISTEN, PageBrowser
from tests.support import wait_until
from wppmt.simulator.client import InboxLine, Simulator

pytestmark = pytest.mark.chrome

ANA, BRUNO, CARLA = "5511911111111", "5511922222222", "5511933333333"
BRUNO_ID, CARLA_LID = f"{BRUNO}@c.us", "99887766554433@lid"
STREAM = "require('WAWebStreamModel').Stream"
CONN = "require('WAWebConnModel').Conn"
SOCKET = "require('WAWebSocketModel').Socket"
MESSAGES = "require('WAWebMsgCollection').MsgCollection"
NOWAIT = {"waitForAck": False}


@pytest.fixture(scope="module")
def linked(
    simulator_process: SimulatorProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PageBrowser]:
    """A page linked to Ana's account."""
    client = simulator_process.client
    client.register(ANA, "Ana")
    client.register(BRUNO, "Bruno", is_business=True)
    client.register(CARLA, "Carla", lid=CARLA_LID)
    browser = PageBrowser(simulator_process.page_port, tmp_path_factory.mktemp("profile"))
    browser.open_ready()
    browser.pair(client, ANA)
    yield browser
    browser.quit()


class Inbox:
    """What a phone has received since the test began."""

    def __init__(self, simulator: Simulator, phone: str) -> None:
        self._simulator = simulator
        self._phone = phone
        self._after = max((line["seq"] for line in simulator.inbox(phone)), default=0)

    def __call__(self) -> list[InboxLine]:
        return self._simulator.inbox(self._phone, self._after)


@pytest.fixture
def page(linked: PageBrowser) -> Iterator[PageBrowser]:
    """The console must stay empty in every test."""
    linked.run("received.length = acks.length = 0")
    linked.console()
    yield linked
    assert linked.console() == []


@pytest.fixture
def inbox(simulator: Simulator, page: PageBrowser) -> Inbox:
    return Inbox(simulator, BRUNO)


def short(message_id: str) -> str:
    return message_id.split("_")[2]


def picture(colour: str = "green") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(file, "PNG")
    return file.getvalue()


def test_text_reaches_the_phone_once_and_is_acknowledged(
    simulator: Simulator, page: PageBrowser, inbox: Inbox
) -> None:
    sent = page.send_text(BRUNO_ID, "olá")
    [line] = inbox()
    assert (line["id"], line["body"]) == (short(sent["id"]), "olá")
    assert line["from"] == line["chat"] == f"{ANA}@c.us"
    assert sent["ack"] == 1
    assert sent["sendMsgResult"]["messageSendResult"] == "OK"
    simulator.receipt(BRUNO, line["id"], 2)
    simulator.receipt(BRUNO, line["id"], 3)
    page.wait("acks.length === 3")
    assert page.value("acks") == [[[line["id"]], ack] for ack in (1, 2, 3)]
    assert page.run("return (await WPP.chat.getMessageById(args[0])).ack", sent["id"]) == 3


def test_the_same_id_sent_twice_arrives_once(page: PageBrowser, inbox: Inbox) -> None:
    key = page.run("return String(await WPP.chat.generateMessageID(args[0]))", BRUNO_ID)
    assert [page.send_text(BRUNO_ID, "olá", messageId=key)["ack"] for _ in range(2)] == [1, 1]
    assert [line["id"] for line in inbox()] == [short(key)]


def test_unknown_message_is_answered_cleanly(page: PageBrowser) -> None:
    missing = "try { await WPP.chat.getMessageById(args[0]) } catch (error) { return error.code }"
    page.send_text(BRUNO_ID, "olá")
    assert page.run(missing, f"true_{BRUNO_ID}_3EB0000000000000000000") == "msg_not_found"


def test_incoming_text_quoted_and_own_phone(simulator: Simulator, page: PageBrowser, inbox: Inbox) -> None:
    page.run("await WPP.chat.markIsRead((await WPP.chat.find(args[0])).id)", BRUNO_ID)
    first = simulator.write(BRUNO, ANA, "primeira")
    simulator.write(BRUNO, ANA, "segunda", quoted=first)
    own = simulator.write(ANA, BRUNO, "do celular")
    page.wait("received.length === 3")
    one, two, mine = page.value("received")
    assert (one["id"], one["body"], one["from"]) == (f"false_{BRUNO_ID}_{first}", "primeira", BRUNO_ID)
    assert two["quoted"] == first
    assert mine["id"] == f"true_{BRUNO_ID}_{own}"
    assert page.value(f"WPP.chat.get('{BRUNO_ID}').unreadCount") == 2
    answer = page.send_text(BRUNO_ID, "resposta", quotedMsg=f"false_{BRUNO_ID}_{first}")
    assert [(line["id"], line["quoted"]) for line in inbox()] == [(own, None), (short(answer["id"]), first)]


def test_groups_both_ways_with_mentions(simulator: Simulator, page: PageBrowser, inbox: Inbox) -> None:
    carlas = Inbox(simulator, CARLA)
    group = simulator.create_group("Equipe", [ANA, BRUNO, CARLA])
    page.wait(f"WPP.chat.get('{group}')")
    assert page.value("(await WPP.group.getAllGroups()).map((g) => String(g.id))") == [group]
    members = page.run("return (await WPP.group.getParticipants(args[0])).map((p) => String(p.id))", group)
    assert members == [f"{ANA}@c.us", BRUNO_ID, CARLA_LID]
    sent = page.send_text(group, f"oi @{BRUNO}", detectMentioned=True)
    for received in (inbox, carlas):
        [line] = received()
        assert (line["id"], line["chat"], line["author"]) == (short(sent["id"]), group, f"{ANA}@c.us")
        assert line["mentions"] == [BRUNO_ID]
    simulator.write(BRUNO, group, "olá grupo")
    page.wait("received.some((m) => m.body === 'olá grupo')")
    [message] = [one for one in page.value("received") if one["body"] == "olá grupo"]
    assert (message["from"], message["author"]) == (group, BRUNO_ID)


def test_group_message_is_read_when_everyone_has_read_it(simulator: Simulator, page: PageBrowser) -> None:
    group = simulator.create_group("Leitores", [ANA, BRUNO, CARLA])
    page.wait(f"WPP.chat.get('{group}')")
    sent = page.send_text(group, "quem lê?")["id"]
    simulator.receipt(BRUNO, sent, 3)
    page.wait("acks.some(([, ack]) => ack === 3)")
    assert page.run("return (await WPP.chat.getMessageById(args[0])).ack", sent) == 1
    simulator.receipt(CARLA, sent, 2)
    page.wait(f"{MESSAGES}.get('{sent}').ack === 2")


def test_hidden_ids_lead_to_the_same_account(simulator: Simulator, page: PageBrowser) -> None:
    carlas = Inbox(simulator, CARLA)
    simulator.write(CARLA, ANA, "de um lid")
    page.wait("received.length")
    assert page.value("received[0].from") == CARLA_LID
    number = "WPP.whatsapp.lidPnCache.getPhoneNumber(WPP.whatsapp.WidFactory.createWid(args[0]))"
    assert page.run(f"return String({number})", CARLA_LID) == f"{CARLA}@c.us"
    assert page.send_text(f"{CARLA}@c.us", "resposta")["to"] == CARLA_LID
    assert [line["body"] for line in carlas()] == ["resposta"]


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
    page: PageBrowser, inbox: Inbox, kind: str, mimetype: str, name: str, options: dict[str, Any]
) -> None:
    data = picture() if kind == "image" else b"not really that format" * 100
    url = f"data:{mimetype};base64,{base64.b64encode(data).decode()}"
    given = {"filename": name, "mimetype": mimetype, "caption": "veja", **options}
    send = (
        "const sent = await WPP.chat.sendFileMessage(args[0], args[1], args[2]); return [sent.id, sent.ack]"
    )
    sent, ack = page.run(send, BRUNO_ID, url, given)
    assert ack == 1
    [line] = inbox()
    assert (line["id"], line["type"]) == (short(sent), kind)
    assert (line["mimetype"], line["fileName"], line["caption"]) == (mimetype, name, "veja")
    assert (line["sha256"], line["size"]) == (hashlib.sha256(data).hexdigest(), len(data))


def test_media_in_can_be_downloaded(simulator: Simulator, page: PageBrowser) -> None:
    data = picture("red")
    message = simulator.write_media(BRUNO, ANA, data, "image/png", "foto.png", caption="veja")
    page.wait("received.length")
    assert page.value("[received[0].type, received[0].caption]") == ["image", "veja"]
    download = """
      const blob = await WPP.chat.downloadMedia(args[0]);
      return [blob.type, btoa(String.fromCharCode(...new Uint8Array(await blob.arrayBuffer())))];
    """
    answer = page.run(download, f"false_{BRUNO_ID}_{message}")
    assert answer == ["image/png", base64.b64encode(data).decode()]


def test_typing_recording_and_seen_are_logged(simulator: Simulator, page: PageBrowser) -> None:
    before = len(simulator.log())
    page.run("await WPP.chat.markIsComposing(args[0]); await WPP.chat.markIsPaused(args[0])", BRUNO_ID)
    page.run("await WPP.chat.markIsRead(args[0])", BRUNO_ID)
    noted = [(entry["event"], entry["chat"]) for entry in simulator.log(before)]
    assert noted == [("typing", BRUNO_ID), ("paused", BRUNO_ID), ("seen", BRUNO_ID)]
    assert page.value(f"WPP.chat.get('{BRUNO_ID}').unreadCount") == 0


def test_contacts_and_numbers(simulator: Simulator, page: PageBrowser) -> None:
    listed = "await WPP.contact.list({onlyMyContacts: true})"
    contacts = page.value(f"({listed}).map((c) => [String(c.id), c.name, c.isBusiness])")
    assert [BRUNO_ID, "Bruno", True] in contacts
    assert [f"{CARLA}@c.us", "Carla", False] in contacts
    exists = "const found = await WPP.contact.queryExists(args[0]); return found && String(found.wid)"
    simulator.register("5511944444444", "Davi")
    assert page.run(exists, BRUNO_ID) == BRUNO_ID
    assert page.run(exists, "5511944444444@c.us") == "5511944444444@c.us"
    assert page.run(exists, "5511900000000@c.us") is None
    assert page.run("return await WPP.contact.getProfilePictureUrl(args[0]) || null", BRUNO_ID) is None


def test_offline_phone_is_seen_by_the_page(simulator: Simulator, page: PageBrowser) -> None:
    simulator.offline(ANA)
    page.wait(f"{CONN}.connected === false")
    assert page.value(f"[{STREAM}.mode, {STREAM}.displayInfo]") == ["MAIN", "OFFLINE"]
    simulator.online(ANA)
    page.wait(f"{CONN}.connected")
    assert page.value(f"{STREAM}.displayInfo") == "NORMAL"


def test_nothing_is_lost_doubled_or_reordered_by_a_dropped_socket(
    simulator: Simulator, page: PageBrowser, inbox: Inbox
) -> None:
    page.run(
        f"window.states = []; {SOCKET}.on('change:state', (s) => states.push(s.state));"
        f"{STREAM}.on('change:mode', (s) => states.push(s.mode));"
    )
    simulator.fault("drop_socket", phone=ANA)
    bodies = [str(n) for n in range(20)]
    for body in bodies:
        simulator.write(BRUNO, ANA, body)
    page.wait(f"{STREAM}.mode === 'OFFLINE'")
    pending = page.run(
        "return (await WPP.chat.sendTextMessage(args[0], 'no escuro', args[1])).id", BRUNO_ID, NOWAIT
    )
    page.wait(f"acks.some(([ids]) => ids[0] === '{short(pending)}')")
    page.wait("received.length === 21")
    assert [one["body"] for one in page.value("received") if one["id"] != pending] == bodies
    assert page.value("states") == ["TIMEOUT", "OFFLINE", "CONNECTED", "MAIN"]
    assert [line["id"] for line in inbox()] == [short(pending)]


def test_refused_sockets_keep_the_page_offline(simulator: Simulator, page: PageBrowser) -> None:
    fault = simulator.fault("refuse_socket", phone=ANA)
    refused = len(simulator.log())
    page.wait(f"{STREAM}.mode === 'OFFLINE' && {SOCKET}.state === 'TIMEOUT'")
    wait_until(lambda: len(simulator.log(refused)) >= 2, limit=10)
    assert simulator.devices(ANA)[0]["sockets"] == 0
    simulator.delete_fault(fault)
    page.wait_connected()
    # Chrome itself writes a refused websocket to the console.
    assert all("WebSocket" in line for line in page.console())


def test_ack_faults(simulator: Simulator, page: PageBrowser, inbox: Inbox) -> None:
    slow = simulator.fault("ack_delay", phone=ANA, delayMs=300)
    assert (
        page.run(
            "const t = performance.now(); await WPP.chat.sendTextMessage(args[0], 'a'); "
            "return performance.now() - t",
            BRUNO_ID,
        )
        > 300
    )
    simulator.delete_fault(slow)
    never = simulator.fault("ack_never", phone=ANA, count=1)
    sent = page.run("return (await WPP.chat.sendTextMessage(args[0], 'b', args[1])).id", BRUNO_ID, NOWAIT)
    wait_until(lambda: len(inbox()) == 2)
    assert never not in [fault["id"] for fault in simulator.faults()]
    assert page.send_text(BRUNO_ID, "c")["ack"] == 1
    assert page.run("return (await WPP.chat.getMessageById(args[0])).ack", sent) == 0
    assert [line["body"] for line in inbox()] == ["a", "b", "c"]


def test_rejected_sends(simulator: Simulator, page: PageBrowser, inbox: Inbox) -> None:
    simulator.fault("send_reject", phone=ANA, count=1)
    rejected = page.send_text(BRUNO_ID, "não")
    assert rejected["ack"] == -1
    assert rejected["sendMsgResult"]["messageSendResult"] == "ERROR_UNKNOWN"
    simulator.register("5511955555555", "Estranha")
    lock = simulator.fault("reachout_timelock", phone=ANA)
    stranger = page.send_text("5511955555555@c.us", "oi")
    assert (stranger["ack"], stranger["sendMsgResult"]["errorCode"]) == (-1, 463)
    simulator.write(BRUNO, ANA, "conhecido")
    assert page.send_text(BRUNO_ID, "resposta")["ack"] == 1
    simulator.delete_fault(lock)
    assert [line["body"] for line in inbox()] == ["resposta"]


def test_two_linked_accounts_write_to_each_other(
    simulator: Simulator, page: PageBrowser, open_browser: OpenBrowser
) -> None:
    other = open_browser("other")
    other.open_ready()
    other.pair(simulator, BRUNO)
    sent = page.send_text(BRUNO_ID, "oi Bruno")
    other.wait("received.length")
    assert other.value("received[0].id") == f"false_{ANA}@c.us_{short(sent['id'])}"
    other.send_text(f"{ANA}@c.us", "oi Ana")
    page.wait("received.some((m) => m.body === 'oi Ana')")
    assert other.value(f"{CONN}.platform") == "smba"


def test_conflict_lasts_until_someone_takes_over(simulator: Simulator, page: PageBrowser) -> None:
    simulator.fault("conflict", phone=ANA)
    page.wait(f"{STREAM}.mode === 'CONFLICT' && {SOCKET}.state === 'CONFLICT'")
    wait_until(lambda: simulator.devices(ANA)[0]["sockets"] == 0)
    page.run(f"{SOCKET}.takeover()")
    page.wait_connected()


def test_whats_new_dialog_unlinks_who_ignores_it(simulator: Simulator, page: PageBrowser) -> None:
    simulator.fault("whats_new_dialog", phone=ANA, unlinkAfterMs=60_000)
    page.wait("document.querySelector('[role=dialog] button')")
    page.run("document.querySelector('[role=dialog] button').click()")
    assert page.value("document.querySelector('[role=dialog]')") is None


def test_needs_update_and_history_that_is_no_news(simulator: Simulator, page: PageBrowser) -> None:
    simulator.fault("needs_update", phone=ANA)
    page.wait(f"{STREAM}.needsUpdate")
    simulator.fault("history_sync", phone=ANA, chats=3, messages=30)
    page.wait("WPP.chat.get('5500900000003@c.us')?.msgs.length === 30")
    page.wait(f"{STREAM}.mode === 'MAIN'")
    assert page.value("received") == []


def test_slow_page_loads_late(simulator: Simulator, page: PageBrowser) -> None:
    simulator.fault("page_slow", phone=ANA, delayMs=300)
    page.driver.refresh()
    assert page.value("performance.getEntriesByType('navigation')[0].responseStart") > 300
    page.wait_connected()
    page.run(LISTEN)


def test_reload_comes_back_connected(simulator: Simulator, page: PageBrowser) -> None:
    simulator.fault("page_reload", phone=ANA)
    page.wait("!window.received && WPP.isFullReady")
    page.wait_connected()
    page.run(LISTEN)
