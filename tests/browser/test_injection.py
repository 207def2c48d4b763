"""The script put into WhatsApp's page."""

from __future__ import annotations

import pytest

from wppmt.browser.chrome.injection import BRIDGE, CHANNEL, PAGE, script, understands
from wppmt.browser.wa_js.shelf import Library

ORIGIN = "https://web.whatsapp.com"
LIBRARY = Library("4.6.0", "/* the library */")
SETTINGS = {"beatSeconds": 10.0}


def test_settings_stand_before_the_library_and_the_bridge_behind() -> None:
    text = "".join(script(ORIGIN, SETTINGS, LIBRARY).texts)
    marks = [
        "disableGoogleAnalytics",
        "beatSeconds",
        "self.wppmt = {",
        "/* the library */",
        "functions.send_media",
    ]
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)


def test_only_whatsapps_own_top_page_gets_it_and_once() -> None:
    texts = script(ORIGIN, SETTINGS, LIBRARY).texts
    for text, mark in zip(texts, ("self.wppmt", "self.WPP", "self.wppmt.inventory"), strict=True):
        first_line = text.splitlines()[0]
        assert "window.top === window" in first_line
        assert 'location.origin === "https://web.whatsapp.com"' in first_line
        assert f"!{mark})" in first_line


def test_a_version_names_one_text() -> None:
    first = script(ORIGIN, SETTINGS, LIBRARY)
    assert script(ORIGIN, SETTINGS, LIBRARY) == first
    assert first.version in first.texts[0]
    others = [
        script(ORIGIN, {"beatSeconds": 5.0}, LIBRARY),
        script(ORIGIN, SETTINGS, Library("4.6.0", "/* the next library */")),
        script(ORIGIN, SETTINGS, Library("4.6.1", LIBRARY.text)),
    ]
    assert len({first.version, *(other.version for other in others)}) == 4


@pytest.mark.parametrize("name", [CHANNEL, *BRIDGE])
def test_the_bridge_is_plain_ascii(name: str) -> None:
    """One other character, and Chrome keeps the half megabyte with two bytes a letter, in three processes."""
    assert (PAGE / name).read_text().isascii()


def test_a_page_of_another_shape_is_not_understood() -> None:
    shape, _, name = script(ORIGIN, SETTINGS, LIBRARY).version.partition(".")
    assert understands(f"{shape}.{name[::-1]}")
    assert not understands(f"{int(shape) + 1}.{name}")
    assert not understands(name), "of a version that named none"
    assert not understands(None)
