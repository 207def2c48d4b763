"""The control API over real HTTP, with pages that speak the page's protocol."""

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.simulator.api import ANA, BRUNO, BRUNO_ID, Api, scan, serving
from wppmt.simulator import SimulatorServer, SimulatorSettings
from wppmt.simulator.qr import PREFIX, SUFFIX


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(tmp_path) as api:
        yield api


async def test_what_is_not_told_of_an_account_stays_as_it_was(api: Api) -> None:
    path = "/accounts/5511933333333"
    made = await api.ok("PUT", path, {"name": "Carla", "saved": [ANA], "numberUnknown": True, "lid": "99887"})
    assert (made["saved"], made["numberUnknown"], made["lid"]) == ([ANA], True, "99887@lid")
    again = await api.ok("PUT", path, {"name": "Carla Lima"})
    assert (again["saved"], again["numberUnknown"], again["lid"]) == ([ANA], True, "99887@lid")
    last = await api.ok("PUT", path, {"name": "Carla", "saved": False, "numberUnknown": False})
    assert (last["saved"], last["numberUnknown"]) == (False, False)


async def test_limits_end_by_themselves(api: Api) -> None:
    soon = api.clock.seconds + 0.05
    await api.ok("POST", "/faults", {"kind": "reachout_timelock", "phone": ANA, "until": soon})
    async with api.page() as page:
        await scan(api, page)
        assert (await page.call("reachoutTimelock"))["time_enforcement_ends"] == str(int(soon))
        assert (await page.send("1", "5511933333333@c.us"))["error"] == "NOT_ON_WHATSAPP"
        api.clock.seconds = soon
        assert (await page.pushed("limits"))["timelock"]["is_active"] is False
    assert await api.ok("GET", "/faults") == []


async def test_health_and_accounts(api: Api) -> None:
    assert await api.ok("GET", "/health") == {"status": "ok"}
    ana, bruno = await api.ok("GET", "/accounts")
    assert (ana["phone"], ana["pushname"], ana["isBusiness"], ana["online"]) == (ANA, "Ana", False, True)
    assert (bruno["isBusiness"], bruno["lid"]) == (True, "77777@lid")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/accounts/12", {"name": "Curto"}, 400),
        ("PUT", f"/accounts/{ANA}", {}, 400),
        ("PUT", f"/accounts/{ANA}", [], 400),
        ("PUT", f"/accounts/{ANA}", {"name": "Ana", "isBusiness": "sim"}, 400),
        ("PUT", f"/accounts/{ANA}", {"name": "Ana", "lid": "abc"}, 400),
        ("PUT", f"/accounts/{ANA}", {"name": "Ana", "lid": "77777"}, 409),
        ("PUT", f"/accounts/{ANA}", {"name": "Ana", "saved": "sim"}, 400),
        ("PUT", f"/accounts/{ANA}", {"name": "Ana", "numberUnknown": 1}, 400),
        ("POST", "/faults", {"kind": "missing_module"}, 400),
        ("POST", "/faults", {"kind": "reachout_timelock", "until": "amanhã"}, 400),
        ("GET", "/accounts/5511900000000/devices", None, 404),
        ("GET", "/accounts/5511900000000/inbox", None, 404),
        ("GET", f"/accounts/{ANA}/inbox?after=x", None, 400),
        ("POST", "/accounts/5511900000000/scan", {"qr": "2@x"}, 404),
        ("POST", f"/accounts/{ANA}/scan", {}, 400),
        ("POST", f"/accounts/{ANA}/scan", {"qr": "2@x,a,b,c"}, 404),
        ("POST", f"/accounts/{ANA}/pair-code", {"code": "ABCDEFGH"}, 404),
        ("POST", f"/accounts/{ANA}/messages", {"body": "para ninguém"}, 400),
        ("POST", f"/accounts/{ANA}/messages", {"to": "5511900000000", "body": "x"}, 404),
        ("POST", f"/accounts/{ANA}/messages", {"to": BRUNO, "type": "poll", "poll": {}}, 400),
        (
            "POST",
            f"/accounts/{ANA}/messages",
            {"to": BRUNO, "media": {"base64": "?", "mimetype": "a/b"}},
            400,
        ),
        ("POST", f"/accounts/{ANA}/receipts", {"id": "3EB0", "ack": 3}, 404),
        ("POST", f"/accounts/{ANA}/receipts", {"id": "3EB0", "ack": "lida"}, 400),
        ("POST", "/groups", {"subject": "Vazio", "participants": []}, 400),
        ("POST", "/groups", {"subject": "Texto", "participants": ANA}, 400),
        ("POST", "/faults", {"kind": "nada"}, 400),
        ("POST", "/faults", {"kind": "page_hang", "count": 0}, 400),
        ("POST", "/faults", {"kind": "page_hang", "phone": "5511900000000"}, 404),
        ("DELETE", "/faults/77", None, 404),
        ("GET", "/nowhere", None, 404),
        ("DELETE", "/accounts", None, 405),
    ],
)
async def test_bad_input_is_refused_in_one_form(
    api: Api, method: str, path: str, body: object, status: int
) -> None:
    answered, answer = await api(method, path, body)
    assert answered == status
    assert set(answer) == {"error", "code"}
    assert answer["error"]


async def test_a_body_that_is_not_json_is_refused(api: Api) -> None:
    url = f"{api.server.control_url}/sim/groups"
    async with api.session.post(url, data=b"{") as response:
        assert response.status == 400


async def test_a_code_lives_its_time_and_links_one_page(api: Api) -> None:
    async with api.page() as page:
        code = await page.code()
        batch = await page.pushed("refs")
        assert (batch["firstMs"], batch["laterMs"], len(batch["refs"])) == (60_000, 20_000, 6)
        api.clock.seconds += 60
        status, answer = await api("POST", f"/accounts/{ANA}/scan", {"qr": code})
        assert (status, answer["code"]) == (410, "CODE_EXPIRED")
    async with api.page() as page:
        code = await page.code()
        assert (await api.ok("POST", f"/accounts/{ANA}/scan", {"qr": code}))["device"] == f"{ANA}:1"
        status, _ = await api("POST", f"/accounts/{BRUNO}/scan", {"qr": code})
        assert status == 410
        [device] = await api.ok("GET", f"/accounts/{ANA}/devices")
        assert device == {"device": f"{ANA}:1", "sockets": 1, "since": api.clock.seconds}
        async with api.page(page.token):
            assert (await api.ok("GET", f"/accounts/{ANA}/devices"))[0]["sockets"] == 2
    assert await api.log() == ["page_open", "qr", "page_close", "page_open", "qr", "paired", "page_open", "restored",
                               "page_close", "page_close"]  # fmt: skip


async def test_a_code_is_known_by_its_reference_and_keys(api: Api) -> None:
    async with api.page() as page:
        first = await page.code()
        ref, noise, identity, adv, _ = first.split(",")
        for wrong in (f"{ref}x,{noise},{identity},{adv},1", f"{ref},{noise},{identity},b3V0cm8=,1", ref):
            assert (await api("POST", f"/accounts/{ANA}/scan", {"qr": wrong}))[0] == 404
        second = await page.code(shown=2)
        assert (await api("POST", f"/accounts/{ANA}/scan", {"qr": first}))[0] == 410
        assert (await api("POST", f"/accounts/{ANA}/scan", {"qr": f"{PREFIX}{second}{SUFFIX}"}))[0] == 200
    async with api.page() as page:
        of_wajs = (await page.code()).removesuffix(",1")
        assert (await api("POST", f"/accounts/{ANA}/scan", {"qr": of_wajs}))[0] == 200


async def test_faults_of_a_page_stay_with_it_when_it_reconnects(api: Api) -> None:
    await api.ok("POST", "/faults", {"kind": "qr_expire_fast", "ttlMs": 50})
    await api.ok("POST", "/faults", {"kind": "qr_wrapped", "form": "suffix"})
    page = api.page()
    for _ in range(2):
        page.pushes.clear()
        async with page:
            batch = await page.pushed("refs")
            assert (batch["firstMs"], batch["laterMs"], batch["wrapped"]) == (50, 50, "suffix")
    async with api.page() as other:
        assert (await other.pushed("refs"))["firstMs"] == 60_000


async def test_two_phones_cannot_link_one_page(api: Api) -> None:
    async with api.page() as page:
        code = {"qr": await page.code()}
        scans = [api("POST", f"/accounts/{phone}/scan", code) for phone in (ANA, BRUNO)]
        assert sorted(status for status, _ in await asyncio.gather(*scans)) == [200, 410]


async def test_messages_wait_in_order_until_the_page_has_stored_them(api: Api) -> None:
    async with api.page() as page:
        await scan(api, page)
    for body in "123":
        await api.ok("POST", f"/accounts/{BRUNO}/messages", {"to": ANA, "body": body})
    async with api.page(page.token, confirms=False) as dying:
        await dying.pushed("message", 3)
    async with api.page(page.token) as again:
        await again.pushed("message", 3)
        assert again.received() == ["1", "2", "3"]
        await api.ok("POST", f"/accounts/{BRUNO}/messages", {"to": ANA, "body": "4"})
        await again.pushed("message", 4)
    assert (await api.log()).count("deliver") == 4
    async with api.page(page.token) as last:
        await last.pushed("resumed")
        assert last.received() == []


async def test_sends_are_acknowledged_and_repeats_deliver_nothing(api: Api) -> None:
    async with api.page() as page:
        await scan(api, page)
        assert "error" not in await page.send("3EB01", BRUNO_ID)
        assert "error" not in await page.send("3EB01", BRUNO_ID)
        assert (await page.send("3EB02", "5511900000000@c.us"))["error"] == "NOT_ON_WHATSAPP"
    assert [line["id"] for line in await api.ok("GET", f"/accounts/{BRUNO}/inbox")] == ["3EB01"]
    assert [event for event in await api.log() if event in {"send", "ack"}] == ["send", "ack", "send", "ack"]


async def test_waiting_ends_when_something_comes(api: Api) -> None:
    waiting = asyncio.create_task(api.ok("GET", f"/accounts/{BRUNO}/inbox?wait=5"))
    log = asyncio.create_task(api.ok("GET", "/log?after=0&wait=5"))
    await asyncio.sleep(0)
    await api.ok("POST", f"/accounts/{ANA}/messages", {"to": BRUNO, "body": "olá"})
    async with asyncio.timeout(2):
        [line] = await waiting
        assert [entry["event"] for entry in await log] == ["send"]
    assert await api.ok("GET", f"/accounts/{BRUNO}/inbox?after={line['seq']}&wait=0.01") == []


async def test_media_keep_their_bytes(api: Api) -> None:
    data = bytes(range(256)) * 10
    media = {"base64": base64.b64encode(data).decode(), "mimetype": "video/mp4", "fileName": "a.mp4"}
    await api.ok("POST", f"/accounts/{ANA}/messages", {"to": BRUNO, "media": media, "caption": "veja"})
    [line] = await api.ok("GET", f"/accounts/{BRUNO}/inbox")
    assert (line["type"], line["fileName"], line["size"]) == ("video", "a.mp4", len(data))
    assert line["sha256"] == hashlib.sha256(data).hexdigest()
    url = f"https://127.0.0.1:{api.server.page_port}/media/{line['sha256']}"
    async with api.session.get(url, ssl=False) as response:
        assert await response.read() == data


async def test_unlinked_pages_are_told_why(api: Api) -> None:
    async with api.page() as page:
        await scan(api, page)
        await api.ok("POST", f"/accounts/{ANA}/unlink")
        assert (await page.pushed("logout"))["reason"] == "unknown_companion"
        assert await api.ok("GET", f"/accounts/{ANA}/devices") == []
        assert (await page.send("3EB01", BRUNO_ID))["error"] == "NOT_LINKED"
    async with api.page(page.token) as later:
        assert (await later.pushed("logout"))["reason"] == "unknown_companion"


async def test_a_phone_without_internet_only_keeps_its_receipts(api: Api) -> None:
    async with api.page() as page:
        await scan(api, page)
        before = len(page.pushes)
        await api.ok("POST", f"/accounts/{ANA}/offline")
        await api.ok("POST", f"/accounts/{ANA}/offline")
        await api.ok("POST", f"/accounts/{BRUNO}/offline")
        await page.send("3EB01", BRUNO_ID)
        await api.ok("POST", f"/accounts/{BRUNO}/receipts", {"id": "3EB01", "ack": 2})
        await api.ok("POST", f"/accounts/{BRUNO}/receipts", {"id": "3EB01", "ack": 3})
        await api.ok("POST", f"/accounts/{BRUNO}/messages", {"to": ANA, "body": "vai"})
        await page.pushed("message")
        assert [push["type"] for push in page.pushes[before:]] == ["message"]
        await api.ok("POST", f"/accounts/{BRUNO}/online")
        await page.pushed("receipt", 2)
    log = await api.log()
    assert (log.count("offline"), log.count("online"), log.count("receipt")) == (2, 1, 2)


async def test_what_a_linked_device_reads_and_plays_is_told_to_who_wrote(api: Api) -> None:
    async with api.page() as reader, api.page() as writer:
        await scan(api, reader)
        await scan(api, writer, BRUNO)
        await writer.send("3EB01", f"{ANA}@c.us")
        await reader.pushed("message")
        for call in (
            ("seen", {"chat": BRUNO_ID}),
            ("seen", {"chat": BRUNO_ID}),
            ("receipt", {"id": "3EB01", "ack": 4}),
        ):
            await reader.call(*call)
        await writer.pushed("receipt", 2)
    told = [push["data"]["ack"] for push in writer.pushes if push["type"] == "receipt"]
    assert told == [3, 4]


async def test_new_accounts_and_groups_reach_open_pages(api: Api) -> None:
    async with api.page() as page:
        await scan(api, page)
        await api.ok("PUT", "/accounts/5511933333333", {"name": "Carla", "saved": [ANA]})
        await api.ok("PUT", "/accounts/5511944444444", {"name": "Davi", "saved": [BRUNO]})
        contacts = (await page.pushed("profile", 2))["contacts"]
        assert [one["name"] for one in contacts] == ["Carla"]
        group = await api.ok("POST", "/groups", {"subject": "Equipe", "participants": [ANA, BRUNO]})
        assert (await page.pushed("group"))["group"]["id"] == group["id"]
        profile = await page.pushed("profile", 3)
        assert [one["id"] for one in profile["groups"]] == [group["id"]]
        assert [one["name"] for one in profile["contacts"]] == [None, None, "Carla"]
        found = await page.call("exists", {"wid": "5511933333333@c.us"})
        assert (found["exists"], found["pn"]) == (True, "5511933333333@c.us")
        assert (await page.call("exists", {"wid": "5511900000000@c.us"})) == {"exists": False}


async def test_a_fault_for_an_open_page_strikes_at_once(api: Api) -> None:
    async with api.page() as page:
        await scan(api, page)
        await api.ok("POST", "/faults", {"kind": "page_reload", "phone": ANA})
        assert await page.pushed("fault") == {"kind": "page_reload"}
        assert await api.ok("GET", "/faults") == []
        await api.ok("POST", "/faults", {"kind": "drop_socket", "phone": ANA})
        await page.closed()


async def test_a_fault_for_an_absent_page_waits_for_it(api: Api) -> None:
    async with api.page() as page:
        await scan(api, page)
    await api.ok("POST", "/faults", {"kind": "heap_mb", "phone": ANA, "mb": 5})
    async with api.page() as other:
        await other.pushed("refs")
    async with api.page(page.token) as again:
        assert await again.pushed("fault") == {"kind": "heap_mb", "mb": 5}


async def test_a_message_may_be_lost_without_a_word(api: Api) -> None:
    async with api.page() as page:
        await scan(api, page)
        await api.ok("POST", "/faults", {"kind": "ack_never", "phone": ANA, "count": 1, "deliver": False})
        with pytest.raises(TimeoutError):
            await page.call("send", {"id": "1", "to": BRUNO_ID, "t": 0, "type": "chat"}, limit=0.05)
        assert "error" not in await page.send("2", BRUNO_ID)
    assert [line["id"] for line in await api.ok("GET", f"/accounts/{BRUNO}/inbox")] == ["2"]


async def test_faults_without_phone_stay_with_the_page_that_opened(api: Api) -> None:
    await api.ok("POST", "/faults", {"kind": "send_reject"})
    async with api.page() as page, api.page() as other:
        await scan(api, page)
        await scan(api, other, BRUNO)
        for message_id in "12":
            assert (await page.send(message_id, BRUNO_ID))["error"] == "SEND_REJECT"
        assert "error" not in await other.send("3", f"{ANA}@c.us")


async def test_a_taken_port_is_said_and_leaves_nothing_open(api: Api, tmp_path: Path) -> None:
    settings = SimulatorSettings(tmp_path / "other", control_port=api.server.control_port, page_port=0)
    server = SimulatorServer(settings)
    with pytest.raises(OSError, match="address already in use"):
        await server.start()
    async with SimulatorServer(
        SimulatorSettings(tmp_path / "other", control_port=0, page_port=server.page_port)
    ):
        pass


async def test_refused_sockets(api: Api) -> None:
    await api.ok("POST", "/faults", {"kind": "refuse_socket", "count": 1})
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await api.page().__aenter__()
    async with api.page() as page:
        await page.pushed("refs")


async def test_an_ignored_dialog_unlinks_the_device(api: Api) -> None:
    async with api.page() as page:
        await scan(api, page)
        await api.ok("POST", "/faults", {"kind": "whats_new_dialog", "phone": ANA, "unlinkAfterMs": 20})
        assert (await page.pushed("logout"))["reason"] == "unknown_companion"


async def test_reset_forgets_everything_and_sends_pages_back(api: Api) -> None:
    async with api.page() as page:
        await scan(api, page)
        await api.ok("POST", f"/accounts/{BRUNO}/messages", {"to": ANA, "body": "olá"})
        await api.ok("POST", "/reset")
        await page.pushed("reset")
        assert await api.ok("GET", "/accounts") == []
        assert await api.ok("GET", "/faults") == []
        assert await api.log() == []


async def test_the_page_forbids_what_whatsapp_forbids(api: Api) -> None:
    url = f"https://127.0.0.1:{api.server.page_port}/"
    async with api.session.get(url, ssl=False) as first, api.session.get(url, ssl=False) as second:
        policy = first.headers["Content-Security-Policy"]
        assert policy != second.headers["Content-Security-Policy"], "each page has a nonce of its own"
        assert "require-trusted-types-for 'script'" in policy
        assert "unsafe" not in policy
        assert (await first.text()).count("<script") == 1
    async with api.session.get(url, ssl=False, headers={"Host": "start.example.com"}) as foreign:
        assert foreign.status == 404
