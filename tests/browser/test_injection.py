"""The script put into WhatsApp's page."""

from __future__ import annotations

from pathlib import Path

import pytest

from wppmt.browser.chrome.injection import BRIDGE, PAGE, script
from wppmt.browser.port import StartFailed


@pytest.fixture
def wa_js(tmp_path: Path) -> Path:
    path = tmp_path / "wppconnect-wa.js"
    path.write_text("/* the library */")
    return path


def test_settings_stand_before_the_library_and_the_bridge_behind(wa_js: Path) -> None:
    text = script("https://web.whatsapp.com", 10.0, wa_js).text
    marks = [
        "disableGoogleAnalytics",
        "beatSeconds",
        "/* the library */",
        "self.wppmt = {",
        "functions.send_media",
    ]
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)


def test_only_whatsapps_own_top_page_gets_it_and_once(wa_js: Path) -> None:
    first_line = script("https://web.whatsapp.com", 10.0, wa_js).text.splitlines()[0]
    assert "window.top === window" in first_line
    assert 'location.origin === "https://web.whatsapp.com"' in first_line
    assert "!self.wppmt" in first_line


def test_a_version_names_one_text(wa_js: Path) -> None:
    first = script("https://web.whatsapp.com", 10.0, wa_js)
    assert script("https://web.whatsapp.com", 10.0, wa_js) == first
    assert first.version in first.text
    other_beat = script("https://web.whatsapp.com", 5.0, wa_js)
    wa_js.write_text("/* the next library */")
    assert (
        len({first.version, other_beat.version, script("https://web.whatsapp.com", 10.0, wa_js).version}) == 3
    )


def test_a_missing_library_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StartFailed) as failed:
        script("https://web.whatsapp.com", 10.0, tmp_path / "nowhere.js")
    assert failed.value.code == "INJECT_FAILED"
    assert "make setup" in failed.value.detail


@pytest.mark.parametrize("name", BRIDGE)
def test_the_bridge_is_plain_ascii(name: str) -> None:
    """One other character, and Chrome keeps the half megabyte with two bytes a letter, in three processes."""
    assert (PAGE / name).read_text().isascii()
