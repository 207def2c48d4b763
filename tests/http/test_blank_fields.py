"""Low-code tools post every field of their form, filled in or not: an empty optional one is an absent one."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.http.conftest import Api, serve
from wppmt.domain.errors import Refusal
from wppmt.http.api import (
    archive_schemas,
    chat_schemas,
    record_schemas,
    schemas,
    send_schemas,
    session_schemas,
)
from wppmt.http.api.schemas import Body, validate

CONTENT = base64.b64encode(b"a;b\n").decode()
LEAST: dict[type[Body], dict[str, Any]] = {
    chat_schemas.PictureBody: {"base64": "AAAA"},
    chat_schemas.PresenceBody: {"state": "composing"},
    chat_schemas.CreateGroupBody: {"subject": "Equipe", "participants": ["5511999999999"]},
    chat_schemas.JoinGroupBody: {"code": "AbC"},
    chat_schemas.CreateLabelBody: {"name": "Novo"},
    session_schemas.StartBody: {},
    session_schemas.CreateBody: {"sessionId": "a"},
    session_schemas.HibernateBody: {"idleMinutes": 30},
    archive_schemas.ImportBody: {"sessionId": "loja"},
    archive_schemas.MoveBody: {"to": "https://exemplo.com", "token": "a"},
    send_schemas.SendTextBody: {"phone": "5511999999999", "message": "oi"},
    send_schemas.SendImageBody: {"phone": "5511999999999", "base64": CONTENT},
    send_schemas.SendFileBody: {"phone": "5511999999999", "fileUrl": "https://exemplo.com/a.pdf"},
    send_schemas.SendVideoBody: {"phone": "5511999999999", "base64": CONTENT},
    send_schemas.SendVoiceBody: {"phone": "5511999999999", "base64": CONTENT},
    send_schemas.SendStickerBody: {"phone": "5511999999999", "stickerUrl": "https://exemplo.com/a.png"},
    send_schemas.SendLocationBody: {"phone": "5511999999999", "latitude": -23.5, "longitude": -46},
    send_schemas.SendContactBody: {
        "phone": "5511999999999",
        "contacts": [{"name": "Ana", "phone": "5511988887777"}],
    },
    send_schemas.CardBody: {"name": "Ana", "phone": "5511988887777"},
    send_schemas.SendPollBody: {
        "phone": "5511999999999",
        "question": "Quando?",
        "options": ["Hoje", "Amanhã"],
    },
    send_schemas.SendPixBody: {"phone": "5511999999999", "keyType": "EMAIL", "key": "a@b.br", "name": "Loja"},
    send_schemas.ForwardBody: {"phone": "5511999999999"},
    send_schemas.ReactionBody: {"emoji": "👍"},
    send_schemas.EditBody: {"message": "oi"},
    schemas.PairingLinkBody: {},
    schemas.PairingCodeBody: {},
    schemas.WebhookBody: {"url": "https://exemplo.com/"},
    schemas.WebhookTestBody: {},
    schemas.ReplayBody: {},
    record_schemas.ApiKeyBody: {"name": "n8n", "scopes": ["read"]},
}
"""The least that each route takes."""


def all_bodies(kind: type[Body]) -> set[type[Body]]:
    return {kind} | {below for child in kind.__subclasses__() for below in all_bodies(child)}


def optional_fields(model: type[Body]) -> list[str]:
    return [str(field.alias) for field in model.model_fields.values() if not field.is_required()]


def test_every_route_s_body_is_tried():
    assert all_bodies(Body) - set(LEAST) == {
        Body,
        send_schemas.TracedBody,
        send_schemas.SendBody,
        send_schemas.SourceBody,
        send_schemas.SendMediaBody,
        # In a PATCH, what is empty empties: tests/http/test_sessions.py
        session_schemas.ChangeBody,
        session_schemas.PolicyBody,
        session_schemas.QuietHoursBody,
        chat_schemas.PatchBody,
        *all_bodies(chat_schemas.PatchBody),
    }


@pytest.mark.parametrize("model", LEAST, ids=lambda model: model.__name__)
@given(data=st.data())
def test_an_optional_field_without_content_is_absent(model: type[Body], data: st.DataObject):
    least = LEAST[model]
    unused = [name for name in optional_fields(model) if name not in least]
    chosen = data.draw(st.lists(st.sampled_from(unused), unique=True)) if unused else []
    blank = st.sampled_from(["", " ", "\n", "\u00a0", None, [""], ["", " "]])
    body = validate(model, least | {name: data.draw(blank) for name in chosen})
    assert body == validate(model, least)
    assert body.model_dump_json() == validate(model, least).model_dump_json()


@pytest.mark.parametrize("model", LEAST, ids=lambda model: model.__name__)
def test_all_at_once(model: type[Body]):
    blanks = dict.fromkeys(optional_fields(model), "")
    assert validate(model, blanks | LEAST[model]) == validate(model, LEAST[model])


@pytest.mark.parametrize(
    ("model", "field"),
    [
        (send_schemas.SendTextBody, "phone"),
        (send_schemas.SendTextBody, "message"),
        (schemas.WebhookBody, "url"),
        (session_schemas.CreateBody, "sessionId"),
    ],
)
def test_a_required_one_is_not(model: type[Body], field: str):
    for blank in (None, [""]):
        with pytest.raises(Refusal) as refused:
            validate(model, LEAST[model] | {field: blank})
        assert refused.value.details[0]["field"] == field


def test_what_is_said_stays():
    body = validate(
        send_schemas.SendTextBody,
        LEAST[send_schemas.SendTextBody] | {"typing": False, "mentions": ["", "5511"]},
    )
    assert (body.typing, body.mentions) == (False, ["", "5511"])


@pytest.fixture
async def connected() -> AsyncIterator[Api]:
    async for running in serve(Api()):
        running.front.has("a")
        yield running


@pytest.mark.parametrize(
    ("route", "fields"),
    [
        ("send-message", {"message": ""}),
        ("send-message", {"phone": ""}),
        ("send-image", {"base64": "", "imageUrl": ""}),
        ("send-file", {"base64": "", "fileUrl": "", "fileName": "a.pdf"}),
    ],
)
async def test_what_a_send_cannot_do_without(connected: Api, route: str, fields: dict[str, Any]):
    body = {"phone": "5511999999999", "message": "oi"} | fields
    answer = await connected.post(f"/api/sessions/a/{route}", body)
    assert answer.status == 400
    assert answer.body["details"]


async def test_a_form_of_n8n_is_sent(connected: Api):
    empty = dict.fromkeys(optional_fields(send_schemas.SendTextBody), "")
    answer = await connected.post(
        "/api/sessions/a/send-message", empty | {"phone": "5511999999999", "message": "oi"}
    )
    assert answer.status == 200
