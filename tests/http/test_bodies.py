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
from wppmt.http.api.body_reader import parse_json
from wppmt.http.api.route import MAX_BODY_BYTES, MAX_PLAIN_BYTES

START = "/api/sessions/a/start"
SEND_FILE = "/api/sessions/a/send-file"

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
    "two BOMs": b"\xef\xbb\xbf\xef\xbb\xbf{}",
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


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b'{"description": "a\nb"}', "linha 1, coluna 19: uma quebra de linha dentro de um texto: escreva \\n"),
        (b'{\r\n "description":\r\n  "a\rb"}', "linha 3, coluna 5: uma quebra de linha dentro de um texto: escreva \\r"),
        (b'{"a": "\t"}', "linha 1, coluna 8: uma tabula\u00e7\u00e3o dentro de um texto: escreva \\t"),
        (b'{"a": "\x01"}', "linha 1, coluna 8: o caractere de controle U+0001 dentro de um texto: escreva \\u0001"),
        (b"{'a': 1}", "linha 1, coluna 2: falta um nome de campo entre aspas duplas, ou sobra uma v\u00edrgula"),
        (b'{"a": 1,}', "linha 1, coluna 9: falta um nome de campo entre aspas duplas, ou sobra uma v\u00edrgula"),
        (b'{"a" 1}', "linha 1, coluna 6: faltam os dois-pontos depois do nome do campo"),
        (b'{"a": 1\n"b": 2}', "linha 2, coluna 1: falta uma v\u00edrgula ou o fim do objeto ou da lista"),
        (b'{"a": }', "linha 1, coluna 7: falta um valor"),
        (b'{"a": "b', "linha 1, coluna 7: o texto que come\u00e7a aqui n\u00e3o tem fim"),
        (b'{"a": "C:\\pasta"}', "linha 1, coluna 10: uma barra invertida sem sentido: escreva \\\\"),
        (b'{"a": "\\u12"}', "linha 1, coluna 9: depois de \\u v\u00eam quatro d\u00edgitos hexadecimais"),
        (b"{} x", "linha 1, coluna 4: h\u00e1 mais alguma coisa depois do fim do JSON"),
        (b'{"a": NaN}', "NaN n\u00e3o \u00e9 um valor de JSON"), (b'{"a": 1e999}', "um n\u00famero grande demais"),
        (b'{"a": 1, "a": 2}', "um objeto tem a mesma chave duas vezes"),
    ],
)  # fmt: skip
async def test_bad_json_is_told_with_its_place(api: Api, raw: bytes, problem: str):
    answer = await api.call("POST", START, data=raw)
    [detail] = answer.body["details"]
    assert (answer.status, detail["field"]) == (400, "body")
    assert detail["problem"] == f"o corpo n\u00e3o \u00e9 um JSON v\u00e1lido: {problem}"


@given(st.text(st.characters(categories=["Cc"]), min_size=1, max_size=1), st.text("ab\n", max_size=20))
def test_the_place_of_a_raw_line_break_is_right(char: str, before: str):
    text = f'{{{before.replace("a", " ").replace("b", " ")}"x": "{char}"}}'
    at = text.index(f'"{char}"') + 1
    if ord(char) < 32:
        with pytest.raises(Refusal) as refused:
            parse_json(text.encode())
        line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
        assert f"linha {line}, coluna {column}:" in refused.value.details[0]["problem"]


async def test_a_byte_order_mark_in_front_is_passed_over(api: Api):
    assert (await api.call("POST", START, data=b'\xef\xbb\xbf{"description": "a"}')).status == 201


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_a_form_is_told_what_is_wanted(api: Api, kind: str):
    for data in (b"phone=5511999999999&message=oi", b"--x\r\n"):
        answer = await api.call("POST", START, data=data, headers={"Content-Type": kind})
        assert answer.status == 400
        assert "Content-Type: application/json" in answer.body["details"][0]["problem"]


async def test_json_is_taken_whatever_it_is_called(api: Api):
    for kind in ("application/x-www-form-urlencoded", "text/plain", "application/json; charset=utf-8"):
        answer = await api.call("POST", START, data=b'{"description": "a"}', headers={"Content-Type": kind})
        assert answer.status in {200, 201}


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


async def test_ten_megabytes_to_the_byte_with_a_file(api: Api):
    api.front.has("a")
    filler = b'{"unknown": "' + b"x" * (MAX_BODY_BYTES - 15) + b'"}'
    assert len(filler) == MAX_BODY_BYTES
    answer = await api.call("POST", SEND_FILE, data=filler)
    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")
    answer = await api.call("POST", SEND_FILE, data=filler + b" ")
    assert (answer.status, answer.body["code"]) == (413, "PAYLOAD_TOO_LARGE")


async def test_a43_one_megabyte_to_the_byte_without(api: Api):
    filler = b'{"unknown": "' + b"x" * (MAX_PLAIN_BYTES - 15) + b'"}'
    assert (await api.call("POST", START, data=filler)).status == 201
    answer = await api.call("POST", START, data=filler + b" ")
    assert (answer.status, answer.body["code"]) == (413, "PAYLOAD_TOO_LARGE")


async def test_a_chunked_body_is_counted_too(api: Api):
    async def chunks(megabytes: int):
        for _ in range(megabytes):
            yield b" " * 1024 * 1024

    api.front.has("a")
    for path, limit in ((START, 1), (SEND_FILE, 10)):
        answer = await api.call("POST", path, data=chunks(limit + 1))
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


async def test_an_odd_expectation_is_refused_in_our_form(api: Api):
    answer = await api.call("POST", START, data=b"{}", headers={"Expect": "<b>nonsense"})
    assert (answer.status, answer.body["code"]) == (400, "INVALID_REQUEST")
    assert "nonsense" not in str(answer.body)
