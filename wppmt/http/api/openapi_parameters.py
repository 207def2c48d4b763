"""What the OpenAPI document says of a route's parameters, and of every code that the route may refuse with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from wppmt.domain.errors import Code
from wppmt.http.api.field_texts import field_text
from wppmt.http.api.route import Route
from wppmt.http.security.guard import SESSION_ID_HEADER

Json = dict[str, Any]
_ALWAYS = (
    Code.UNSUPPORTED_ENCODING, Code.PAYLOAD_TOO_LARGE, Code.INVALID_REQUEST, Code.RATE_LIMITED, Code.INTERNAL,
)  # fmt: skip
_WITH_TOKEN = (
    Code.UNAUTHENTICATED, Code.TOKEN_EXPIRED, Code.FORBIDDEN, Code.DRAINING, Code.STORE_UNAVAILABLE,
)  # fmt: skip
_OF_SESSION = (
    Code.INVALID_SESSION_ID, Code.SESSION_ID_MISMATCH, Code.SESSION_NOT_FOUND, Code.NOT_OWNER, Code.MOVING,
)  # fmt: skip
_PATH_PARAMETERS: Mapping[str, Json] = {
    "sessionId": {
        "schema": {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$"},
        "example": "cliente-001",
    },
    "messageId": {"schema": {"type": "string", "maxLength": 256}, "example": "3EB0F6F2E2E2E2E2E2E"},
    "chatId": {
        "schema": {"type": "string"},
        "example": "5511888888888@c.us",
        "description": "a conversa: `…@c.us`, `…@g.us`, `…@lid`, ou um número",
    },
    "groupId": {
        "schema": {"type": "string"},
        "example": "120363041234567890@g.us",
        "description": "id do grupo",
    },
    "labelId": {"schema": {"type": "string", "maxLength": 32}, "example": "3"},
    "callId": {"schema": {"type": "string", "maxLength": 128}, "example": "7B1E6A0C5D2F4E8A9B3C1D0E2F4A6B8C"},
    "token": {"schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}, "example": "Zk3v0c…"},
    "keyId": {"schema": {"type": "string", "maxLength": 64}, "example": "key_01HZX3V5Q4W8Y0T2R6N9M1K7J5"},
    "eventId": {"schema": {"type": "string", "maxLength": 64}, "example": "evt_01HZX3V5Q4W8Y0T2R6N9M1K7J5"},
    "job": {"schema": {"type": "string", "maxLength": 64}, "example": "job_01HZX3V5Q4W8Y0T2R6N9M1K7J5"},
    "machine": {
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
        "example": "maquina-1",
        "description": "o nome de uma máquina do cluster (WPP_CLUSTER_MACHINE)",
    },
    "file": {"schema": {"type": "string"}, "example": "viewer.js"},
    "phone": {
        "schema": {"type": "string"},
        "example": "5511999999999",
        "description": "8 a 15 dígitos com o código do país (com ou sem +, espaços, hífens)",
    },
}
_HEADER_PARAMETERS: Mapping[str, Json] = {
    "Idempotency-Key": {
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x20-\\x7e]+$"},
        "description": "a mesma chave com o mesmo corpo devolve a resposta guardada (48 h)",
    },
    "Last-Event-ID": {
        "schema": {"type": "string", "pattern": "^[0-9a-z]{1,16}$"},
        "description": "o id do último evento recebido: continua dele; 0: o registro inteiro; ausente: a partir de agora",
    },
    "Prefer": {
        "schema": {"type": "string"},
        "description": "respond-async: responde 202 sem esperar o WhatsApp",
    },
    "X-Move-Key": {
        "schema": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "description": "a chave da mudança, que só a origem conhece",
    },
    "X-Session-ID": {
        "schema": {"type": "string"},
        "description": "opcional; se enviado, deve ser igual à sessão da URL",
    },
}


def parameters(route: Route) -> Iterable[Json]:
    """In the path, in the query and in headers."""
    for name in re.findall(r"\{(\w+)\}", route.path):
        text = field_text("Path", name)
        yield {"name": name, "in": "path", "required": True, "description": text, **_PATH_PARAMETERS[name]}
    for name, schema in route.query.items():
        text = str(schema.get("description") or field_text("Query", name))
        yield {"name": name, "in": "query", "description": text, "schema": dict(schema)}
    session_header = (SESSION_ID_HEADER,) if Code.SESSION_ID_MISMATCH in refusals(route) else ()
    for name in (*session_header, *route.headers):
        yield {"name": name, "in": "header", **_HEADER_PARAMETERS[name]}


def refusals(route: Route) -> tuple[Code, ...]:
    """Everything that this route may refuse, by its access, its body and its own doing."""
    codes = [*_ALWAYS, *route.refusals]
    if route.access.needs_token:
        codes += _WITH_TOKEN
    if route.body is not None:
        codes.append(Code.RESOURCE_LIMIT)
    if route.access.names_session:
        codes += _OF_SESSION
    return tuple(dict.fromkeys(codes))
