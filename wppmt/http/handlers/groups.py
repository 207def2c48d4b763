"""Handlers about the account's groups, and invitations to groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from wppmt.domain.page_queries import Question
from wppmt.domain.times import iso
from wppmt.http.api import chat_responses as responses
from wppmt.http.api.body_reader import read_body
from wppmt.http.api.chat_schemas import (
    CreateGroupBody,
    JoinGroupBody,
    ParticipantsPatchBody,
    PatchGroupBody,
)
from wppmt.http.api.json_responses import answer
from wppmt.http.api.phones import parse_mention
from wppmt.http.handlers.asking import ask, ask_page, group_of, picture_url_of, without

INVITES = "https://chat.whatsapp.com/"


async def list_groups(request: web.Request) -> web.Response:
    told = await ask_page(request, Question.GROUPS)
    groups = [responses.Group.model_validate(_dated(row)) for row in told["rows"]]
    return answer(responses.GroupPage(count=len(groups), groups=groups, next_cursor=told["nextCursor"]))


async def create_group(request: web.Request) -> web.Response:
    body = await read_body(request, CreateGroupBody)
    people = _people(body.participants, "participants")
    told = await ask(request, Question.CREATE_GROUP, subject=body.subject, participants=people)
    return answer(responses.CreatedGroup.model_validate(_dated(told)), 201)


async def show_group(request: web.Request) -> web.Response:
    return _group(await ask(request, Question.GROUP, groupId=group_of(request)))


async def change_group(request: web.Request) -> web.Response:
    body = await read_body(request, PatchGroupBody)
    changes = without(body.given, "picture")
    if "picture" in body.given:
        changes["picture"] = await picture_url_of(request, body.picture)
    return _group(await ask(request, Question.CHANGE_GROUP, groupId=group_of(request), changes=changes))


async def leave_group(request: web.Request) -> web.Response:
    told = await ask(request, Question.LEAVE_GROUP, groupId=group_of(request))
    return answer(responses.GroupLeft.model_validate(told))


async def change_participants(request: web.Request) -> web.Response:
    body = await read_body(request, ParticipantsPatchBody)
    changes = {action: _people(people, action) for action, people in body.given.items()}
    told = await ask(request, Question.CHANGE_PARTICIPANTS, groupId=group_of(request), changes=changes)
    return answer(responses.ParticipantsBody.model_validate(told))


async def show_invite(request: web.Request) -> web.Response:
    return await _invite(request, anew=False)


async def renew_invite(request: web.Request) -> web.Response:
    """The old one leads nowhere any more."""
    return await _invite(request, anew=True)


async def _invite(request: web.Request, *, anew: bool) -> web.Response:
    told = await ask(request, Question.GROUP_INVITE, groupId=group_of(request), anew=anew)
    code = str(told["code"]).removeprefix(INVITES)
    return answer(responses.Invite(code=code, url=INVITES + code))


async def join_group(request: web.Request) -> web.Response:
    body = await read_body(request, JoinGroupBody)
    told = await ask(request, Question.JOIN_GROUP, code=body.code.rpartition("/")[2])
    return answer(responses.GroupLeft.model_validate(told))


def _people(written: list[str], field: str) -> list[str]:
    return [parse_mention(who, f"{field}[{index}]") for index, who in enumerate(written)]


def _group(told: Mapping[str, Any]) -> web.Response:
    return answer(responses.GroupBody.model_validate(_dated(told)))


def _dated(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "createdAt": iso(row["createdAt"]) if row["createdAt"] else None}
