"""The words of explanations: nothing that anybody wrote, and of a phone number the last four digits."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from wppmt.domain.chats import kind_of
from wppmt.domain.states import State
from wppmt.store.records import EventRecord

KINDS: Mapping[str, str] = {
    "text": "texto", "image": "imagem", "document": "documento", "video": "vídeo", "audio": "áudio", "ptt": "mensagem de voz",
    "voice": "mensagem de voz", "sticker": "figurinha", "location": "localização", "contact": "contato", "poll": "enquete",
    "pix": "chave Pix", "forward": "encaminhada", "reaction": "reação", "edit": "edição", "delete": "exclusão",
    "chat": "texto", "media": "mídia", "vcard": "contato", "gif": "GIF", "video_note": "recado de vídeo",
}  # fmt: skip
EVENTS: Mapping[str, str] = {
    "message_received": "mensagem recebida",
    "message_ack": "confirmação",
    "message_sent": "mensagem escrita no celular",
    "message_edited": "edição",
    "message_revoked": "exclusão",
    "message_reaction": "reação",
    "poll_vote": "voto na enquete",
}
_OF_A_GROUP = {"groups": "um grupo", "channels": "um canal", "status": "o status", "broadcasts": "uma lista"}
_NUMBER = re.compile(r"(?<!\d)\d{4,11}(\d{4})(?!\d)")


def masked(text: str) -> str:
    return _NUMBER.sub(r"***\1", text)


def whom(chat_id: str) -> str:
    """A chat or a person, so that nobody else learns the number."""
    if kind := kind_of(chat_id):
        return _OF_A_GROUP[kind]
    name, _, kind = chat_id.partition("@")
    digits = re.sub(r"\D", "", name)
    if kind == "lid" or len(digits) < 8:
        return "um contato"
    return f"***{digits[-4:]}"


def kind_word(kind: str) -> str:
    return KINDS.get(kind, "mensagem")


def state_line(state: str, reason: str) -> str:
    """The reason tells the state, too, but whether the service has given up on it for now."""
    return f"em erro: {reason}" if state == State.ERROR else reason


def body_of(event: EventRecord) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(event.body)
    return body
