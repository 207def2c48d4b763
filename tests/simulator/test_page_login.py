"""The real wa-js on pages that come and go: QR, pairing, restarts, unlinking, logging out, faults at the start."""

import base64
import io
import itertools

import pytest
import zxingcpp
from PIL import Image

from tests.simulator.conftest import OpenBrowser, SimulatorProcess
from tests.simulator.page_browser import LISTEN, injection
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
    assert page.value("(await WPP.conn.getAuthCode()).fullCode") == shown
    assert page.value(f"{CONN}.refTTL") == 60_000
    assert page.value(f"[{STREAM}.mode, {STREAM}.info, {SOCKET}.state]") == ["QR", "PAIRING", "UNPAIRED"]
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
    assert page.value(f"[{CONN}.pushname, {CONN}.connected, {CONN}.platform]") == ["Ana", True, "android"]
    assert page.value("await WPP.conn.getAuthCode()") is None
    assert page.value("[!!document.querySelector('#pane-side'), document.querySelector('[data-ref]')]") == [
        True,
        None,
    ]

    assert page.run("return await WPP.conn.logout()") is True
    assert simulator.devices(phone) == []
    assert page.wait_qr() != shown
    assert events(simulator, phone) == ["paired", "logout"]
    assert page.console() == []


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

    page.run("WPP.on('conn.logout_reason', (reason) => sessionStorage.setItem('reason', reason))")
    simulator.unlink(phone)
    page.wait("document.querySelector('[data-ref]') && WPP.isFullReady")
    assert page.value("sessionStorage.getItem('reason')") == "unknown_companion"
    assert page.value("require('WAWebLogoutReasonUtils').getPrevLogoutReasonCode()") == "unknown_companion"
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
    page.kill()
    simulator.unlink(phone)
    again = open_browser()
    again.open("WPP.on('conn.logout_reason', (reason) => sessionStorage.setItem('reason', reason))")
    again.wait_qr()
    assert again.value("sessionStorage.getItem('reason')") == "unknown_companion"


def test_simulator_killed_while_a_page_is_open_then_reset(
    simulator_process: SimulatorProcess, simulator: Simulator, phone: str, open_browser: OpenBrowser
) -> None:
    page = open_browser()
    page.open_ready()
    page.pair(simulator, phone)
    simulator_process.kill()
    page.wait(f"{STREAM}.mode === 'OFFLINE'")
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
    page.wait(f"{SOCKET}.state === 'OPENING' && WPP.isReady")
    assert page.value("document.querySelector('[data-ref]')") is None
    simulator.fault("qr_expire_fast", ttlMs=300)
    page.driver.get("https://web.whatsapp.com/")
    first = page.wait_qr()
    page.wait(f"document.querySelector('[data-ref]').dataset.ref !== '{first}'")
    with pytest.raises(SimulatorError) as expired:
        simulator.scan(phone, first)
    assert expired.value.status == 410


def test_refused_pairings_leave_the_page_at_a_new_code(
    simulator: Simulator, phone: str, open_browser: OpenBrowser
) -> None:
    page = open_browser()
    page.open_ready()
    for kind in ("pairing_refused", "passkey_required"):
        shown = page.wait_qr()
        simulator.fault(kind, phone=phone)
        with pytest.raises(SimulatorError) as refused:
            simulator.scan(phone, shown)
        assert refused.value.code == kind.upper()
        page.wait(f"document.querySelector('[data-ref]').dataset.ref !== '{shown}'")
    assert "chave de acesso" in page.value("document.querySelector('[role=dialog]').textContent")
    simulator.scan(phone, page.wait_qr())
    page.wait_connected()
    page.run(LISTEN)
    simulator.fault("tos_block", phone=phone)
    page.wait(f"{STREAM}.mode === 'TOS_BLOCK'")


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
