"""The routes that send, and those that act on a message (docs/contract.md 3, 10)."""

from __future__ import annotations

from wppmt.domain.errors import Code
from wppmt.http.api import send_responses, send_schemas
from wppmt.http.api.route import ASKED, SESSION, Access, Route
from wppmt.http.handlers import acts, kinds, media_sends, sends

_SEND_HEADERS = ("Idempotency-Key", "Prefer")
_SEND = (
    *ASKED, Code.NOT_CONNECTED, Code.INVALID_PHONE, Code.QUEUE_FULL, Code.NOT_ON_WHATSAPP, Code.REACHOUT_TIMELOCK,
    Code.NEW_CHAT_QUOTA, Code.NEW_CONTACT_BUDGET, Code.STRANGER_GAP, Code.QUIET_HOURS, Code.COULD_NOT_LOOK, Code.WHATSAPP_CHANGED, Code.SEND_FAILED, Code.IDEMPOTENCY_MISMATCH,
    Code.IDEMPOTENCY_IN_FLIGHT, Code.GROUP_NOT_FOUND, Code.NOT_GROUP_MEMBER, Code.NOT_GROUP_ADMIN,
)  # fmt: skip
_TARGET = (Code.MESSAGE_NOT_FOUND, Code.AMBIGUOUS_MESSAGE_ID)
_ACT = (
    *ASKED, *_TARGET, Code.NOT_CONNECTED, Code.QUEUE_FULL, Code.COULD_NOT_LOOK, Code.WHATSAPP_CHANGED, Code.SEND_FAILED,
    Code.IDEMPOTENCY_MISMATCH, Code.IDEMPOTENCY_IN_FLIGHT,
)  # fmt: skip
_MADE_SEND = (
    *_SEND, Code.TARGET_REFUSED, Code.MEDIA_FETCH_FAILED, Code.UNSUPPORTED_MEDIA, Code.MEDIA_TOO_LARGE,
)  # fmt: skip
_SENT = {200: send_responses.SentBody, 202: send_responses.Pending}
_ACTED = {200: send_responses.ActedBody, 202: send_responses.ActedBody}
_MESSAGE = f"{SESSION}/messages/{{messageId}}"
_MEDIA_SEND = (*_SEND, Code.TARGET_REFUSED, Code.MEDIA_FETCH_FAILED, Code.PAYLOAD_TOO_LARGE)


SEND_ROUTES = (
    Route(
        "POST", f"{SESSION}/send-message", sends.send_message, Access.SESSION,
        "Enviar uma mensagem de texto", {200: send_responses.SentBody, 202: send_responses.Pending},
        body=send_schemas.SendTextBody, headers=_SEND_HEADERS, refusals=_SEND,
    ),
    Route(
        "POST", f"{SESSION}/send-image", media_sends.send_image, Access.SESSION,
        "Enviar uma imagem por URL ou base64", {200: send_responses.SentBody, 202: send_responses.Pending},
        body=send_schemas.SendImageBody, headers=_SEND_HEADERS, refusals=_MEDIA_SEND,
    ),
    Route(
        "POST", f"{SESSION}/send-file", media_sends.send_file, Access.SESSION,
        "Enviar documento, imagem, vídeo, áudio ou mensagem de voz", {200: send_responses.SentBody, 202: send_responses.Pending},
        body=send_schemas.SendFileBody, headers=_SEND_HEADERS, refusals=_MEDIA_SEND,
    ),
    Route(
        "POST", f"{SESSION}/send-video", media_sends.send_video, Access.SESSION,
        "Enviar um vídeo, um GIF ou um recado de vídeo", _SENT,
        body=send_schemas.SendVideoBody, headers=_SEND_HEADERS, refusals=_MADE_SEND,
    ),
    Route(
        "POST", f"{SESSION}/send-voice", media_sends.send_voice, Access.SESSION, "Enviar uma mensagem de voz", _SENT,
        body=send_schemas.SendVoiceBody, headers=_SEND_HEADERS, refusals=(*_MADE_SEND, Code.MEDIA_TOO_LONG),
    ),
    Route(
        "POST", f"{SESSION}/send-sticker", media_sends.send_sticker, Access.SESSION, "Enviar uma figurinha", _SENT,
        body=send_schemas.SendStickerBody, headers=_SEND_HEADERS, refusals=_MADE_SEND,
    ),
    Route(
        "POST", f"{SESSION}/send-location", kinds.send_location, Access.SESSION, "Enviar uma localização", _SENT,
        body=send_schemas.SendLocationBody, headers=_SEND_HEADERS, refusals=_SEND,
    ),
    Route(
        "POST", f"{SESSION}/send-contact", kinds.send_contact, Access.SESSION, "Enviar um ou mais contatos", _SENT,
        body=send_schemas.SendContactBody, headers=_SEND_HEADERS, refusals=_SEND,
    ),
    Route(
        "POST", f"{SESSION}/send-poll", kinds.send_poll, Access.SESSION, "Enviar uma enquete", _SENT,
        body=send_schemas.SendPollBody, headers=_SEND_HEADERS, refusals=_SEND,
    ),
    Route(
        "POST", f"{SESSION}/send-pix", kinds.send_pix, Access.SESSION, "Enviar uma chave Pix", _SENT,
        body=send_schemas.SendPixBody, headers=_SEND_HEADERS, refusals=_SEND,
    ),
    Route(
        "POST", f"{_MESSAGE}/forward", kinds.forward, Access.SESSION, "Encaminhar uma mensagem", _SENT,
        body=send_schemas.ForwardBody, headers=_SEND_HEADERS, refusals=(*_SEND, *_TARGET),
    ),
    Route(
        "PUT", f"{_MESSAGE}/reaction", acts.react, Access.SESSION, "Reagir a uma mensagem", _ACTED,
        body=send_schemas.ReactionBody, headers=_SEND_HEADERS, refusals=_ACT,
    ),
    Route(
        "DELETE", f"{_MESSAGE}/reaction", acts.take_back_reaction, Access.SESSION, "Desfazer a reação", _ACTED,
        headers=_SEND_HEADERS, refusals=_ACT,
    ),
    Route(
        "PATCH", _MESSAGE, acts.edit, Access.SESSION, "Editar um texto enviado", _ACTED,
        body=send_schemas.EditBody, headers=_SEND_HEADERS,
        refusals=(*_ACT, Code.NOT_OWN_MESSAGE, Code.TOO_LATE_TO_EDIT),
    ),
    Route(
        "DELETE", _MESSAGE, acts.delete, Access.SESSION, "Apagar uma mensagem, para todos ou só nesta conta", _ACTED,
        query={"for": {"type": "string", "enum": list(acts.FOR), "description": "para quem: obrigatório"}},
        headers=_SEND_HEADERS, refusals=(*_ACT, Code.NOT_OWN_MESSAGE, Code.TOO_LATE_TO_DELETE),
    ),
)  # fmt: skip
