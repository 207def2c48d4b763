"""Contacts, numbers and received media over HTTP, against the examples of docs/MULTI_TENANT_ARCHITECTURE.md 4.2.3."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.http.conftest import Api
from wppmt.domain.states import State


def contact(number: int) -> dict[str, Any]:
    phone = f"55119000{number:05}"
    return {
        "id": f"{phone}@c.us",
        "phone": phone,
        "name": "João Silva",
        "pushname": "João",
        "isBusiness": False,
        "savedContact": True,
    }


class TestContacts:
    async def test_the_documents_example(self, api: Api):
        api.front.has("a")
        api.front.contacts = [contact(1)]
        answer = await api.get("/api/sessions/a/contacts")
        assert answer.body == {
            "success": True, "count": 1, "contacts": [contact(1)], "total": 1, "nextCursor": None,
        }  # fmt: skip
        assert list(answer.body)[:3] == ["success", "count", "contacts"]
        assert list(answer.body["contacts"][0])[:5] == ["id", "phone", "name", "pushname", "isBusiness"]

    @pytest.mark.slow
    async def test_who_asks_for_no_page_gets_them_all(self, api: Api):
        api.front.has("a")
        api.front.contacts = [contact(number) for number in range(1500)]
        answer = await api.get("/api/sessions/a/contacts")
        assert (answer.body["count"], len(answer.body["contacts"])) == (1500, 1500)

    async def test_page_by_page(self, api: Api):
        api.front.has("a")
        api.front.contacts = [contact(number) for number in range(5)]
        read: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = (await api.get(f"/api/sessions/a/contacts?limit=2&cursor={cursor}")).body
            assert (page["count"], page["total"]) == (len(page["contacts"]), 5)
            assert page.get("next") == page["nextCursor"]
            read += [one["id"] for one in page["contacts"]]
            cursor = page["nextCursor"]
        assert read == [one["id"] for one in api.front.contacts]

    @pytest.mark.parametrize(
        "query",
        ["cursor=zzz", "cursor=%ff", "cursor=a.1%0a", "cursor=&cursor=a.1"],
    )
    async def test_a_spoilt_cursor(self, api: Api, query: str):
        api.front.has("a")
        answer = await api.get(f"/api/sessions/a/contacts?{query}")
        assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")
        assert answer.body["details"][0]["field"] == "cursor"
        assert api.front.asked == []

    async def test_a_session_that_is_not_connected(self, api: Api):
        api.front.has("a", State.RECONNECTING)
        answer = await api.get("/api/sessions/a/contacts")
        assert (answer.status, answer.body["code"], answer.body["status"]) == (
            503,
            "NOT_CONNECTED",
            "reconnecting",
        )


class TestNumber:
    async def test_the_documents_example(self, api: Api):
        api.front.has("a")
        api.front.numbers["5511999999999"] = "5511999999999"
        answer = await api.get("/api/sessions/a/check-number/5511999999999")
        assert answer.body == {
            "phone": "5511999999999", "valid": True, "canReceiveMessage": True, "isBusiness": False,
            "resolvedPhone": "5511999999999",
        }  # fmt: skip

    async def test_the_ninth_digit(self, api: Api):
        api.front.has("a")
        api.front.numbers["5511999999999"] = "551199999999"
        answer = await api.get("/api/sessions/a/check-number/+55%20(11)%2099999-9999")
        assert (answer.body["phone"], answer.body["resolvedPhone"]) == ("5511999999999", "551199999999")

    @pytest.mark.parametrize(
        "phone", ["tel:+5511999999999", "5511999999999:12@s.whatsapp.net", "+55\u00a011\u202f99999\u20119999", "0055 11 99999.9999"]
    )  # fmt: skip
    async def test_a_pasted_number(self, api: Api, phone: str):
        api.front.has("a")
        answer = await api.get(f"/api/sessions/a/check-number/{quote(phone, safe='')}")
        assert (answer.status, answer.body["phone"]) == (200, "5511999999999")

    async def test_a_number_without_whatsapp(self, api: Api):
        api.front.has("a")
        answer = await api.get("/api/sessions/a/check-number/5511999999998")
        assert answer.body == {
            "phone": "5511999999998", "valid": False, "canReceiveMessage": False, "isBusiness": False,
            "resolvedPhone": None,
        }  # fmt: skip

    @pytest.mark.parametrize(
        "phone", ["123", "abc", "123456789012345@lid", "120363000000000001@g.us", "%2e%2e"]
    )
    async def test_what_is_no_number(self, api: Api, phone: str):
        api.front.has("a")
        answer = await api.get(f"/api/sessions/a/check-number/{phone}")
        assert (answer.status, answer.body["code"]) == (400, "INVALID_PHONE")


MESSAGE = "false_5511888888888@c.us_3EB0AA"
PATH = f"/api/sessions/a/messages/{MESSAGE}/media"


class TestReceivedMedia:
    async def test_it_is_brought_once_and_then_kept(self, api: Api):
        api.front.has("a")
        api.front.media[MESSAGE] = (b"\xff\xd8foto", "image/jpeg", "férias & sol.jpg")
        for _ in range(2):
            answer = await api.get(PATH)
            assert (answer.status, answer.raw) == (200, b"\xff\xd8foto")
            assert answer.headers["Content-Type"] == "image/jpeg"
            assert answer.headers["Content-Disposition"] == (
                "attachment; filename=\"ferias & sol.jpg\"; filename*=UTF-8''f%C3%A9rias%20%26%20sol.jpg"
            )
        assert len(api.front.asked) == 1
        api.front.has("a", State.DISCONNECTED)
        assert (await api.get(PATH)).status == 200

    async def test_a_part_of_it(self, api: Api):
        api.front.has("a")
        api.front.media[MESSAGE] = (b"0123456789", "video/mp4", None)
        answer = await api.get(PATH, headers={"Range": "bytes=2-4"})
        assert (answer.status, answer.raw) == (206, b"234")

    @pytest.mark.parametrize(
        "mimetype", ["text/html\r\nSet-Cookie: a=b", "x", "", "é/é", "text/html;<script>"]
    )
    async def test_a_senders_odd_type_reaches_no_header(self, api: Api, mimetype: str):
        api.front.has("a")
        api.front.media[MESSAGE] = (b"x", mimetype, "../../x\r\ny")
        answer = await api.get(PATH)
        assert (answer.status, answer.headers["Content-Type"]) == (200, "application/octet-stream")
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="x')
        assert "Set-Cookie" not in answer.headers

    async def test_what_whatsapp_has_no_more(self, api: Api):
        api.front.has("a")
        answer = await api.get(PATH)
        assert (answer.status, answer.body["code"]) == (404, "NOT_FOUND")

    async def test_another_sessions_media_is_out_of_reach(self, api: Api):
        api.front.has("a")
        api.front.has("b")
        api.front.media[MESSAGE] = (b"x", "image/jpeg", None)
        assert (await api.get(PATH)).status == 200
        del api.front.media[MESSAGE]
        assert (await api.get(PATH.replace("/a/", "/b/"))).status == 404

    @pytest.mark.parametrize("message_id", ["..%2f..%2fetc", "%00", "x" * 300])
    async def test_odd_ids_lead_nowhere(self, api: Api, message_id: str):
        api.front.has("a")
        answer = await api.get(f"/api/sessions/a/messages/{message_id}/media")
        assert answer.status == 404

    @pytest.mark.parametrize("chat", ["5511888888888@c.us", "5511888888888@s.whatsapp.net"])
    async def test_what_is_kept_is_had_by_any_id_of_its_message(self, api: Api, chat: str):
        api.front.has("a")
        api.front.media[MESSAGE] = (b"x", "image/jpeg", None)
        assert (await api.get(PATH)).status == 200
        api.front.has("a", State.DISCONNECTED)
        for message_id in ("3EB0AA", f"false_{chat}_3EB0AA"):
            assert (await api.get(f"/api/sessions/a/messages/{message_id}/media")).status == 200
        for message_id in ("3EB0AB", "true_5511888888888@c.us_3EB0AA", "false_5511888888889@c.us_3EB0AA"):
            assert (await api.get(f"/api/sessions/a/messages/{message_id}/media")).status == 503

    async def test_a_purge_takes_it_along(self, api: Api):
        api.front.has("a")
        api.front.media[MESSAGE] = (b"x", "image/jpeg", None)
        assert (await api.get(PATH)).status == 200
        assert list((api.folder / "in").glob("*/*"))
        assert (await api.call("DELETE", "/api/sessions/a?purge=true")).status == 200
        assert not list((api.folder / "in").glob("*/*"))
