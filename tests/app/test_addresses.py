"""Where the API is reached from elsewhere."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.app.test_wiring import settings
from wppmt.app import wiring
from wppmt.app.addresses import base_url
from wppmt.store.sqlite.store import SqliteStore

WILDCARDS = ["0.0.0.0", "::", "[::]", "0", "*", "::0", "0:0:0:0:0:0:0:0"]


@pytest.mark.parametrize("host", WILDCARDS)
def test_an_address_to_listen_on_everywhere_is_none_to_call(host: str):
    url = urlsplit(base_url(host, 8005))
    assert not ipaddress.ip_address(url.hostname or "").is_unspecified
    assert url.port == 8005


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8005"),
        ("localhost", "http://localhost:8005"),
        ("::1", "http://[::1]:8005"),
        ("wpp.interno", "http://wpp.interno:8005"),
    ],
)
def test_any_other_is_called_as_it_is(host: str, url: str):
    assert base_url(host, 8005) == url


@pytest.mark.parametrize(
    ("environ", "begins", "told"),
    [
        ({}, "http://127.0.0.1:8005/", False),
        ({"WPP_HOST": "0.0.0.0"}, "http://", True),
        ({"WPP_HOST": "0.0.0.0", "WPP_PUBLIC_URL": "https://wpp.exemplo.com/"}, "https://wpp.exemplo.com/api/", False),
    ],
)  # fmt: skip
def test_media_that_nobody_could_reach_is_reported_at_the_start(
    tmp_path: Path, environ: dict[str, str], begins: str, told: bool
):
    chosen = settings(tmp_path, **environ)
    store = SqliteStore(tmp_path / "wppmt.sqlite")
    url = wiring.tools(chosen, store).media_url("a", "false_1@c.us_3A")
    store.close()
    assert url.startswith(begins)
    assert "//0.0.0.0" not in url
    assert any("WPP_PUBLIC_URL" in notice for notice in chosen.notices) is told
