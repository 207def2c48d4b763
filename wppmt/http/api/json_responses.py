"""Answers and refusals as HTTP responses: one form of JSON for each."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import ceil
from typing import Any

from aiohttp import hdrs, web

from wppmt.domain.errors import CATALOGUE, Code, Refusal
from wppmt.http.api.responses import AnswerBody

_JSON = "application/json"


def answer(body: AnswerBody, status: int = 200) -> web.Response:
    return json_bytes(body.model_dump_json(by_alias=True).encode(), status)


def json_bytes(body: bytes, status: int = 200) -> web.Response:
    """`body` is JSON already."""
    return web.Response(body=body, status=status, content_type=_JSON, charset="utf-8")


def refusal_response(
    refusal: Refusal, request_id: str, session_status: str | None = None, http_status: int | None = None
) -> web.Response:
    """The error form of docs/contract.md 6; its first fields as in docs/MULTI_TENANT_ARCHITECTURE.md 4.2.2."""
    status = http_status or CATALOGUE[refusal.code].http_status
    body = _error_body(refusal, request_id, session_status)
    response = json_bytes(json.dumps(body, ensure_ascii=False).encode(), status)
    if status == 401:
        response.headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
    if refusal.retry_after is not None:
        response.headers[hdrs.RETRY_AFTER] = str(ceil(refusal.retry_after))
    return response


def _error_body(refusal: Refusal, request_id: str, session_status: str | None) -> Mapping[str, Any]:
    body: dict[str, Any] = {"success": False, "error": CATALOGUE[refusal.code].text}
    if session_status is not None:
        body["status"] = session_status
    body |= refusal.extra
    body |= {"code": str(refusal.code), "requestId": request_id}
    if refusal.details:
        body["details"] = refusal.details
    if refusal.retry_after is not None:
        body["retryAfter"] = ceil(refusal.retry_after)
    return body


def status_refusal(http_status: int) -> Refusal:
    """What aiohttp itself refuses (unknown address, wrong method, body too large, bad Expect) in our words."""
    codes = {404: Code.NOT_FOUND, 405: Code.METHOD_NOT_ALLOWED, 413: Code.PAYLOAD_TOO_LARGE}
    return Refusal(codes.get(http_status, Code.INVALID_REQUEST))
