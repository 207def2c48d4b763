"""The OpenAPI document: it and the router agree, it is valid, its viewer is served from here alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from tests.http.conftest import Api, token
from tests.http.documented import DOCUMENT
from wppmt.domain.errors import CATALOGUE, Code
from wppmt.http.api.route import Access
from wppmt.http.api.routes import ROUTES
from wppmt.http.api.schemas import validate
from wppmt.http.app import make_app
from wppmt.store.records import EVENT_NAMES


def refs(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if "$ref" in value else set()
        return own.union(*(refs(inner) for inner in value.values()))
    return set().union(*(refs(inner) for inner in value)) if isinstance(value, list) else set()


async def test_document_and_router_agree_route_by_route(api: Api):
    router = {(r.method, r.resource.canonical) for r in make_app(api.ports()).router.routes() if r.resource}
    document = {(method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item}
    assert document == router
    assert len(ROUTES) == len(router)


def test_every_reference_leads_somewhere_and_every_schema_is_used():
    names = {ref.removeprefix("#/components/schemas/") for ref in refs(DOCUMENT)}
    assert names == set(DOCUMENT["components"]["schemas"])


def contents() -> Iterator[tuple[str, dict[str, Any]]]:
    """What requests, answers and webhooks carry in a form of ours, each with where it stands."""
    for path, item in [*DOCUMENT["paths"].items(), *DOCUMENT["webhooks"].items()]:
        for method, operation in item.items():
            for status, carrier in [
                *operation["responses"].items(),
                ("body", operation.get("requestBody", {})),
            ]:
                media = carrier.get("content", {}).get("application/json", {})
                if "$ref" in repr(media):
                    yield f"{method} {path} {status}", media


def test_everything_has_an_example_and_every_example_is_valid():
    validators: dict[str, jsonschema_rs.Draft202012Validator] = {}
    for where, media in contents():
        examples = [example["value"] for example in media.get("examples", {}).values()]
        examples += [media["example"]] if "example" in media else []
        assert examples, where
        schema = media["schema"] | {"components": DOCUMENT["components"]}
        key = json.dumps(media["schema"])
        if key not in validators:
            validators[key] = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        for example in examples:
            assert validators[key].is_valid(example), (where, example)


def test_request_examples_are_accepted_as_they_stand():
    bodies = {f"{route.method.lower()} {route.path} body": route.body for route in ROUTES if route.body}
    examples = {where: media["example"] for where, media in contents() if where in bodies}
    assert set(examples) == set(bodies)
    for where, example in examples.items():
        assert example, where
        validate(bodies[where], example)


def test_an_answers_example_fits_its_status():
    examples = {where: media.get("example", {}) for where, media in contents()}
    send = "post /api/sessions/{sessionId}/send-message"
    assert [examples[f"{send} {status}"]["ack"] for status in (200, 202)] == [1, 0]
    assert [examples[f"get /readyz {status}"]["status"] for status in (200, 503)] == ["ok", "draining"]


def test_operation_ids_are_unique_and_texts_portuguese():
    ids = [operation["operationId"] for item in DOCUMENT["paths"].values() for operation in item.values()]
    assert len(ids) == len(set(ids))
    assert DOCUMENT["openapi"] == "3.1.0"
    assert set(DOCUMENT["webhooks"]) == set(EVENT_NAMES)
    assert "title" not in json.dumps(DOCUMENT["components"])


def test_only_the_public_routes_need_no_token():
    public = {route.path for route in ROUTES if route.access is Access.PUBLIC}
    assert public == {"/healthz", "/readyz", "/api/health", "/api-docs", "/api-docs/{file}"}


def test_every_code_has_a_text_and_a_status():
    assert set(CATALOGUE) == set(Code)


async def test_the_document_is_served(api: Api):
    answer = await api.get("/openapi.json", token=token(sessions="a"))
    assert answer.body == DOCUMENT


async def test_the_viewer_is_static_and_knows_nothing_without_a_token(api: Api):
    page = await api.get("/api-docs", token=None)
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assets = re.findall(r'(?:src|href)="([^"]+)"', page.raw.decode())
    assert len(assets) == 2
    for asset in assets:
        assert (await api.get(asset, token=None)).status == 200
    assert not re.search(rb"https?://", page.raw)
    assert (await api.get("/openapi.json", token=None)).status == 401
    for name in ("..", "%2e%2e%2fdocs.py", "index.html.bak", "viewer.js%00"):
        assert (await api.get(f"/api-docs/{name}", token=None)).status in {400, 404}
