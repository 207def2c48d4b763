"""What the page is called with, for each kind of message: by the names of wppmt/browser/page."""

from __future__ import annotations

from typing import Any

import pytest

from actors.session.sending.send_codec import page_call, to_entry
from wppmt.domain.outgoing import (
    ContactCard,
    ContactCards,
    Deletion,
    Edit,
    Forward,
    Location,
    PixKey,
    Poll,
    Reaction,
)
from wppmt.domain.sends import Send, SendContent, SendMedia, SendText
from wppmt.domain.vcard import vcard

TO = "5511888880001"
ANA = ContactCard("Ana", "5511988887777")


def called(request: Send) -> tuple[str, dict[str, Any]]:
    """The function, and its arguments beside the message's id and recipient."""
    function, arguments = page_call(to_entry(request, "a", "3EB0", 1.0), None)
    assert (arguments.pop("id"), arguments.pop("to")) == ("3EB0", TO)
    return function, arguments


@pytest.mark.parametrize(
    ("content", "function", "arguments"),
    [
        (
            Location(-23.5, -46.6, "Loja", "Praça da Sé"),
            "send_location",
            {"latitude": -23.5, "longitude": -46.6, "name": "Loja", "address": "Praça da Sé"},
        ),
        (ContactCards((ANA,)), "send_contacts", {"cards": [{"displayName": "Ana", "vcard": vcard(ANA)}]}),
        (
            Poll("Quais?", ("A", "B"), multiple=True),
            "send_poll",
            {"question": "Quais?", "options": ["A", "B"], "multiple": True},
        ),
        (
            PixKey("EMAIL", "pix@loja.br", "Loja", "Obrigado"),
            "send_pix",
            {"keyType": "EMAIL", "key": "pix@loja.br", "name": "Loja", "instructions": "Obrigado"},
        ),
        (Forward("3EB1"), "forward", {"messageId": "3EB1"}),
        (Reaction("3EB1", "👍"), "react", {"messageId": "3EB1", "emoji": "👍"}),
        (Edit("3EB1", "novo"), "edit", {"messageId": "3EB1", "text": "novo"}),
        (Deletion("3EB1", for_everyone=True), "delete", {"messageId": "3EB1", "forEveryone": True}),
    ],
)
def test_each_kind_has_its_function_and_arguments(content: Any, function: str, arguments: dict[str, Any]):
    assert called(SendContent(TO, content)) == (function, arguments)


def test_a_text_names_whom_it_answers_and_whom_it_mentions():
    text = SendText(TO, "oi", typing_ms=1000, quoted_id="3EB1", mentions=("5511",), link_preview=True)
    arguments = {"text": "oi", "linkPreview": True, "quotedId": "3EB1", "mentions": ["5511"]}
    assert called(text) == ("send_text", arguments)


def test_a_voice_note_brings_what_phones_draw_of_it():
    voice = SendMedia(TO, "voice", "/tmp/v", 900, "audio/ogg", "voz.ogg", waveform=b"\x01\x02", seconds=7)
    arguments = {"kind": "audio", "ptt": True, "waveform": [1, 2], "seconds": 7}
    assert called(voice) == ("send_media", arguments | {"mimetype": "audio/ogg", "fileName": "voz.ogg"})


def test_a_file_is_sent_as_it_was_asked():
    asked = {"caption": "olha", "view_once": True, "gif": True, "note": True}
    video = SendMedia(TO, "video", "/tmp/v", 900, "video/mp4", "v.mp4", **asked)  # type: ignore[arg-type]
    assert called(video) == (
        "send_media",
        {
            "caption": "olha",
            "viewOnce": True,
            "gif": True,
            "note": True,
            "kind": "video",
            "ptt": False,
            "mimetype": "video/mp4",
            "fileName": "v.mp4",
        },
    )
