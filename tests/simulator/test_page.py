"""The real wa-js on a linked page: every function that the gateway stands on. One Chrome for all tests here."""

import base64
import hashlib
import io
import time
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
WRAP_REACTION_TABLE = """
    const { reactionTableMode } = require('WAWebAddonReactionTableMode');
    const store = reactionTableMode.bulkUpsert;
    window.stored = [];
    reactionTableMode.bulkUpsert = (reactions) => {
      for (const { id, reactionParentKey, reactionText, from, author } of reactions) {
        stored.push([id.fromMe, String(reactionParentKey), reactionText, String(author ?? from)]);
      }
      return store(reactions);
    };
"""
PREPARE_DOCUMENT = """
    const opaque = await require('WAWebMediaOpaqueData').createFromData(args[0]
      ? new File(['%PDF'], args[0], { type: 'application/pdf' }) : new Blob(['%PDF']), 'application/pdf');
    const media = await require('WAWebPrepRawMedia').prepRawMedia(opaque, { asDocument: true }).waitForPrep();
    return media.toJSON().filename;
"""


@pytest.fixture(scope="module")
def linked(
    simulator_process: SimulatorProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PageBrowser]:
    """A page linked to Ana's account."""
    client = simulator_process.client
    client.register(ANA, "Ana")
    client.register(BRUNO, "Bruno", is_business=True, saved=True)
    client.register(CARLA, "Carla", lid=CARLA_LID, saved=True)
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


def watch_connection(page: PageBrowser) -> None:
    """Notes every step of the connection in ``seen``, and what the backend says in ``backend``."""
    page.run(f"""
      const [Socket, Stream] = [{SOCKET}, {STREAM}];
      window.seen = []; window.backend = [];
      const note = () => {{
        const now = [Socket.state, Socket.stream, Stream.mode, Stream.info, Stream.displayInfo];
        if (JSON.stringify(now) !== JSON.stringify(seen.at(-1))) seen.push(now);
      }};
      Socket.on('change', note); Stream.on('change', note);
      WPP.on('conn.backend_event', (name) => backend.push(name));
    """)


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


def test_reactions_of_both_sides_pass_the_table_that_whatsapp_web_js_wraps(
    simulator: Simulator, page: PageBrowser
) -> None:
    page.run(WRAP_REACTION_TABLE)
    sent = page.send_text(BRUNO_ID, "olá")["id"]
    for emoji in ("👍", ""):
        simulator.call("POST", f"/accounts/{BRUNO}/react", {"id": sent, "emoji": emoji})
    page.wait("stored.length === 2")
    page.run("await WPP.chat.sendReactionToMessage(args[0], '🎉')", sent)
    page.wait("stored.length === 3")
    theirs, ours = (False, sent), (True, sent)
    assert page.value("stored") == [
        [*theirs, "👍", BRUNO_ID],
        [*theirs, "", BRUNO_ID],
        [*ours, "🎉", f"{ANA}@c.us"],
    ]
    reactions = page.run("return (await WPP.chat.getReactions(args[0])).reactions.length", sent)
    assert reactions == 1


@pytest.mark.parametrize(("given", "shown"), [("nota.pdf", "nota.pdf"), (None, None)])
def test_a_document_is_called_as_its_file(page: PageBrowser, given: str | None, shown: str | None) -> None:
    assert page.run(PREPARE_DOCUMENT, given) == shown


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
    log = simulator.log(before)
    noted = [(entry["event"], entry["chat"]) for entry in log if entry["event"] != "receipt"]
    assert noted == [("typing", BRUNO_ID), ("paused", BRUNO_ID), ("seen", BRUNO_ID)]
    assert page.value(f"WPP.chat.get('{BRUNO_ID}').unreadCount") == 0


def test_contacts_and_numbers(simulator: Simulator, page: PageBrowser) -> None:
    listed = "await WPP.contact.list({onlyMyContacts: true})"
    contacts = page.value(f"({listed}).map((c) => [String(c.id), c.name, c.isBusiness])")
    assert [BRUNO_ID, "Bruno", True] in contacts
    assert [f"{CARLA}@c.us", "Carla", False] in contacts
    assert page.run("return await WPP.contact.getProfilePictureUrl(args[0]) || null", BRUNO_ID) is None


EXISTS = "const found = await WPP.contact.queryWidExists(args[0]); return found && String(found.wid)"


def test_a_look_up_answers_the_hidden_id(simulator: Simulator, page: PageBrowser) -> None:
    davi = simulator.register("5511944444444", "Davi")
    assert page.run(EXISTS, BRUNO_ID) == BRUNO_ID, "in the address book: the server is not asked"
    assert page.value("WPP.whatsapp.ContactStore.get('5511944444444@c.us') === undefined")
    assert page.run(EXISTS, "5511944444444@c.us") == davi["lid"]
    assert page.run(EXISTS, "5511900000000@c.us") is None
    sent = page.send_text(davi["lid"], "oi")
    assert [line["id"] for line in simulator.inbox("5511944444444")] == [short(sent["id"])]


def test_a_look_up_that_fails_is_an_error(simulator: Simulator, page: PageBrowser) -> None:
    fault = simulator.fault("refuse_socket", phone=ANA)
    page.wait(f"{SOCKET}.state === 'OPENING'")
    ask = "const {queryWidExists} = require('WAWebQueryExistsJob'); const wid = WPP.util.createWid(args[0]);"
    ask += "try { return await queryWidExists(wid) } catch (error) { return error.message }"
    assert page.run(ask, "5511900000001@c.us") == "socket is closed"
    assert page.run(EXISTS, "5511900000001@c.us") is None, "so wa-js tells it"
    simulator.delete_fault(fault)
    page.wait(f"{STREAM}.phoneAuthed")
    page.console()


def test_strangers_have_no_name_and_maybe_no_number(simulator: Simulator, page: PageBrowser) -> None:
    lid = "12312312312312@lid"
    simulator.register("5511966666666", "Estela", lid=lid, number_unknown=True)
    simulator.write("5511966666666", ANA, "quem é?")
    page.wait("received.length")
    contact = "const contact = WPP.whatsapp.ContactStore.get(args[0]);"
    read = "const {getName, getNotifyName} = require('WAWebContactGetters'); "
    read += "return [getName(contact) ?? null, getNotifyName(contact), contact.isAddressBookContact]"
    assert page.run(contact + read, lid) == [None, "Estela", 0]
    number = "String(WPP.whatsapp.lidPnCache.getPhoneNumber(WPP.util.createWid(args[0])))"
    assert page.run(f"return {number}", lid) == "undefined"
    assert page.run("return String(received[0].from)") == lid
    assert page.run(EXISTS, "5511966666666@c.us") == lid
    assert page.run(f"return {number}", lid) == "5511966666666@c.us", "whoever asks by number knows it"


def test_a_later_hidden_id_takes_the_chat_along(simulator: Simulator, page: PageBrowser) -> None:
    before, after = "5511977777777@c.us", "45645645645645@lid"
    simulator.register("5511977777777", "Fábio")
    simulator.write("5511977777777", ANA, "antes")
    page.wait("received.length")
    simulator.register("5511977777777", "Fábio", lid=after)
    page.wait(f"WPP.whatsapp.ChatStore.get('{after}')")
    assert page.value(f"WPP.whatsapp.ChatStore.get('{before}') === undefined")
    simulator.write("5511977777777", ANA, "depois")
    page.wait("received.length === 2")
    bodies = "WPP.whatsapp.ChatStore.get(args[0]).msgs.map((message) => message.body)"
    assert page.run(f"return {bodies}", after) == ["antes", "depois"]
    page.driver.refresh()
    page.wait_connected()
    page.run(LISTEN)
    assert page.run(f"return {bodies}", after) == ["antes", "depois"]


def test_a_phone_without_internet_is_not_seen_by_the_page(
    simulator: Simulator, page: PageBrowser, inbox: Inbox
) -> None:
    seen = f"[{STREAM}.toJSON(), {SOCKET}.state, {CONN}.connected ?? null]"
    before = page.value(seen)
    simulator.offline(ANA)
    simulator.write(BRUNO, ANA, "mesmo assim")
    page.wait("received.length")
    assert page.send_text(BRUNO_ID, "também")["ack"] == 1
    assert page.value(seen) == before
    assert before[1:] == ["CONNECTED", None]
    simulator.online(ANA)


def test_nothing_is_lost_doubled_or_reordered_by_a_dropped_socket(
    simulator: Simulator, page: PageBrowser, inbox: Inbox
) -> None:
    watch_connection(page)
    never = simulator.fault("ack_never", phone=ANA, count=1)
    pending = page.run(
        "return (await WPP.chat.sendTextMessage(args[0], 'sem ack', args[1])).id", BRUNO_ID, NOWAIT
    )
    wait_until(lambda: never not in [fault["id"] for fault in simulator.faults()])
    simulator.fault("drop_socket", phone=ANA)
    bodies = [str(n) for n in range(20)]
    for body in bodies:
        simulator.write(BRUNO, ANA, body)
    page.wait(f"acks.some(([ids]) => ids[0] === '{short(pending)}')")
    page.wait("received.length === 21")
    assert [one["body"] for one in page.value("received") if one["id"] != pending] == bodies
    assert page.value("seen") == [
        ["CONNECTED", "DISCONNECTED", "MAIN", "NORMAL", "NORMAL"],
        ["OPENING", "DISCONNECTED", "MAIN", "OPENING", "NORMAL"],
        ["PAIRING", "DISCONNECTED", "MAIN", "RESUMING", "NORMAL"],
        ["CONNECTED", "DISCONNECTED", "MAIN", "NORMAL", "NORMAL"],
        ["CONNECTED", "CONNECTED", "MAIN", "NORMAL", "NORMAL"],
    ]
    page.wait("/offline_delivery_state_reset.*offline_delivery_end/.test(backend)")
    assert [line["id"] for line in inbox()] == [short(pending)]


def mode_and_info(state: str, stream: str, *, synced: bool) -> tuple[str, str]:
    """WhatsApp's tables, for a page that is registered in a browser that is online."""
    infos = {"OPENING": "OPENING", "PAIRING": "RESUMING" if synced else "PAIRING"}
    if state == "CONNECTED" and stream != "CONNECTED" and not synced:
        infos["CONNECTED"] = "SYNCING"
    if state in {"CONFLICT", "PROXYBLOCK", "TOS_BLOCK", "SMB_TOS_BLOCK"}:
        mode = state
    elif state in {"UNPAIRED", "UNPAIRED_IDLE"}:
        mode = "QR"
    elif state == "UNLAUNCHED":
        mode = "SYNCING"
    else:
        mode = "MAIN" if synced or stream == "CONNECTED" else "SYNCING"
    return mode, infos.get(state, "NORMAL")


def test_the_stream_follows_from_the_socket_by_the_tables(page: PageBrowser) -> None:
    derive = """
      const [{SOCKET_STATE, SOCKET_STREAM}, {Socket}, {Stream}] = args[0].map(require);
      const found = [];
      for (const state of Object.values(SOCKET_STATE)) for (const stream of Object.values(SOCKET_STREAM)) {
        for (const hasSynced of [true, undefined]) {
          Socket.set({state, stream, hasSynced});
          found.push([state, stream, !!hasSynced, Stream.mode, Stream.info]);
        }
      }
      return found;
    """
    found = page.run(derive, ["WAWebSocketConstants", "WAWebSocketModel", "WAWebStreamModel"])
    assert len(found) == 11 * 4 * 2
    for state, stream, synced, mode, info in found:
        assert (mode, info) == mode_and_info(state, stream, synced=synced), (state, stream, synced)
    page.driver.refresh()
    page.wait_connected()
    page.run(LISTEN)


def test_refused_sockets_keep_a_synced_page_in_main(
    simulator: Simulator, page: PageBrowser, inbox: Inbox
) -> None:
    watch_connection(page)
    fault = simulator.fault("refuse_socket", phone=ANA)
    refused = len(simulator.log())
    page.wait(f"{SOCKET}.state === 'OPENING' && {STREAM}.info === 'OPENING'")
    wait_until(lambda: len(simulator.log(refused)) >= 2, limit=10)
    assert page.value("[WPP.conn.isAuthenticated(), WPP.conn.isRegistered()]") == [True, True]
    assert {mode for _, _, mode, *_ in page.value("seen")} == {"MAIN"}
    assert simulator.devices(ANA)[0]["sockets"] == 0
    sent = page.send_text(BRUNO_ID, "no escuro")
    assert (sent["ack"], sent["sendMsgResult"]) == (0, {"messageSendResult": "ERROR_NETWORK"})
    assert page.value(f"{MESSAGES}.get('{sent['id']}').isSendFailure") is True
    page.wait(f"{STREAM}.displayInfo === 'OPENING'", limit=25)
    simulator.delete_fault(fault)
    page.wait(f"{STREAM}.info === 'NORMAL' && {STREAM}.phoneAuthed")
    assert inbox() == []
    # Chrome itself writes a refused websocket to the console.
    assert all("WebSocket" in line for line in page.console())


@pytest.mark.long
def test_a_socket_that_falls_silent_is_noticed(simulator: Simulator, page: PageBrowser) -> None:
    watch_connection(page)
    simulator.fault("drop_socket", phone=ANA, silent=True)
    simulator.write(BRUNO, ANA, "em silêncio")
    page.wait("seen.some(([state]) => state === 'OPENING')", limit=45)  # for a moment only
    page.wait("received.length")
    assert {mode for _, _, mode, *_ in page.value("seen")} == {"MAIN"}


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
    assert rejected["sendMsgResult"] == {"messageSendResult": "ERROR_UNKNOWN", "ackErrorCode": 479}
    assert page.value(f"{MESSAGES}.get('{rejected['id']}').isSendFailure") is True
    simulator.fault("send_reject", phone=ANA, count=1, errorCode=429)
    limited = page.send_text(BRUNO_ID, "não")["sendMsgResult"]
    assert limited == {"messageSendResult": "ERROR_RATE_LIMIT", "ackErrorCode": 429}
    assert inbox() == []


TIMELOCK = "require('WAWebReachoutTimelockUtils')"
CAPPING = "require('WAWebIndividualNewChatMessageCappingLimitUtils')"


def test_cool_down_towards_strangers(simulator: Simulator, page: PageBrowser) -> None:
    simulator.register("5511955555555", "Estranha")
    simulator.register("5511955555556", "Conhecida")
    simulator.write("5511955555556", ANA, "oi")
    page.wait("received.length")
    until = int(time.time()) + 5
    simulator.fault("reachout_timelock", phone=ANA, until=until, enforcementType="WEB_COMPANION_ONLY")
    page.wait(f"{TIMELOCK}.isUserReachoutTimelocked()")
    answer = page.value("await require('WAWebMexFetchReachoutTimelockJob').mexFetchReachoutTimelock()")
    told = {"is_active": True, "enforcement_type": "WEB_COMPANION_ONLY", "time_enforcement_ends": str(until)}
    assert answer == told
    kept = page.value(
        f"require('WAWebUserPrefsIndexedDBStorage').userPrefsIdb.get({TIMELOCK}.REACHOUT_TIMELOCK_IDB_KEY)"
    )
    assert (kept["time_enforcement_ends"], kept["enforcement_type"]) == (until * 1000, "WEB_COMPANION_ONLY")
    stranger = page.send_text("5511955555555@c.us", "oi")
    assert (stranger["ack"], stranger["sendMsgResult"]["ackErrorCode"]) == (-1, 463)
    assert page.send_text("5511955555556@c.us", "resposta")["ack"] == 1
    allowed = (
        f"return args.slice(0, 2).map((id) => {TIMELOCK}.canSendMsgWhileTimelocked({{contact: "
        "WPP.whatsapp.ContactStore.get(id), chat: WPP.whatsapp.ChatStore.get(id)}))"
    )
    assert page.run(allowed, "5511955555555@c.us", "5511955555556@c.us") == [False, True]
    page.wait(f"!{TIMELOCK}.isUserReachoutTimelocked()")
    assert time.time() >= until
    assert page.send_text("5511955555555@c.us", "agora sim")["ack"] == 1


def test_cap_on_new_chats(simulator: Simulator, page: PageBrowser) -> None:
    for number in range(3):
        simulator.register(f"551195555566{number}", "Nova")
    fetch = "await require('WAWebGetNewChatMessageCappingInfoJob').fetchOrUpdateCapStatus()"
    page.run(fetch)
    assert page.value(f"{CAPPING}.getCappingData() ?? null") is None, "switched off: unknown, not unlimited"
    ends = int(time.time()) + 3600
    fault = simulator.fault("new_chat_cap", phone=ANA, total=10, used=8, cycleEnds=ends)
    page.wait(f"{CAPPING}.getCappingStatus() === 'FIRST_WARNING'")
    for number in range(2):
        assert page.send_text(f"551195555566{number}@c.us", "oi")["ack"] == 1
    assert page.send_text("5511955555660@c.us", "de novo")["ack"] == 1, "no new chat"
    page.wait(f"{CAPPING}.isUserCapped()")
    data = page.value(f"{CAPPING}.getCappingData()")
    assert (data["total_quota"], data["used_quota"], data["cycle_end_timestamp"]) == (10, 10, ends)
    capped = page.send_text("5511955555662@c.us", "oi")
    assert (capped["ack"], capped["sendMsgResult"]["ackErrorCode"]) == (-1, 475)
    code = page.value(f"{MESSAGES}.get('{capped['id']}').errorCode")
    assert code == "UserReachedMaxMonthlyLimitForNewMessages"
    simulator.delete_fault(fault)
    page.wait(f"!{CAPPING}.getCappingData()")
    assert page.send_text("5511955555662@c.us", "oi")["ack"] == 1


def test_an_unheard_message_is_stored_and_announced_to_nobody(
    simulator: Simulator, page: PageBrowser
) -> None:
    simulator.fault("inbound_unheard", phone=ANA, count=1)
    lost = simulator.write(BRUNO, ANA, "ninguém ouviu")
    simulator.write(BRUNO, ANA, "esta sim")
    page.wait("received.length")
    assert [message["body"] for message in page.value("received")] == ["esta sim"]
    bodies = "return (await WPP.chat.getMessages(args[0], {count: 2})).map((message) => message.body)"
    assert page.run(bodies, BRUNO_ID) == ["ninguém ouviu", "esta sim"]
    assert page.value(f"{MESSAGES}.get('false_{BRUNO_ID}_{lost}').body") == "ninguém ouviu"


def test_message_keys_have_no_serialized_field_of_their_own(page: PageBrowser) -> None:
    assert "_serialized" not in page.value("String(require('WAWebMsgKey'))")
    text = f"true_{BRUNO_ID}_3EB0"
    made = "const key = WPP.whatsapp.MsgKey.fromString(args[0]); return [String(key), key._serialized]"
    assert page.run(made, text) == [text, text], "wa-js puts it there"


def test_presence_is_logged(simulator: Simulator, page: PageBrowser) -> None:
    before = len(simulator.log())
    page.run("await require('WAWebPresenceChatAction').sendPresenceAvailable()")

    def noted() -> list[tuple[object, ...]]:
        return [(entry["event"], entry["phone"], entry["state"]) for entry in simulator.log(before)]

    wait_until(lambda: noted() == [("presence", ANA, "available")])


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


def test_conflict_is_silence_until_the_page_is_loaded_anew(simulator: Simulator, page: PageBrowser) -> None:
    watch_connection(page)
    ping = "await require('WAComms').sendPing()"
    assert page.value(ping) is True
    simulator.fault("conflict", phone=ANA)
    wait_until(lambda: simulator.devices(ANA)[0]["sockets"] == 0)
    page.run(
        "await new Promise((resolve) => setTimeout(resolve, 1500))"
    )  # longer than a lost socket stays lost
    assert page.value("[seen, backend]") == [[], []]
    assert page.value(f"[{STREAM}.mode, {SOCKET}.state, {SOCKET}.stream]") == [
        "MAIN",
        "CONNECTED",
        "CONNECTED",
    ]
    assert page.value(ping) is False
    page.driver.refresh()
    page.wait_connected()
    page.run(LISTEN)


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
