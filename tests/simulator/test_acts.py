"""What phones do beyond writing, over the control API: to messages, in groups, to each other."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.api import ANA, BRUNO, BRUNO_ID, Api, scan, serving

CARLA = "5511933333333"
BRUNO_LID = "77777@lid"
ANA_ID = f"{ANA}@c.us"


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(tmp_path) as api:
        await api.ok("PUT", f"/accounts/{CARLA}", {"name": "Carla"})
        yield api


async def write(api: Api, phone: str, to: str, **message: Any) -> str:
    return str((await api.ok("POST", f"/accounts/{phone}/messages", {"to": to, **message}))["id"])


async def act(api: Api, phone: str, verb: str, /, **body: Any) -> Any:
    return await api.ok("POST", f"/accounts/{phone}/{verb}", body)


async def newest(api: Api, phone: str) -> dict[str, Any]:
    line: dict[str, Any] = (await api.ok("GET", f"/accounts/{phone}/inbox"))[-1]
    return line


# --- to messages


async def test_an_edit_a_reaction_and_a_revocation_arrive_as_lines(api: Api) -> None:
    message = await write(api, ANA, BRUNO, body="olá")
    edit = await act(api, ANA, "edit", id=message, body="oi")
    line = await newest(api, BRUNO)
    assert (line["type"], line["id"], line["target"], line["body"]) == ("edit", edit["id"], message, "oi")
    await act(api, BRUNO, "react", id=message, emoji="👍")
    line = await newest(api, ANA)
    assert (line["type"], line["target"], line["emoji"]) == ("reaction", message, "👍")
    await act(api, BRUNO, "react", id=message, emoji="")
    assert (await newest(api, ANA))["emoji"] == ""
    await act(api, ANA, "revoke", id=message)
    line = await newest(api, BRUNO)
    assert (line["type"], line["target"]) == ("revoke", message)


async def test_the_first_line_of_a_message_stays_as_it_arrived(api: Api) -> None:
    message = await write(api, ANA, BRUNO, body="olá")
    await act(api, ANA, "edit", id=message, body="oi")
    first, _ = await api.ok("GET", f"/accounts/{BRUNO}/inbox")
    assert first["body"] == "olá"


async def test_a_linked_page_is_told_in_its_own_ids(api: Api) -> None:
    async with api.page() as page:
        await scan(api, page)
        message = await write(api, BRUNO, ANA, body="olá")
        await act(api, BRUNO, "react", id=message, emoji="👍")
        addon = await page.pushed("addon")
        assert addon["type"] == "reaction"
        assert addon["target"] == f"false_{BRUNO_LID}_{message}"
        assert addon["content"] == {"emoji": "👍"}
        await act(api, ANA, "react", id=message, emoji="🎉")
        own = await page.pushed("addon", 2)
        assert own["id"].startswith(f"true_{BRUNO_LID}_")


async def test_others_messages_are_neither_edited_nor_revoked(api: Api) -> None:
    message = await write(api, ANA, BRUNO, body="olá")
    for name, body in (("edit", {"body": "x"}), ("revoke", {})):
        status, answer = await api("POST", f"/accounts/{BRUNO}/{name}", {"id": message, **body})
        assert (status, answer["code"]) == (403, "NOT_OWN_MESSAGE")
    status, answer = await api("POST", f"/accounts/{CARLA}/react", {"id": message, "emoji": "👍"})
    assert status == 404


async def test_admins_of_a_group_revoke_what_others_wrote(api: Api) -> None:
    group = (await api.ok("POST", "/groups", {"subject": "Equipe", "participants": [ANA, BRUNO, CARLA]}))[
        "id"
    ]
    message = await write(api, BRUNO, group, body="olá")
    status, _ = await api("POST", f"/accounts/{CARLA}/revoke", {"id": message})
    assert status == 403
    await act(api, ANA, "revoke", id=message)
    assert (await newest(api, CARLA))["target"] == message


async def test_votes_name_options_of_the_poll(api: Api) -> None:
    poll = await write(api, ANA, BRUNO, type="poll", poll={"question": "Vem?", "options": ["Sim", "Não"]})
    await act(api, BRUNO, "vote", id=poll, options=["Sim"])
    line = await newest(api, ANA)
    assert (line["type"], line["target"], line["options"]) == ("vote", poll, ["Sim"])
    await act(api, BRUNO, "vote", id=poll, options=[])
    assert (await newest(api, ANA))["options"] == []
    status, _ = await api("POST", f"/accounts/{BRUNO}/vote", {"id": poll, "options": ["Talvez"]})
    assert status == 400


async def test_a_refused_addon_reaches_nobody(api: Api) -> None:
    async with api.page() as page:
        await scan(api, page)
        message = await write(api, BRUNO, ANA, body="olá")
        await api.ok("POST", "/faults", {"kind": "send_reject", "phone": ANA, "count": 1})
        wire = {
            "id": "1",
            "to": BRUNO_ID,
            "t": 0,
            "type": "reaction",
            "target": message,
            "content": {"emoji": "👍"},
        }
        assert (await page.call("send", wire))["error"] == "SEND_REJECT"
        assert await api.ok("GET", f"/accounts/{BRUNO}/inbox") == []
        assert "error" not in await page.call("send", {**wire, "id": "2"})
        assert (await newest(api, BRUNO))["emoji"] == "👍"


async def test_an_id_a_time_and_mentions_may_be_chosen(api: Api) -> None:
    assert await write(api, ANA, BRUNO, id="3ACHOSEN", t=1234, body="@x", mentions=[CARLA]) == "3ACHOSEN"
    line = await newest(api, BRUNO)
    assert (line["id"], line["t"], line["mentions"]) == ("3ACHOSEN", 1234, [f"{CARLA}@c.us"])


async def test_media_is_handed_out_by_its_hash(api: Api) -> None:
    data = base64.b64encode(b"bytes").decode()
    media = {"base64": data, "mimetype": "image/png", "fileName": "a.png"}
    await write(api, ANA, BRUNO, media=media)
    sha256 = (await newest(api, BRUNO))["sha256"]
    async with api.session.get(f"{api.server.control_url}/sim/media/{sha256}") as response:
        assert await response.read() == b"bytes"
    status, _ = await api("GET", "/media/0000")
    assert status == 404


# --- calls, presence, labels


async def test_a_call_rings_until_it_is_refused(api: Api) -> None:
    async with api.page() as page:
        await scan(api, page)
        call = (await act(api, BRUNO, "call", to=ANA, video=True))["id"]
        told = await page.pushed("call")
        assert (told["id"], told["peer"], told["video"], told["state"]) == (call, BRUNO_LID, True, "ringing")
        await page.call("call", {"act": "reject", "id": call})
        entry = {"id": call, "from": BRUNO, "to": ANA, "video": True, "state": "rejected"}
        for phone in (ANA, BRUNO):
            assert await api.ok("GET", f"/accounts/{phone}/calls") == [entry]
        assert (await page.call("call", {"act": "accept", "id": call}))["error"] == "NOT_RINGING"
        assert (await page.call("call", {"act": "reject", "id": "nenhuma"}))["errorCode"] == 404


async def test_presence_reaches_the_page_that_it_is_for(api: Api) -> None:
    async with api.page() as page:
        await scan(api, page)
        await act(api, BRUNO, "presence", to=ANA, state="composing")
        assert await page.pushed("presence") == {"chat": BRUNO_LID, "from": BRUNO_LID, "state": "typing"}
        assert "presence" in await api.log()
        status, _ = await api("POST", f"/accounts/{BRUNO}/presence", {"to": ANA, "state": "dormindo"})
        assert status == 400


async def test_labels_are_made_once_and_put_on_chats(api: Api) -> None:
    async with api.page() as page:
        await scan(api, page, BRUNO)
        label = (await act(api, BRUNO, "labels", name="Cliente", chats=[ANA]))["id"]
        assert (await act(api, BRUNO, "labels", name="Cliente", chats=[CARLA]))["id"] == label
        assert (await page.pushed("appState", 2))["key"] == f"{label}|{ANA_ID}"
        account = await api.ok("GET", f"/accounts/{BRUNO}")
        assert account["labels"] == [{"id": label, "name": "Cliente"}]
    status, answer = await api("POST", f"/accounts/{ANA}/labels", {"name": "x", "chats": []})
    assert (status, answer["code"]) == (409, "BUSINESS_ONLY")


# --- what a page keeps on the server


async def test_app_state_is_there_for_the_next_page(api: Api) -> None:
    async with api.page() as page, api.page() as other:
        await scan(api, page)
        await scan(api, other)
        entry = {"collection": "archive", "key": BRUNO_LID, "value": True}
        await page.call("appState", entry)
        assert await other.pushed("appState") == entry
        await page.call("appState", {"collection": "pin", "key": BRUNO_LID, "value": 5})
        await page.call("appState", {"collection": "pin", "key": BRUNO_LID, "value": None})
    async with api.page(page.token) as again:
        assert (await again.pushed("resumed"))["appState"]["archive"] == {BRUNO_LID: True}
        assert (await again.pushed("resumed"))["appState"]["pin"] == {}


async def test_who_is_blocked_is_not_heard_and_not_told(api: Api) -> None:
    async with api.page() as page:
        await scan(api, page)
        await page.call("block", {"wid": BRUNO_ID, "blocked": True})
        assert (await api.ok("GET", f"/accounts/{ANA}"))["blocked"] == [BRUNO]
        await write(api, BRUNO, ANA, body="oi?")
        assert await api.ok("GET", f"/accounts/{ANA}/inbox") == []
        await page.call("block", {"wid": BRUNO_ID, "blocked": False})
        await write(api, BRUNO, ANA, body="oi!")
        assert (await newest(api, ANA))["body"] == "oi!"


async def test_a_profile_is_what_others_see(api: Api) -> None:
    async with api.page() as page:
        await scan(api, page)
        await page.call("setProfile", {"about": "Aberto", "pushname": "Loja"})
        account = await api.ok("GET", f"/accounts/{ANA}")
        assert (account["about"], account["pushname"]) == ("Aberto", "Loja")
        assert await page.call("about", {"wid": ANA_ID}) == {"about": "Aberto"}
        await page.call("setPicture", {"wid": ANA_ID, "sha256": "abc"})
        assert await page.call("picture", {"wid": ANA_ID}) == {"sha256": "abc"}
        refused = await page.call("setPicture", {"wid": BRUNO_ID, "sha256": "abc"})
        assert refused["errorCode"] == 401


async def test_only_whom_a_status_is_for_gets_it(api: Api) -> None:
    async with api.page() as page:
        await scan(api, page)
        readers = {"collection": "statusParticipants", "key": "list", "value": [f"{CARLA}@c.us"]}
        await page.call("appState", readers)
        await page.send("1", "status@broadcast")
        assert (await newest(api, CARLA))["chat"] == "status@broadcast"
        assert await api.ok("GET", f"/accounts/{BRUNO}/inbox") == []
        denied = {"setting": "deny-list", "list": [f"{CARLA}@c.us"]}
        await page.call("appState", {"collection": "statusPrivacy", "key": "setting", "value": denied})
        await page.send("2", "status@broadcast")
        assert (await newest(api, CARLA))["id"] == "1"


async def test_older_messages_of_a_chat_are_handed_out_on_request(api: Api) -> None:
    before = [await write(api, BRUNO, ANA, body="um"), await write(api, ANA, BRUNO, body="dois")]
    await write(api, CARLA, ANA, body="outro")
    async with api.page() as page:
        await scan(api, page)
        found = (await page.call("history", {"chat": BRUNO_LID}))["messages"]
        assert [message["id"].split("_")[2] for message in found] == before


# --- groups


async def test_a_group_is_changed_by_its_members_phones(api: Api) -> None:
    group = (await api.ok("POST", "/groups", {"subject": "Equipe", "participants": [ANA, BRUNO]}))["id"]
    changed = await api.ok(
        "PATCH", f"/groups/{group}", {"by": ANA, "subject": "Time", "add": [CARLA], "promote": [BRUNO]}
    )
    assert (changed["subject"], changed["participants"], changed["admins"]) == (
        "Time",
        [ANA, BRUNO, CARLA],
        [ANA, BRUNO],
    )
    changed = await api.ok("PATCH", f"/groups/{group}", {"by": BRUNO, "remove": [CARLA], "demote": [ANA]})
    assert (changed["participants"], changed["admins"]) == ([ANA, BRUNO], [BRUNO])
    status, answer = await api("PATCH", f"/groups/{group}", {"by": ANA, "add": [CARLA]})
    assert (status, answer["code"]) == (403, "NOT_GROUP_ADMIN")
    assert (await api("GET", "/groups/9@g.us"))[0] == 404


async def test_the_admins_of_a_group_may_be_named(api: Api) -> None:
    body = {"subject": "Equipe", "participants": [ANA, BRUNO], "admins": [BRUNO]}
    group = (await api.ok("POST", "/groups", body))["id"]
    assert (await api.ok("GET", f"/groups/{group}"))["admins"] == [BRUNO]


async def test_members_are_told_of_what_happens_while_they_are_away(api: Api) -> None:
    group = (await api.ok("POST", "/groups", {"subject": "Equipe", "participants": [BRUNO, ANA]}))["id"]
    async with api.page() as page:
        await scan(api, page)
    await api.ok("PATCH", f"/groups/{group}", {"by": BRUNO, "add": [CARLA]})
    await api.ok("PATCH", f"/groups/{group}", {"by": BRUNO, "remove": [ANA]})
    async with api.page(page.token) as again:
        added, removed = await again.pushed("group"), await again.pushed("group", 2)
        assert (added["action"], added["participants"]) == ("add", [f"{CARLA}@c.us"])
        assert (removed["action"], removed["participants"]) == ("remove", [ANA_ID])
        assert (await again.pushed("resumed"))["groups"] == []


async def test_only_admins_write_where_they_alone_may(api: Api) -> None:
    group = (await api.ok("POST", "/groups", {"subject": "Avisos", "participants": [BRUNO, ANA]}))["id"]
    async with api.page() as page:
        await scan(api, page, BRUNO)
        await page.call("group", {"act": "setProperty", "id": group, "name": "announcement", "value": 1})
        assert "error" not in await page.send("1", group)
    status, answer = await api("POST", f"/accounts/{ANA}/messages", {"to": group, "body": "x"})
    assert (status, answer["code"]) == (403, "NOT_GROUP_ADMIN")
