"""Holds an answer against the OpenAPI document: its status is announced, its JSON is as described."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

import jsonschema_rs

from wppmt.http.api.openapi import openapi
from wppmt.http.api.routes import ROUTES

DOCUMENT = openapi(ROUTES, "1.2.3")


def check(method: str, path: str, status: int, content_type: str, body: Any) -> None:
    """Raises AssertionError or jsonschema's ValidationError. What matches no route is the router's own refusal."""
    operation = _operation(method.lower(), path.partition("?")[0])
    if operation is None or (isinstance(body, dict) and body.get("code") == "NOT_FOUND"):
        assert status in {400, 401, 404, 405, 417, 429, 503}
        return
    assert str(status) in operation["responses"], f"{status} is not announced for {method} {path}: {body}"
    content = operation["responses"][str(status)].get("content", {"*/*": {}})
    if "*/*" in content:
        return
    assert content_type in content, (content_type, path)
    if "oneOf" in content[content_type]["schema"] or "$ref" in content[content_type]["schema"]:
        _validator(json.dumps(content[content_type]["schema"])).validate(body)
        codes = content[content_type].get("examples", {})
        if isinstance(body, dict) and "code" in body and status >= 400:
            assert body["code"] in codes, f"{body['code']} is not announced for {method} {path}"


def _operation(method: str, path: str) -> dict[str, Any] | None:
    for template, item in DOCUMENT["paths"].items():
        if method in item and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            operation: dict[str, Any] = item[method]
            return operation
    return None


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        {**json.loads(schema), "components": DOCUMENT["components"]},
        validate_formats=True,
    )
