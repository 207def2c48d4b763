"""The pairing link: made with a token, used without one."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.http.conftest import Api, serve
from wppmt.domain.messages import AskPairingCode, MakeLink, OpenLink
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.http.pairing.policy import PairingPolicy, digest_of
from wppmt.http.pairing.texts import ENGLISH, PORTUGUESE
from wppmt.store.records import LinkEnd, Qr

PATH = "/api/sessions/loja/pairing-link"
ME, ME_WITHOUT_NINE, OTHER = "5511999990001", "551199990001", "5511999990002"
TURBOZAP = "https://app.turbozap.com"
POLICY = PairingPolicy("https://wpp.test", (TURBOZAP, "http://localhost:3000"), (TURBOZAP,))


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    instance = Api()
    instance.folder = tmp_path
    instance.settings = replace(instance.settings, pairing=POLICY)
    async for running in serve(instance):
        running.front.has("loja", State.DISCONNECTED, description="Loja <b>São João</b>")
        yield running


async def make(api: Api, **body: Any) -> str:
    """The path of a new link's page."""
    answer = await api.post(PATH, body)
    assert answer.status == 201, answer.body
    return str(answer.body["url"]).removeprefix(POLICY.base_url)


def end(api: Api, path: str, how: LinkEnd) -> None:
    digest = digest_of(path.rpartition("/")[2])
    api.front.links[digest] = replace(api.front.links[digest], end=how)


async def page(api: Api, path: str) -> tuple[int, str]:
    answer = await api.get(path, token=None)
    return answer.status, answer.raw.decode()


async def test_the_address_is_a_secret_of_which_only_a_digest_is_kept(api: Api):
    answer = await api.post(PATH, {"ttlSeconds": 60})
    token = answer.body["url"].rpartition("/")[2]
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", token)
    assert answer.body["expiresAt"] == "2026-02-10T14:31:00Z"
    [(_, wish)] = api.front.asked
    assert isinstance(wish, MakeLink)
    assert (wish.digest, wish.expires_at) == (digest_of(token), api.time + 60)
    assert token not in repr(api.front.asked) + repr(api.log.lines)


async def test_two_links_are_never_the_same(api: Api):
    assert await make(api) != await make(api)


@pytest.mark.parametrize("ttl", [59, 86_401, "900", 60.5])
async def test_a_link_lives_a_minute_to_a_day(api: Api, ttl: object):
    assert (await api.post(PATH, {"ttlSeconds": ttl})).status == 400


async def test_a_connected_session_gets_none(api: Api):
    api.front.has("loja", State.CONNECTED)
    answer = await api.post(PATH)
    assert (answer.status, answer.body["code"]) == (409, "ALREADY_CONNECTED")


async def test_an_unknown_session_and_a_foreign_one_get_none(api: Api):
    assert (await api.post("/api/sessions/outra/pairing-link")).status == 404


@pytest.mark.parametrize(
    ("url", "status"),
    [
        (f"{TURBOZAP}/conexoes?ok=1", 201),
        ("http://localhost:3000/", 201),
        ("https://app.turbozap.com.evil.test/", 422),
        ("https://app.turbozap.com@evil.test/", 422),
        ("http://app.turbozap.com/", 422),
        ("https://app.turbozap.com:8443/", 422),
        ("javascript:alert(1)//https://app.turbozap.com", 422),
        ("//app.turbozap.com/", 422),
        ("https://evil.test\\@app.turbozap.com/", 422),
        ("https://app.turbozap.com\t/", 422),
    ],
)
async def test_customers_are_led_back_to_listed_origins_only(api: Api, url: str, status: int):
    assert (await api.post(PATH, {"returnUrl": url})).status == status


async def test_the_page_gives_nothing_away_and_takes_nothing_from_elsewhere(api: Api):
    answer = await api.get(await make(api), token=None)
    text = answer.raw.decode()
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert f"frame-ancestors {TURBOZAP}" in policy
    assert "unsafe" not in policy
    assert "Loja &lt;b&gt;São João&lt;/b&gt;" in text
    assert set(re.findall(r'(?:src|href)="([^"?]*)', text)) == {
        "", "/pair-page/page.css", "/pair-page/page.js", "data:,",
    }  # fmt: skip
    assert not re.search(r"<script(?! src)|style=|\son\w+=", text)
    for name in ("page.js", "page.css"):
        assert (await api.get(f"/pair-page/{name}", token=None)).status == 200
    assert (await api.get("/pair-page/page.py", token=None)).status == 404


def test_nobody_frames_the_page_unless_he_is_listed():
    assert "frame-ancestors 'none'" in PairingPolicy("", (), ()).content_security()


async def test_the_page_speaks_portuguese_or_english(api: Api):
    path = await make(api)
    assert (await page(api, path))[1].startswith('<!doctype html>\n<html lang="pt-BR">')
    status, text = await page(api, f"{path}?lang=en")
    assert (status, "Connect WhatsApp" in text) == (200, True)


def test_both_languages_say_the_same_things():
    assert ENGLISH.keys() == PORTUGUESE.keys()


async def test_only_the_last_digits_of_the_expected_number_are_shown(api: Api):
    path = await make(api, expectedPhone=f"+{ME}")
    _, text = await page(api, path)
    assert "0001" in text
    assert ME not in text


async def test_opening_is_what_the_script_does_and_happens_once(api: Api):
    path = await make(api)
    await page(api, path)
    assert not [wish for _, wish in api.front.asked if isinstance(wish, OpenLink)]
    for _ in range(2):
        answer = await api.post(f"{path}/open", token=None)
        assert (answer.status, answer.body["step"]) == (200, "preparing")
    assert len([wish for _, wish in api.front.asked if isinstance(wish, OpenLink)]) == 1


async def state(api: Api, path: str) -> dict[str, Any]:
    answer = await api.get(f"{path}/state", token=None)
    assert answer.status in {200, 410}
    body: dict[str, Any] = answer.body
    return body


async def test_the_state_follows_the_session(api: Api):
    path = await make(api)
    assert (await state(api, path))["step"] == "preparing"
    api.front.has("loja", State.WAITING_SCAN, qr=Qr("2@abc", api.time + 20), pairing_code="ABCD-1234")
    seen = await state(api, path)
    assert (seen["step"], seen["pairingCode"]) == ("scan", "ABCD-1234")
    assert seen["qrCode"].startswith("data:image/png;base64,")
    api.time += 21
    assert (await state(api, path))["qrCode"] is None
    api.front.has("loja", State.WAITING_SCAN, qr=None, is_linking=True)
    assert (await state(api, path))["step"] == "linking"
    api.front.has("loja", State.ERROR, reason=Reason.PASSKEY_REQUIRED)
    seen = await state(api, path)
    assert (seen["step"], seen["problem"]) == ("trouble", "passkey")


@pytest.mark.parametrize("how", list(LinkEnd))
async def test_each_end_has_a_page_of_its_own(api: Api, how: LinkEnd):
    path = await make(api, returnUrl=f"{TURBOZAP}/x")
    end(api, path, how)
    status, text = await page(api, path)
    assert status == 410
    assert PORTUGUESE[f"{how}Title"] in text
    assert f'href="{TURBOZAP}/x"' in text
    assert "page.js" not in text
    seen = await state(api, path)
    assert seen["step"] == ("connected" if how is LinkEnd.USED else "ended")
    assert (seen["qrCode"], seen["pairingCode"]) == (None, None)
    for verb in ("open", "code"):
        answer = await api.post(f"{path}/{verb}", token=None)
        assert (answer.status, answer.body["code"]) == (410, "LINK_ENDED")


async def test_a_link_dies_by_the_clock(api: Api):
    path = await make(api, ttlSeconds=60)
    api.front.has("loja", State.WAITING_SCAN, qr=Qr("2@abc", api.time + 999))
    api.time += 60
    status, text = await page(api, path)
    assert (status, PORTUGUESE["expiredTitle"] in text) == (410, True)
    assert (await state(api, path))["qrCode"] is None


async def test_a_link_is_revoked(api: Api):
    path = await make(api)
    assert (await api.call("DELETE", PATH)).status == 200
    assert (await page(api, path))[0] == 410
    assert (await api.call("DELETE", PATH)).status == 200


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("(11) 99999-0001", ME),
        ("11 9999-0001", ME_WITHOUT_NINE),
        (f"+{ME}", ME),
        (ME, ME),
        ("+1 212 555 0100", "12125550100"),
    ],
)
async def test_a_number_is_read_as_customers_type_it(api: Api, typed: str, meant: str):
    path = await make(api)
    assert (await api.post(f"{path}/code", {"phone": typed}, token=None)).status == 200
    wish = api.front.asked[-1][1]
    assert isinstance(wish, AskPairingCode)
    assert wish.phone == meant


@pytest.mark.parametrize("body", [{}, {"phone": "abc"}, {"phone": "123"}])
async def test_a_number_that_is_none_is_refused(api: Api, body: dict[str, str]):
    answer = await api.post(f"{await make(api)}/code", body, token=None)
    assert (answer.status, answer.body["code"]) == (400, "INVALID_PHONE")


async def test_a_code_for_the_expected_number_alone(api: Api):
    path = await make(api, expectedPhone=ME)
    answer = await api.post(f"{path}/code", {"phone": OTHER}, token=None)
    assert (answer.status, answer.body["code"]) == (422, "WRONG_PHONE")
    for body in ({}, {"phone": ME_WITHOUT_NINE}):
        assert (await api.post(f"{path}/code", body, token=None)).status == 200
        wish = api.front.asked[-1][1]
        assert isinstance(wish, AskPairingCode)
        assert wish.phone == ME


async def test_guessing_is_counted_told_and_stopped_but_keeps_nobody_out(api: Api):
    path = await make(api)
    for number in range(20):
        assert (await page(api, f"/pair/{number}"))[0] == 404
    status, text = await page(api, "/pair/x")
    assert (status, PORTUGUESE["too_manyTitle"] in text) == (429, True)
    assert (await api.get("/pair/x/state", token=None)).status == 429
    assert (await page(api, path))[0] == 200
    guesses = [line for line in api.log.lines if line["event"] == "pairing_link_unknown"]
    assert len(guesses) == 22
    assert guesses[0]["details"]["client"] == "127.0.0.1"
    api.time += 60
    assert (await page(api, "/pair/x"))[0] == 404


async def test_what_is_no_address_of_a_link_is_a_page_too(api: Api):
    status, text = await page(api, "/pair/%F0%9F%92%A9")
    assert (status, PORTUGUESE["unknownTitle"] in text) == (404, True)


async def test_a_page_that_asks_every_two_seconds_uses_up_nobodys_requests(tmp_path: Path):
    api = Api()
    api.folder, api.apart_limit = tmp_path, 5
    async for _ in serve(api):
        api.front.has("loja", State.WAITING_SCAN)
        answer = await api.post(PATH)
        path = "/pair/" + answer.body["url"].rpartition("/")[2]
        for _ in range(20):
            await state(api, path)
        assert (await api.get("/api/health", token=None)).status == 200


async def test_a_link_that_is_asked_for_without_a_pause_is_held_back_alone(api: Api):
    path = await make(api)
    seen = {(await api.get(f"{path}/state", token=None)).status for _ in range(241)}
    assert seen == {200, 429}
    assert (await page(api, path))[0] == 429
    assert (await page(api, "/pair/x"))[0] == 404
    api.time += 60
    assert (await page(api, path))[0] == 200
