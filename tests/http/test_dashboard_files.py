"""The dashboard's files: all of them, nothing else, and for programs what this is."""

from __future__ import annotations

import json
import re

import pytest

from tests.http.conftest import Api
from wppmt.http.handlers.dashboard import LIT_HTML, OWN


async def test_every_module_that_the_page_loads_is_served(api: Api):
    page = (await api.get("/", token=None)).raw.decode()
    waiting, seen = set(re.findall(r'src="(/dashboard/[^"]+)"', page)), set[str]()
    assert waiting == {"/dashboard/main.js"}
    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = await api.get(path, token=None)
        assert (answer.status, answer.headers["Content-Type"]) == (200, "text/javascript; charset=utf-8"), (
            path
        )
        found = re.findall(r"from '\./([^']+)'", answer.raw.decode())
        waiting |= {f"/dashboard/{name}" for name in found} - seen
    assert {f"/dashboard/{file.name}" for file in OWN.glob("*.js")} <= seen


async def test_nothing_in_it_needs_what_its_policy_forbids(api: Api):
    policy = (await api.get("/", token=None)).headers["Content-Security-Policy"]
    assert {"base-uri 'none'", "frame-ancestors 'none'", "script-src 'self'", "style-src 'self'"} <= set(
        policy.split("; ")
    )
    page = (OWN / "index.html").read_text()
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=", page)
    for file in OWN.glob("*.js"):
        assert not re.search(r"style=|innerHTML|\beval\(|https?://", file.read_text()), file.name


@pytest.mark.parametrize("name", ["index.html", "package.json", "..", "%2e%2e%2fapp.py", "main.js%00"])
async def test_nothing_else_of_the_folder_is_served(api: Api, name: str):
    assert (await api.get(f"/dashboard/{name}", token=None)).status in {400, 404}


@pytest.mark.parametrize(
    ("accept", "is_page"),
    [("application/json", False), ("text/html,application/json;q=0.9", True), ("*/*", True)],
)
async def test_a_program_is_told_where_everything_is(api: Api, accept: str, is_page: bool):
    answer = await api.get("/", token=None, headers={"Accept": accept})
    assert answer.status == 200
    if is_page:
        assert answer.raw.startswith(b"<!doctype html>")
    else:
        assert answer.body["openapi"] == "/openapi.json"
        assert (await api.get(answer.body["openapi"], token=None)).status == 200


def test_both_languages_say_the_same_things():
    words = (OWN / "words.js").read_text()
    portuguese, english = (
        set(re.findall(r"(?:^|[{,]) *'?([\w.]+)'?: '", part, re.MULTILINE))
        for part in words.split("export const EN")
    )
    assert len(portuguese) > 150
    assert portuguese == english


def test_the_library_is_the_one_that_is_locked():
    lock = json.loads((OWN / "package-lock.json").read_text())
    package = json.loads((LIT_HTML / "package.json").read_text())
    assert package["version"] == lock["packages"]["node_modules/lit-html"]["version"]
    assert "http" not in json.dumps(lock)
