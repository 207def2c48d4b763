"""`wppmt demo --all`: one message of each kind, out and in, and each act on one."""

from __future__ import annotations

import base64
import io
import math
import wave
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from wppmt.cli.gateway import Gateway
from wppmt.cli.sink import Json
from wppmt.simulator.client import Simulator

RATE, SECONDS = 8000, 2


@dataclass(frozen=True, slots=True)
class Shown:
    """A call of the API, to the customer or about the message `{target}`, and the type that arrives."""

    name: str
    method: str
    path: str
    type: str
    body: Json = field(default_factory=dict)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _picture(kind: str, frames: int = 1) -> str:
    """Squares that change their colour."""
    output = io.BytesIO()
    first, *others = [Image.new("RGB", (96, 96), (37, 40 * n % 256, 102)) for n in range(frames)]
    first.save(
        output, kind, **({"save_all": True, "append_images": others, "duration": 200} if others else {})
    )
    return _base64(output.getvalue())


def _sound() -> str:
    """A tone that rises and falls, as WAV."""
    output = io.BytesIO()
    with wave.open(output, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(RATE)
        loudness = (math.sin(math.pi * n / (RATE * SECONDS)) for n in range(RATE * SECONDS))
        file.writeframes(bytes(int(128 + 100 * loud * math.sin(0.35 * n)) for n, loud in enumerate(loudness)))
    return _base64(output.getvalue())


def sends() -> Iterator[Shown]:
    """In the order of docs/contract.md 10."""
    yield Shown("GIF", "POST", "send-video", "video", {"base64": _picture("gif", 6), "gif": True})
    yield Shown("Mensagem de voz, de um WAV", "POST", "send-voice", "ptt", {"base64": _sound()})
    yield Shown("Figurinha, de um PNG", "POST", "send-sticker", "sticker", {"base64": _picture("png")})
    once = {"base64": _picture("png"), "viewOnce": True}
    yield Shown("Imagem de visualização única", "POST", "send-image", "image", once)
    place = {"latitude": -23.5503, "longitude": -46.6339, "name": "Loja Centro"}
    yield Shown("Localização", "POST", "send-location", "location", place)
    cards = {"contacts": [{"name": "Entregas", "phone": "5511988887777"}]}
    yield Shown("Contato", "POST", "send-contact", "vcard", cards)
    poll = {"question": "Qual horário?", "options": ["Manhã", "Tarde"]}
    yield Shown("Enquete", "POST", "send-poll", "poll_creation", poll)
    pix = {"keyType": "EMAIL", "key": "pix@loja.exemplo.br", "name": "Loja"}
    yield Shown("Chave Pix", "POST", "send-pix", "interactive", pix)
    yield Shown("Encaminhamento", "POST", "messages/{target}/forward", "chat")
    yield Shown("Reação", "PUT", "messages/{target}/reaction", "reaction", {"emoji": "👍"})
    yield Shown("Reação desfeita", "DELETE", "messages/{target}/reaction", "reaction")
    yield Shown("Edição", "PATCH", "messages/{target}", "edit", {"message": "Pedido a caminho"})
    yield Shown("Mensagem apagada para todos", "DELETE", "messages/{target}?for=everyone", "revoke")


def send(gateway: Gateway, session: str, customer: str, target: str, shown: Shown) -> Json:
    """The API's answer."""
    to = {"phone": customer} if shown.method == "POST" else {}
    body = {**shown.body, **to}
    return gateway.call(shown.method, session, shown.path.format(target=target), body or None)


@dataclass(frozen=True, slots=True)
class Heard:
    """What the customer does on the phone, and the event that tells of it."""

    name: str
    event: str
    act: Callable[[Simulator, str, str, str], Any]
    """The phones, the customer, the shop, and the customer's last text."""


def is_told_by(heard: Heard, known: Collection[object], event: Json) -> bool:
    """Whether it is a new event of this; texts are not among what is shown."""
    is_text = event.get("message", {}).get("type") == "chat" and heard.event == "message_received"
    return event.get("event") == heard.event and event.get("id") not in known and not is_text


def _writes(**message: Any) -> Callable[[Simulator, str, str, str], Any]:
    return lambda phones, customer, shop, _: phones.call(
        "POST", f"/accounts/{customer}/messages", {"to": shop, **message}
    )


def _does(verb: str, **what: Any) -> Callable[[Simulator, str, str, str], Any]:
    return lambda phones, customer, _, target: phones.call(
        "POST", f"/accounts/{customer}/{verb}", {"id": target, **what}
    )


RECEIVED = (
    Heard(
        "Localização recebida",
        "message_received",
        _writes(type="location", location={"latitude": -22.9, "longitude": -43.2, "name": "Casa"}),
    ),
    Heard(
        "Contato recebido",
        "message_received",
        _writes(type="contact", contacts=[{"name": "Ana", "phones": ["5521988887777"]}]),
    ),
    Heard(
        "Enquete recebida",
        "message_received",
        _writes(type="poll", poll={"question": "Entregam hoje?", "options": ["Sim", "Não"]}),
    ),
    Heard("Reação recebida", "message_reaction", _does("react", emoji="❤️")),
    Heard("Edição recebida", "message_edited", _does("edit", body="Corrigindo: rua 2")),
    Heard("Mensagem apagada pelo cliente", "message_revoked", _does("revoke")),
    Heard(
        "Ligação recebida",
        "call_received",
        lambda phones, customer, shop, _: phones.call(
            "POST", f"/accounts/{customer}/call", {"to": shop, "video": False}
        ),
    ),
)
