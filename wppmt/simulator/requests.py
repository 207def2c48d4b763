"""What a control request says, checked."""

import json
import secrets

from aiohttp import web

from wppmt.simulator.errors import invalid
from wppmt.simulator.records import Json


def phone_id() -> str:
    """An id as phones make them."""
    return f"3A{secrets.token_hex(9).upper()}"


async def body_of(request: web.Request) -> Json:
    try:
        body = json.loads(await request.read())
    except ValueError:
        raise invalid("o corpo não é JSON") from None
    if not isinstance(body, dict):
        raise invalid("o corpo precisa ser um objeto JSON")
    return body


def phone_of(request: web.Request) -> str:
    return request.match_info["phone"].removeprefix("+")


def text(body: Json, key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str) or not value:
        raise invalid(f"falta {key}")
    return value


def optional(body: Json, key: str) -> str | None:
    value = body.get(key)
    if value is not None and not isinstance(value, str):
        raise invalid(f"{key} precisa ser um texto")
    return value or None


def flag(body: Json, key: str) -> bool:
    value = body.get(key, False)
    if not isinstance(value, bool):
        raise invalid(f"{key} precisa ser true ou false")
    return value


def texts(body: Json, key: str) -> list[str]:
    """A list of texts, empty if it is absent."""
    value = body.get(key) or []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise invalid(f"{key} precisa ser uma lista de textos")
    return value


def phones(body: Json, key: str) -> list[str]:
    """Numbers, however they are written, each once."""
    return list(dict.fromkeys(one.partition("@")[0].removeprefix("+") for one in texts(body, key)))
