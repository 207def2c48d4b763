"""The OpenAPI 3.1 document, made from the route table and the very models that check requests and write answers."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from wppmt.domain.errors import CATALOGUE, Code
from wppmt.http.api import responses
from wppmt.http.api.field_texts import field_text
from wppmt.http.api.openapi_examples import error_example, example
from wppmt.http.api.openapi_parameters import parameters, refusals
from wppmt.http.api.route import Route, Shape
from wppmt.http.security.api_keys import HEADER as API_KEY_HEADER
from wppmt.webhook.models import HOOKS, HookKind

Json = dict[str, Any]
_REF = "#/components/schemas/{model}"
_TAGS: Mapping[str, str] = {
    "sessions": "Sessões",
    "pairing": "Link de conexão",
    "sends": "Mensagens",
    "kinds": "Mensagens",
    "media_sends": "Mensagens",
    "acts": "Mensagens",
    "webhooks": "Webhooks",
    "webhook_test": "Webhooks",
    "events": "Eventos",
    "watch": "Administração",
    "admin": "Administração",
    "imports": "Administração",
    "moves": "Administração",
    "cluster": "Administração",
    "drains": "Administração",
    "api_keys": "Chaves",
    "audit_trail": "Administração",
    "archives": "Administração",
    "attempts": "Eventos",
    "streams": "Eventos",
    "explain": "Eventos",
    "contacts": "Contatos e mídia",
    "people": "Contatos e mídia",
    "chats": "Conversas",
    "groups": "Grupos",
    "labels": "Etiquetas e chamadas",
    "health": "Saúde",
    "metrics": "Saúde",
    "docs": "Documentação",
    "dashboard": "Painel",
}
"""By the file of the handler."""
_ABOUT = (
    "Um número de WhatsApp por cliente, uma API para todos. Toda rota exige `Authorization: Bearer` com um JWT ou uma "
    "chave `wpk_…` (ou `X-Api-Key`), menos as de saúde e de documentação. Para experimentar uma rota aqui, informe o token ou a chave em **Authorize**: ficam só "
    "nesta página.\n\nErros têm sempre a mesma forma (`Error`): 4xx e 503 dizem que nada foi feito; 202 e 504, que o "
    "resultado ainda não é conhecido."
)


def openapi(routes: Iterable[Route], version: str) -> Json:
    """The whole document."""
    routes = tuple(routes)
    paths: dict[str, Json] = defaultdict(dict)
    for route in routes:
        paths[route.path][route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "wppmt", "version": version, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"key": []}],
        "paths": dict(paths),
        "webhooks": {hook.name: _hook(hook) for hook in HOOKS},
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "key": {"type": "apiKey", "in": "header", "name": API_KEY_HEADER},
            },
            "schemas": _schemas(routes),
        },
    }


def _operation(route: Route) -> Json:
    operation: Json = {
        "operationId": _operation_id(route),
        "tags": [_TAGS[route.handler.__module__.rpartition(".")[2]]],
        "summary": route.summary,
        "parameters": list(parameters(route)),
        "responses": _responses(route),
    }
    if route.scope:
        operation["description"] = f"Permissão: `{route.scope}`"
    else:
        operation["security"] = []
    if route.body is not None:
        operation["requestBody"] = {"required": route.body_required, "content": _content([route.body])}
    if route.upload:
        content = {route.upload: {"schema": {"type": "string", "format": "binary"}}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _operation_id(route: Route) -> str:
    words = re.findall(r"[A-Za-z]+", route.path.removeprefix("/api"))
    return route.method.lower() + "".join(word[0].upper() + word[1:] for word in words)


def _responses(route: Route) -> Json:
    shapes: dict[int, list[type[BaseModel]]] = defaultdict(list)
    codes: dict[int, list[Code]] = defaultdict(list)
    for status, shape in route.answers.items():
        shapes[status] += _models(shape)
    if route.media:
        shapes.setdefault(200, [])
    for code in refusals(route):
        status = CATALOGUE[code].http_status
        codes[status].append(code)
        shapes[status] += [] if responses.Error in shapes[status] else [responses.Error]
    return {
        str(status): _response(status, models, codes[status], route.media if status == 200 else ())
        for status, models in sorted(shapes.items())
    } | {str(status): {"description": meaning} for status, meaning in route.bare.items()}


def _response(
    status: int, models: Sequence[type[BaseModel]], codes: Sequence[Code], media: Sequence[str]
) -> Json:
    said = [f"`{code}`: {CATALOGUE[code].text}" for code in codes]
    content = _content(models, codes, status) if models else {}
    content |= {kind: {"schema": {"type": "object" if kind.endswith("json") else "string"}} for kind in media}
    return {"description": "\n\n".join(said) or "Feito", "content": content}


def _content(models: Sequence[type[BaseModel]], codes: Sequence[Code] = (), status: int = 200) -> Json:
    refs = [{"$ref": _REF.format(model=model.__name__)} for model in models]
    examples = {model.__name__: example(model, status) for model in models if model is not responses.Error}
    examples |= {code.value: error_example(code) for code in codes}
    media: Json = {"schema": refs[0] if len(refs) == 1 else {"oneOf": refs}}
    if len(examples) == 1 and not codes:
        media["example"] = next(iter(examples.values()))
    else:
        media["examples"] = {name: {"value": value} for name, value in examples.items()}
    return {"application/json": media}


def _models(shape: Shape) -> list[type[BaseModel]]:
    return list(get_args(shape)) or [shape]


def _schemas(routes: Iterable[Route]) -> Json:
    """Every model once, without pydantic's titles and our docstrings, which are not for callers."""
    bodies = {route.body for route in routes if route.body}
    said = {model for route in routes for shape in route.answers.values() for model in _models(shape)}
    said |= {responses.Error} | {hook.body for hook in HOOKS}
    _, found = models_json_schema(
        [
            *((model, "validation") for model in sorted(bodies, key=lambda model: model.__name__)),
            *((model, "serialization") for model in sorted(said, key=lambda model: model.__name__)),
        ],
        ref_template=_REF,
    )
    schemas: Json = found["$defs"]
    for name, schema in schemas.items():
        schema.pop("description", None)
        for field, described in schema.get("properties", {}).items():
            if text := field_text(name, field):
                described.setdefault("description", text)
    return {name: _without_titles(schema) for name, schema in schemas.items()}


def _without_titles(value: Any) -> Any:
    """Titles only repeat the names. A property that is called `title` is an object, and stays."""
    if isinstance(value, dict):
        return {
            key: _without_titles(inner)
            for key, inner in value.items()
            if key != "title" or not isinstance(inner, str)
        }
    return [_without_titles(inner) for inner in value] if isinstance(value, list) else value


def _hook(hook: HookKind) -> Json:
    return {
        "post": {
            "operationId": hook.name,
            "tags": ["Eventos"],
            "summary": hook.summary,
            "security": [],
            "requestBody": {"required": True, "content": _content([hook.body])},
            "responses": {
                "2XX": {"description": "Recebido. Qualquer outra resposta leva a uma nova tentativa"}
            },
        }
    }
