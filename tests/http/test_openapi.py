"""The OpenAPI document: it and the router agree, it is valid, its viewer is served from here alone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from tests.http.conftest import Api, token
from tests.http.documented import DOCUMENT
from wppmt.domain.errors import CATALOGUE, Code
from wppmt.http.api.field_texts import FIELD_TEXTS
from wppmt.http.api.route import Access
from wppmt.http.api.routes import ROUTES
from wppmt.http.api.schemas import validate
from wppmt.http.app import make_app
from wppmt.http.handlers.docs import SWAGGER_UI
from wppmt.store.records import EVENT_NAMES, FURTHER_EVENT_NAMES


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
    assert set(DOCUMENT["webhooks"]) == {*EVENT_NAMES, *FURTHER_EVENT_NAMES, "alert"}
    assert '"title": "' not in json.dumps(DOCUMENT["components"])


def test_only_the_public_routes_need_no_token():
    public = {route.path for route in ROUTES if route.access is Access.PUBLIC}
    assert public == {
        "/", "/healthz", "/readyz", "/api/health", "/openapi.json", "/api-docs", "/api-docs/{file}", "/pair-page/{file}", "/dashboard/{file}",
    }  # fmt: skip


def test_every_code_has_a_text_and_a_status():
    assert set(CATALOGUE) == set(Code)


def described() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every field and parameter that a caller meets."""
    for name, schema in DOCUMENT["components"]["schemas"].items():
        for field, value in schema.get("properties", {}).items():
            yield f"{name}.{field}", value
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            for parameter in operation["parameters"]:
                yield f"{method} {path} {parameter['name']}", parameter


def test_every_field_and_parameter_is_explained():
    assert [where for where, value in described() if len(value.get("description") or "") < 4] == []


def test_no_explanation_is_left_over():
    fields = {
        field
        for schema in DOCUMENT["components"]["schemas"].values()
        for field in schema.get("properties", {})
    }
    parameters = {
        parameter["name"]
        for item in DOCUMENT["paths"].values()
        for operation in item.values()
        for parameter in operation["parameters"]
    }
    for key in FIELD_TEXTS:
        model, _, field = key.rpartition(".")
        schema = DOCUMENT["components"]["schemas"].get(model, {})
        assert field in (schema.get("properties", {}) if schema else fields | parameters), key


async def test_the_document_is_served_to_everybody(api: Api):
    for text in (None, token(sessions="a")):
        assert (await api.get("/openapi.json", token=text)).body == DOCUMENT


@pytest.mark.parametrize("path", ["/", "/api-docs"])
async def test_pages_are_whole_and_name_no_other_host(api: Api, path: str):
    page = await api.get(path, token=None)
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assets = [
        asset for asset in re.findall(r'(?:src|href)="([^"]+)"', page.raw.decode()) if asset != "data:,"
    ]
    assert len(assets) >= 2
    for asset in assets:
        assert (await api.get(asset, token=None)).status == 200, asset
    assert not re.search(rb"https?://", page.raw)


@pytest.mark.parametrize("path", ["/", "/api-docs", "/api-docs/swagger-ui-bundle.js"])
async def test_a_page_may_do_nothing_but_what_it_needs(api: Api, path: str):
    policy = (await api.get(path, token=None)).headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


@pytest.mark.parametrize(
    "name", ["..", "%2e%2e%2fdocs.py", "index.html", "package.json", "viewer.js%00", "swagger-ui.css.map"]
)
async def test_nothing_else_of_the_folder_is_served(api: Api, name: str):
    assert (await api.get(f"/api-docs/{name}", token=None)).status in {400, 404}


def test_the_viewer_is_the_one_that_is_locked():
    lock = json.loads((SWAGGER_UI.parents[1] / "package-lock.json").read_text())
    package = json.loads((SWAGGER_UI / "package.json").read_text())
    locked = lock["packages"]["node_modules/swagger-ui-dist"]
    assert package["version"] == locked["version"]
    assert "http" not in json.dumps(lock)
