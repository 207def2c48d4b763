"""Handlers about one person, who is blocked, and the account's own profile."""

from __future__ import annotations

import base64

from aiohttp import web

from wppmt.domain.page_queries import Question
from wppmt.http.api import chat_responses as responses
from wppmt.http.api.body_reader import read_body
from wppmt.http.api.chat_schemas import PatchProfileBody
from wppmt.http.api.json_responses import answer
from wppmt.http.handlers.asking import ask, ask_page, link, person_of, picture_url_of, without

_PICTURES = {"image/jpeg", "image/png", "image/webp", "image/gif"}


async def show_contact(request: web.Request) -> web.Response:
    told = await ask(request, Question.CONTACT, who=person_of(request))
    url = link(request, "contacts", told["phone"] or told["id"], "picture") if told["hasPicture"] else None
    return answer(responses.Person.model_validate({**without(told, "hasPicture"), "pictureUrl": url}))


async def show_picture(request: web.Request) -> web.Response:
    return await _picture(request, person_of(request))


async def show_own_picture(request: web.Request) -> web.Response:
    return await _picture(request, None)


async def _picture(request: web.Request, who: str | None) -> web.Response:
    told = await ask(request, Question.PICTURE, who=who)
    mimetype = told["mimetype"] if told["mimetype"] in _PICTURES else "application/octet-stream"
    headers = {"Content-Type": mimetype, "Content-Security-Policy": "sandbox"}
    return web.Response(body=base64.b64decode(told["data"]), headers=headers)


async def list_blocked(request: web.Request) -> web.Response:
    told = await ask_page(request, Question.BLOCKED)
    people = [responses.BlockedPerson.model_validate(row) for row in told["rows"]]
    return answer(responses.BlockedPage(count=len(people), blocked=people, next_cursor=told["nextCursor"]))


async def block(request: web.Request) -> web.Response:
    return await _block(request, blocked=True)


async def unblock(request: web.Request) -> web.Response:
    return await _block(request, blocked=False)


async def _block(request: web.Request, *, blocked: bool) -> web.Response:
    told = await ask(request, Question.BLOCK, who=person_of(request), blocked=blocked)
    return answer(responses.BlockedBody.model_validate(told))


async def show_profile(request: web.Request) -> web.Response:
    return _profile(request, await ask(request, Question.PROFILE))


async def change_profile(request: web.Request) -> web.Response:
    body = await read_body(request, PatchProfileBody)
    changes = without(body.given, "picture")
    if "picture" in body.given:
        changes["picture"] = await picture_url_of(request, body.picture)
    return _profile(request, await ask(request, Question.CHANGE_PROFILE, **changes))


def _profile(request: web.Request, told: dict[str, object]) -> web.Response:
    url = link(request, "profile", "picture") if told["hasPicture"] else None
    return answer(responses.Profile.model_validate({**without(told, "hasPicture"), "pictureUrl": url}))
