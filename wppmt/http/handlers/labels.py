"""Handlers about labels of business accounts, and calls that are refused."""

from __future__ import annotations

from aiohttp import web

from wppmt.domain.page_queries import Question
from wppmt.http.api import chat_responses as responses
from wppmt.http.api.body_reader import read_body
from wppmt.http.api.chat_schemas import CreateLabelBody
from wppmt.http.api.json_responses import answer
from wppmt.http.handlers.asking import ask, ask_page


async def list_labels(request: web.Request) -> web.Response:
    told = await ask_page(request, Question.LABELS)
    labels = [responses.Label.model_validate(row) for row in told["rows"]]
    return answer(responses.LabelPage(count=len(labels), labels=labels, next_cursor=told["nextCursor"]))


async def create_label(request: web.Request) -> web.Response:
    body = await read_body(request, CreateLabelBody)
    told = await ask(request, Question.CREATE_LABEL, name=body.name, color=body.color)
    return answer(responses.LabelBody.model_validate(told), 201)


async def delete_label(request: web.Request) -> web.Response:
    told = await ask(request, Question.DELETE_LABEL, labelId=request.match_info["labelId"])
    return answer(responses.LabelDeleted.model_validate(told))


async def reject_call(request: web.Request) -> web.Response:
    told = await ask(request, Question.REJECT_CALL, callId=request.match_info["callId"])
    return answer(responses.CallRejected.model_validate(told))
