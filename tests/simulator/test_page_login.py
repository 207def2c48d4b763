"""The real wa-js on pages that come and go: QR, pairing, restarts, unlinking, logging out, faults at the start."""

import base64
import io
import itertools

import pytest
import zxingcpp
from PIL import Image

from tests.simulator.conftest import OpenBrowser, SimulatorProcess
from tests.simulator.page_browser import injection
from tests.support import wait_until
from wppmt.simulator.client import Simulator, SimulatorError

pytestmark = pytest.mark.chrome

BRUNO = "5511922222222"
BRUNO_ID = f"{BRUNO}@c.us"
STREAM = "require('WAWebStreamModel').Stream"
CONN = "require('WAWebConnModel').Conn"
SOCKET = "require('WAWebSocketModel').Socket"
NUMBERS = itertools.count(5511970000000)


@pytest.fixture
def phone(simulator: Simulator) -> str:
    """A new account; Bruno is there as well."""
    number = str(next(NUMBERS))
    simulator.register(number, "Ana")
    simulator.register(BRUNO, "Bruno")
    return number


def events(simulator: Simulator, phone: str) -> list[str]:
    return [entry["event"] for entry in simulator.log() if entry.get("phone") == phone]


def test_qr_then_linked_then_logged_out(simulator: Simulator, phone: str, open_browser: OpenBrowser) -> None:
    page = open_browser()
    page.open_ready()
    shown = page.wait_qr()
    canvas = page.value("document.querySelector('canvas').toDataURL().split(',')[1]")
    picture = Image.open(io.BytesIO(base64.b64decode(canvas)))
    assert zxingcpp.read_barcodes(picture)[0].text == shown
    ref, *keys, platform = shown.split(",")
    assert (len(keys), platform) == (3, "1")
    assert page.value("(await WPP.conn.getAuthCode()).fullCode") == ",".join([ref, *keys]), "one part less"
    assert page.value(f"[{CONN}.ref, {CONN}.refTTL]") == [ref, 60_000]
    assert page.value(f"[{STREAM}.mode, {STREAM}.info, {SOCKET}.state]") == ["QR", "NORMAL", "UNPAIRED"]
    assert page.value("[WPP.conn.isRegistered(), WPP.conn.isAuthenticated()]") == [False, False]
    with pytest.raises(SimulatorError) as unknown:
        simulator.scan(phone, shown.replace("2@", "2@x"))
    assert unknown.value.status == 404

    assert page.pair(simulator, phone) == f"{phone}:1"
    with pytest.raises(SimulatorError) as used:
        simulator.scan(BRUNO, shown)
    assert used.value.status == 410
    assert [device["sockets"] for device in simulator.devices(phone)] == [1]
    assert page.value("WPP.conn.getMyUserId().toString()") == f"{phone}@c.us"
    assert page.value(f"[{CONN}.pushname, {CONN}.connected, {CONN}.platform]") == ["Ana", None, "android"]
    assert page.value("await WPP.conn.getAuthCode()") is None
    assert page.value(f"{CONN}.ref") == ref, "nothing clears it"
    assert page.value("[!!document.querySelector('#pane-side'), document.querySelector('[data-ref]')]") == [
        True,
        None,
    ]

    page.run("void WPP.conn.logout()")  # its promise never ends: it waits for an event that nothing triggers
    assert page.wait_qr() != shown
    assert simulator.devices(phone) == []
    assert page.value("location.search") == "?post_logout=1"
    assert events(simulator, phone) == ["paired", "logout"]
    assert page.console() == []


def note_goodbye() -> str:
    """For a new document: what is heard of a logout outlives the page."""
    return """
      const note = (...said) => sessionStorage.setItem('heard', (sessionStorage.getItem('heard') || '') + said.join(' ') + ';');
      WPP.on('conn.logout_reason', (reason) => note('reason', reason));
      WPP.on('conn.logout', () => note('conn.logout'));
      WPP.on('conn.backend_event', (name) => { if (name === 'logout') note('backend', name); });
      const listen = () => require('WAWebCmd').Cmd.on('all', (name) => {
        if (/logout/.test(name)) note('cmd', name);
      });
      WPP.isInjected ? listen() : WPP.loader.onInjected(listen);
    """


HEARD = "sessionStorage.getItem('heard')"


def test_codes_come_six_at_a_time(simulator: Simulator, phone: str, open_browser: OpenBrowser) -> None:
    def shown() -> int:
        return [entry["event"] for entry in simulator.log(before)].count("qr")

    page = open_browser()
    simulator.fault("qr_expire_fast", ttlMs=700)
    before = len(simulator.log())
    page.open()
    first = page.wait_qr()
    page.wait(f"WPP.isReady && {SOCKET}.state === 'UNPAIRED_IDLE'")
    assert shown() == 6
    assert page.value("document.querySelector('[data-ref]')") is None
    assert page.value("[WPP.conn.isIdle(), WPP.conn.isAuthenticated()]") == [True, False]
    last = len(simulator.log())
    assert simulator.log(last, wait=1) == [], "no further code by itself"
    kept = page.value(f"{CONN}.ref")
    assert kept == page.value("(await WPP.conn.getAuthCode()).ref"), "nothing clears it"
    page.run("""
      window.changed = 0;
      require('WAWebUserPrefsMultiDevice').advSecretEventEmitter.on('change', () => { changed += 1; });
      require('WAWebLaunchSocketUtils').refreshQR();
    """)
    again = page.wait_qr()
    assert again.split(",")[1:3] == first.split(",")[1:3]
    assert again.split(",")[3] != first.split(",")[3], "each batch has a secret of its own"
    assert page.value("changed") == 1
    wait_until(lambda: shown() == 12)
    page.wait(f"{SOCKET}.state === 'UNPAIRED_IDLE'")
    with pytest.raises(SimulatorError) as expired:
        simulator.scan(phone, first)
    assert expired.value.status == 410


def test_wrapped_codes_are_known_to_a_phone(
    simulator: Simulator, phone: str, open_browser: OpenBrowser
) -> None:
    page = open_browser()
    page.inject()
    for form, start, end in (
        ("prefix", "https://wa.me/settings/linked_devices#2@", ",1"),
        ("suffix", "2@", ",1,https://faq.whatsapp.com/r/ld"),
    ):
        simulator.fault("qr_wrapped", form=form)
        page.driver.get("https://web.whatsapp.com/")
        shown = page.wait_qr()
        assert shown.startswith(start)
        assert shown.endswith(end)
    page.wait("WPP.isFullReady")
    assert page.pair(simulator, phone) == f"{phone}:1"


def test_every_open_socket_says_pairing(simulator: Simulator, phone: str, open_browser: OpenBrowser) -> None:
    page = open_browser()
    page.open_ready()
    page.wait_qr()
    page.run(f"window.states = []; {SOCKET}.on('change:state', (socket) => states.push(socket.state))")
    page.run(f"{SOCKET}.reconnect()")
    page.wait("states.length === 3")
    assert page.value("states") == ["OPENING", "PAIRING", "UNPAIRED"]
    assert page.value("[WPP.conn.isRegistered(), WPP.conn.isAuthenticated()]") == [False, False]
    page.run("states.length = 0")
    page.pair(simulator, phone)
    assert page.value("states") == ["OPENING", "PAIRING", "CONNECTED"]
    page.driver.refresh()
    page.wait_connected()
    assert page.value("WPP.conn.isAuthenticated()") is True


def test_the_network_of_the_browser_is_told(
    simulator: Simulator, phone: str, open_browser: OpenBrowser
) -> None:
    page = open_browser()
    page.open_ready()
    page.pair(simulator, phone)
    fault = simulator.fault("refuse_socket", phone=phone)
    page.wait(f"{STREAM}.info === 'OPENING'")
    offline = {"offline": True, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    page.driver.execute_cdp_cmd("Network.enable", {})
    page.driver.execute_cdp_cmd("Network.emulateNetworkConditions", offline)
    page.wait(f"{STREAM}.info === 'OFFLINE'")
    shown = f"[{SOCKET}.state, {STREAM}.mode, {STREAM}.displayInfo, WPP.conn.isOnline()]"
    assert page.value(shown) == ["OPENING", "MAIN", "OFFLINE", False]
    simulator.delete_fault(fault)
    page.run(
        f"window.infos = []; {STREAM}.on('change:displayInfo', (stream) => infos.push(stream.displayInfo))"
    )
    page.driver.execute_cdp_cmd("Network.emulateNetworkConditions", {**offline, "offline": False})
    page.wait(f"{STREAM}.displayInfo === 'NORMAL' && {STREAM}.phoneAuthed")
    assert "CONNECTING" in page.value("infos")


def test_a_login_whose_local_storage_is_lost_is_lost(
    simulator: Simulator, phone: str, open_browser: OpenBrowser
) -> None:
    page = open_browser()
    page.open_ready()
    page.pair(simulator, phone)
    names = ("last-wid-md", "WALid", "me-display-name", "WANoiseInfo", "WANoiseInfoIv", "WAWebEncKeySalt")
    assert page.run("return args[0].map((key) => localStorage.getItem(key) !== null)", names) == [True] * 6
    kept = """
      const db = await new Promise((done) => {
        const opening = indexedDB.open('wawc'); opening.onsuccess = () => done(opening.result); });
      const asked = db.transaction('user').objectStore('user').getAllKeys();
      return new Promise((done) => { asked.onsuccess = () => done(asked.result) });
    """
    assert page.run(kept) == sorted(names)
    page.run("localStorage.clear()")
    page.driver.refresh()
    page.wait_qr()
    assert page.value("WPP.conn.isRegistered()") is False


def test_a_refused_login_is_a_logout_with_a_reason(
    simulator: Simulator, phone: str, open_browser: OpenBrowser
) -> None:
    page = open_browser()
    page.open(note_goodbye())
    page.pair(simulator, phone)
    page.run("window.bans = []; require('WAWebBackendEventBus').BackendEventBus.on('account_temporarily_banned',"
             "(ban) => bans.push([ban.banned, ban.expire]))")  # fmt: skip
    simulator.fault("tos_block", phone=phone, banSeconds=60)
    page.wait("bans.length")
    assert page.value("bans") == [[True, 60]]
    assert page.value(f"{STREAM}.mode") == "MAIN"
    simulator.fault("tos_block", phone=phone, header="Conta bloqueada")
    page.wait("document.querySelector('[data-ref]') && WPP.isFullReady")
    heard = "reason account_locked;backend logout;cmd logout_from_bridge;"
    assert page.value(HEARD) == heard
    prev = "require('WAWebLogoutReason')"
    assert page.value(f"{prev}.getPrevLogoutReasonCode()") == "3"
    told = page.value(f"{prev}.getPrevCustomLogoutMessage()")
    assert told["logoutMessageHeader"] == "Conta bloqueada"
    assert page.value("localStorage.length") == 0
    assert simulator.devices(phone) == []


def test_pairing_by_code_then_unlinked(simulator: Simulator, phone: str, open_browser: OpenBrowser) -> None:
    page = open_browser()
    page.open_ready()
    page.wait_qr()
    code = page.run("return await WPP.conn.genLinkDeviceCodeForPhoneNumber(args[0])", phone)
    assert len(code) == 8
    with pytest.raises(SimulatorError) as other:
        simulator.pair_code(BRUNO, code)
    assert other.value.code == "OTHER_PHONE"
    assert simulator.pair_code(phone, f"{code[:4]}-{code[4:].lower()}") == f"{phone}:1"
    page.wait_connected()

    page.run(note_goodbye())
    page.wait("performance.now() > 3000")
    simulator.unlink(phone)
    page.wait("document.querySelector('[data-ref]') && WPP.isFullReady")
    heard = "reason unknown_companion;backend logout;cmd logout_from_bridge;"
    assert page.value(HEARD) == heard
    assert page.value("WPP.conn.isRegistered()") is False
    assert simulator.devices(phone) == []
    assert page.console() == []


def test_login_messages_and_unsent_ones_survive_a_killed_browser(
    simulator: Simulator, phone: str, open_browser: OpenBrowser
) -> None:
    page = open_browser()
    page.open_ready()
    page.pair(simulator, phone)
    sent = page.send_text(BRUNO_ID, "antes")["id"]
    photo = simulator.write_media(BRUNO, phone, b"bytes of a photo", "image/png", "foto.png", "resposta")
    page.wait("received.some((m) => m.caption === 'resposta')")
    never = simulator.fault("ack_never", phone=phone)
    unsent = page.run(
        "return (await WPP.chat.sendTextMessage(args[0], 'sem ack', {waitForAck: false})).id", BRUNO_ID
    )
    wait_until(lambda: len(simulator.inbox(BRUNO)) == 2)
    page.wait_saved()
    page.kill()
    simulator.delete_fault(never)
    simulator.write(BRUNO, phone, "um")
    simulator.write(BRUNO, phone, "dois")
    simulator.receipt(BRUNO, sent, 3)

    again = open_browser()
    again.open_ready()
    again.wait_connected()
    texts = "return (await WPP.chat.getMessages(args[0], {count: 10})).map((m) => m.caption || m.body)"
    wait_until(lambda: again.run(texts, BRUNO_ID) == ["antes", "resposta", "sem ack", "um", "dois"])
    ack = "return (await WPP.chat.getMessageById(args[0])).ack"
    wait_until(lambda: again.run(ack, sent) == 3)
    wait_until(lambda: again.run(ack, unsent) == 1)
    download = "return (await WPP.chat.downloadMedia(args[0])).text()"
    assert again.run(download, f"false_{BRUNO_ID}_{photo}") == "bytes of a photo"
    assert [line["body"] for line in simulator.inbox(BRUNO)] == ["antes", "sem ack"]
    assert [device["device"] for device in simulator.devices(phone)] == [f"{phone}:1"]
    assert "restored" in events(simulator, phone)
    assert again.console() == []


def test_page_unlinked_while_away_tells_the_reason(
    simulator: Simulator, phone: str, open_browser: OpenBrowser
) -> None:
    page = open_browser()
    page.open_ready()
    page.pair(simulator, phone)
    page.wait_saved()
    page.kill()
    simulator.unlink(phone)
    again = open_browser()
    again.open()
    again.wait("document.querySelector('[data-ref]') && location.search === '?post_logout=1'")
    [told] = [entry for entry in simulator.log() if entry["event"] == "logout"][-1:]
    assert told["reason"] == "unknown_companion"


def test_simulator_killed_while_a_page_is_open_then_reset(
    simulator_process: SimulatorProcess, simulator: Simulator, phone: str, open_browser: OpenBrowser
) -> None:
    page = open_browser()
    page.open_ready()
    page.pair(simulator, phone)
    simulator_process.kill()
    page.wait(f"{SOCKET}.state === 'OPENING'")
    simulator_process.start()
    page.wait_connected()
    simulator_process.client.write(BRUNO, phone, "depois")
    page.wait("received.some((m) => m.body === 'depois')")
    simulator_process.client.reset()
    page.wait_qr()
    assert simulator_process.client.accounts() == []


def test_wajs_as_a_bidi_preload_script(simulator: Simulator, phone: str, open_browser: OpenBrowser) -> None:
    page = open_browser(webSocketUrl=True)
    page.driver.script.add_preload_script(f"() => {{ {injection()} }}")
    page.driver.get("https://web.whatsapp.com/")
    page.wait("window.WPP && WPP.isFullReady")
    page.pair(simulator, phone)
    assert page.send_text(BRUNO_ID, "olá")["ack"] == 1
    assert [line for line in page.console() if "Mapper" not in line] == []  # chromedriver's own word


def test_faults_while_a_page_loads(simulator: Simulator, phone: str, open_browser: OpenBrowser) -> None:
    page = open_browser()
    page.inject()
    simulator.fault("page_load_error", count=1)
    page.driver.get("https://web.whatsapp.com/")
    assert page.value("typeof window.require") == "undefined"
    simulator.fault("missing_module", module="WAWebUserPrefsMeUser")
    page.driver.get("https://web.whatsapp.com/")
    page.wait_qr()
    assert page.value("'WAWebUserPrefsMeUser' in require('__debug').modulesMap") is False
    simulator.fault("qr_never")
    page.driver.get("https://web.whatsapp.com/")
    page.wait(f"{SOCKET}.state === 'PAIRING' && WPP.isReady")
    assert page.value("document.querySelector('[data-ref]')") is None


def test_refused_pairings_leave_the_page_at_a_new_code(
    simulator: Simulator, phone: str, open_browser: OpenBrowser
) -> None:
    page = open_browser()
    page.open_ready()
    shown = page.wait_qr()
    simulator.fault("pairing_refused", phone=phone)
    with pytest.raises(SimulatorError) as refused:
        simulator.scan(phone, shown)
    assert refused.value.code == "PAIRING_REFUSED"
    page.wait("WPP.conn.isRegistered() && WPP.conn.isAuthenticated() === false", limit=5)
    page.wait("document.querySelector('[data-ref]') && WPP.isFullReady")
    assert page.value("[location.search, WPP.conn.isRegistered()]") == ["?post_logout=1", False]

    simulator.fault("passkey_required", phone=phone)
    with pytest.raises(SimulatorError) as passkey:
        simulator.scan(phone, page.wait_qr())
    assert passkey.value.code == "PASSKEY_REQUIRED"
    page.wait("require('WAWebAltDeviceLinkingApi').getPairingType() === 'SHORTCAKE_PASSKEY'")
    assert "chave de acesso" in page.value("document.querySelector('.landing-wrapper').textContent")
    assert page.value("[...document.querySelectorAll('[role], [data-ref]')].length") == 0
    page.run("document.querySelector('[data-testid=shortcake_cancel_button]').click()")
    simulator.scan(phone, page.wait_qr())
    page.wait_connected()


def test_hung_page_takes_nothing_until_it_is_killed(
    simulator: Simulator, phone: str, open_browser: OpenBrowser
) -> None:
    page = open_browser()
    page.open_ready()
    page.pair(simulator, phone)
    hung = simulator.fault("page_hang", phone=phone)
    wait_until(lambda: [entry for entry in simulator.log() if entry.get("id") == hung and "device" in entry])
    simulator.write(BRUNO, phone, "ninguém lê")
    last = len(simulator.log())
    # Nothing comes any more, though the socket is open: only a limit of time can tell.
    assert simulator.log(last, wait=1) == []
    assert simulator.devices(phone)[0]["sockets"] == 1
    page.kill()
