"""File names from elsewhere: what people wrote stays, what deceives goes (row A42)."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wppmt.media.file_names import MAX_BYTES, MAX_NAME, clean_name

BIDI_CONTROLS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
HIDDEN = "\u00ad\u180e\u200b\u2028\u2029\u2060\u2061\u2064\u206a\ufeff\ufff9\ufffb\U000e0001\U000e0041\U000e007f\ue000\ufffe\ufdd0"


@pytest.mark.parametrize(
    "name",
    [
        "relatorio.pdf",
        "👩‍💻 currículo.pdf",
        "👨‍👩‍👧‍👦.jpg",
        "🏳️‍🌈 parada.png",
        "👍🏽 ok.pdf",
        "🩷 orçamento.pdf",
        "🩷.pdf",
        "🫩🪾.pdf",
        "\U0001fb00.pdf",
        "🇧🇷 contrato.pdf",
        "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f futebol.pdf",
        "می\u200cخواهم.pdf",
        "क्\u200dष.pdf",
        "عقد ٢٠٢٦.pdf",
        "חוזה.pdf",
        "契約書.pdf",
        "계약서.pdf",
        "สัญญา.pdf",
        "ப்‌.pdf",
        "a\u0301rvore.pdf",
        "50%.pdf",
        "a%20b.pdf",
        "(1) nota & recibo, nº 3 – v1.2.tar.gz",
        "\U000110bd\u0601.txt",
    ],
)
def test_what_people_call_their_files_stays(name: str):
    assert clean_name(name) == name


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("../../etc/passwd", "passwd"),
        ("a/b", "b"),
        ("C:\\temp\\x.doc", "x.doc"),
        ("x\r\nSet-Cookie: a.pdf", "xSet-Cookie_ a.pdf"),
        ("foto\u202egpj.exe", "fotogpj.exe"),
        ("a\x00b\x7f\x85.txt", "ab.txt"),
        ("..", "arquivo"),
        ("", "arquivo"),
        (".pdf", "pdf"),
        ("\u200d.pdf", "arquivo.pdf"),
        ("\u200c\u200d", "arquivo"),
        ("\U000e0067\U000e0062a.pdf", "a.pdf"),
        ("🏴\U000e0067.pdf", "🏴.pdf"),
        ("n" * 5000 + ".pdf", "n" * (MAX_NAME - 4) + ".pdf"),
        ("ação" * 100 + ".pdf", ("ação" * 100)[: MAX_NAME - 4] + ".pdf"),
        ("👩‍💻" * 100 + ".pdf", "👩‍💻" * 21 + "👩.pdf"),
        ("nota. " + "x" * 200, "nota. " + "x" * (MAX_NAME - 6)),
    ],
)
def test_names(name: str, cleaned: str):
    assert clean_name(name) == cleaned


@given(st.text(), st.sampled_from(BIDI_CONTROLS + HIDDEN), st.text())
def test_nothing_hides_or_turns_what_is_shown(before: str, char: str, after: str):
    assert char not in clean_name(before + char + after)


@given(st.text())
@example("👩‍💻" * 200)
@example("a." + "é" * 10)
@example("\u200d" * 300 + ".pdf")
def test_whatever_it_is_called_the_name_is_harmless(name: str):
    cleaned = clean_name(name)
    assert 0 < len(cleaned) <= MAX_NAME
    assert len(cleaned.encode()) <= MAX_BYTES
    assert not set(cleaned) & set('/\\:*?"<>|')
    assert cleaned not in {".", ".."}
    assert not [char for char in cleaned if unicodedata.category(char) in {"Cc", "Cs"}]


@given(st.text())
@example("nota" + "x" * 200 + " .pdf")
def test_a_clean_name_is_left_as_it_is(name: str):
    assert clean_name(clean_name(name)) == clean_name(name)


@given(st.text(st.characters(categories=["L", "M", "N"]), min_size=1, max_size=40))
def test_letters_of_every_script_stay(word: str):
    assert clean_name(f"{word}.pdf") == f"{word}.pdf"
