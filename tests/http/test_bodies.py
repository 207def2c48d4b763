"""Strict JSON, and bodies over the wire."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.http.conftest import Api
from wppmt.domain.errors import Code, Refusal
from wppmt.http.api.bodies import MAX_BODY_BYTES, parse_json

START = "/api/sessions/a/start"

ODD = {
    "deep list": b"[" * 3000,
    "deep list, closed": b"[" * 3000 + b"]" * 3000,
    "deep object": b'{"a":' * 3000 + b"1" + b"}" * 3000,
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "1e999": b'{"a": 1e999}',
    "5,000-digit integer": b'{"a": ' + b"9" * 5000 + b"}",
    "duplicate keys": b'{"description": "a", "description": "b"}',
    "duplicate keys inside": b'{"a": [{"b": 1, "b": 1}]}',
    "BOM": b"\xef\xbb\xbf{}",
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "UTF-16 without BOM": '{"a": 1}'.encode("utf-16-le"),
    "Latin-1": '{"a": "é"}'.encode("latin-1"),
    "overlong": b'{"a": "\xc0\xaf"}',
    "encoded surrogate": b'{"a": "\xed\xa0\x80"}',
    "lone surrogate": b'{"description": "\\ud800"}',
    "control character": b'{"a": "\n"}',
    "trailing": b"{} {}",
    "single quotes": b"{'a': 1}",
    "comment": b"{} // x",
    "nothing but space": b"  ",
    "a list": b"[]",
    "a string": b'"a"',
    "null": b"null",
    "form": b"description=a",
}


@pytest.mark.parametrize("raw", ODD.values(), ids=ODD.keys())
async def test_odd_json_is_400(api: Api, raw: bytes):
    answer = await api.call("POST", START, data=raw)
    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")
    assert answer.body["details"]
    assert api.front.asked == []


async def test_surrogate_pairs_and_escapes_are_fine(api: Api):
    answer = await api.call("POST", START, data=rb'{"description": "\ud83c\udf89 \u00e9 \"\\"}')
    assert answer.status == 201
    status = api.front.status("a")
    assert status
    assert status.record.description == '🎉 é "\\'


@pytest.mark.slow
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    )
)  # fmt: skip
def test_honest_json_is_read_as_it_was_written(value: Any):
    assert parse_json(json.dumps(value).encode()) == value
    assert parse_json(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary() | st.text(alphabet='{}[]",:0123456789eE+-.ntf\\u ').map(str.encode))
def test_any_bytes_are_json_or_refused(raw: bytes):
    try:
        parse_json(raw)
    except Refusal as refusal:
        assert refusal.code is Code.INVALID_REQUEST  # noqa: PT017  both outcomes are right


async def test_ten_megabytes_to_the_byte(api: Api):
    filler = b'{"unknown": "' + b"x" * (MAX_BODY_BYTES - 15) + b'"}'
    assert len(filler) == MAX_BODY_BYTES
    assert (await api.call("POST", START, data=filler)).status == 201
    answer = await api.call("POST", START, data=filler + b" ")
    assert (answer.status, answer.body["code"]) == (413, "PAYLOAD_TOO_LARGE")


async def test_a_chunked_body_is_counted_too(api: Api):
    async def chunks():
        for _ in range(11):
            yield b" " * 1024 * 1024

    answer = await api.call("POST", START, data=chunks())
    assert (answer.status, answer.body["code"]) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "x-unknown", "identity, gzip"])
async def test_compressed_bodies_are_refused(api: Api, encoding: str):
    bomb = gzip.compress(b"0" * 1_000_000)
    answer = await api.call("POST", START, data=bomb, headers={"Content-Encoding": encoding})
    assert (answer.status, answer.body["code"]) == (415, "UNSUPPORTED_ENCODING")


async def test_no_second_header_hides_behind_the_first(api: Api):
    headers = [
        ("Authorization", f"Bearer {api.token}"), ("Content-Encoding", "identity"), ("Content-Encoding", "gzip"),
    ]  # fmt: skip
    async with api.http.post(f"{api.base}{START}", data=b"{}", headers=headers) as response:
        assert response.status == 415


async def test_identity_is_no_compression(api: Api):
    assert (await api.call("POST", START, data=b"{}", headers={"Content-Encoding": "Identity"})).status == 201


async def test_the_token_is_checked_before_the_body(api: Api):
    answer = await api.call(
        "POST", START, data=b"x" * (MAX_BODY_BYTES + 1), token=None, headers={"Content-Encoding": "gzip"}
    )
    assert answer.status == 401


async def test_a_client_that_asks_first_is_told_to_go_on_only_after_the_guard(api: Api):
    for bearer, expected in ((api.token, b"HTTP/1.1 100 "), ("x", b"HTTP/1.1 401 ")):
        reader, writer = await asyncio.open_connection("127.0.0.1", api.port)
        writer.write(
            f"POST {START} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {bearer}\r\n"
            "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n".encode()
        )
        assert (await reader.readline()).startswith(expected)
        if bearer == api.token:
            await reader.readline()
            writer.write(b"{}")
            assert (await reader.readline()).startswith(b"HTTP/1.1 201 ")
        writer.close()


async def test_an_odd_expectation_is_no_error(api: Api):
    assert (await api.call("POST", START, data=b"{}", headers={"Expect": "nonsense"})).status == 201
    assert (await api.get("/nada", headers={"Expect": "nonsense"})).status == 417
