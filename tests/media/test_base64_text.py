"""base64 as clients of many languages write it."""

from __future__ import annotations

import base64
import textwrap

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wppmt.media.base64_text import decode

SPELLINGS = {
    "plain": lambda text: text,
    "unpadded": lambda text: text.rstrip("="),
    "URL-safe": lambda text: text.replace("+", "-").replace("/", "_"),
    "URL-safe, unpadded": lambda text: text.replace("+", "-").replace("/", "_").rstrip("="),
    "lines": lambda text: "\r\n".join(textwrap.wrap(text, 76)),
    "lines of another length": lambda text: "\n".join(textwrap.wrap(text, 7)) + "\n",
    "old Mac lines": lambda text: "\r".join(textwrap.wrap(text, 64)),
    "indented by tabs": lambda text: textwrap.indent("\n".join(textwrap.wrap(text, 60)), "\t\t"),
    "indented by blanks": lambda text: textwrap.indent("\n".join(textwrap.wrap(text, 60)), "    "),
    "blanks at the ends of lines": lambda text: " \n".join(textwrap.wrap(text, 60)) + "  ",
    "blanks around": lambda text: f" \t\n {text} \n",
    "data URL": lambda text: f"data:image/png;base64,{text}",
    "data URL in capitals": lambda text: f"DATA:IMAGE/PNG;BASE64,{text}",
    "data URL without a type": lambda text: f"data:;base64,{text}",
    "data URL with parameters": lambda text: f"data:text/plain;charset=utf-8;base64,{text}",
    "data URL with a break": lambda text: f" data:image/png;base64, \n{text}\n",
    "data URL, escaped": lambda text: (
        "data:image/png;base64," + text.replace("+", "%2B").replace("/", "%2f").replace("=", "%3D")
    ),
    "data URL, unpadded": lambda text: f"data:image/png;base64,{text.rstrip('=')}",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@given(content=st.binary(max_size=200))
@example(content=b"\xfb\xff\xbf")
@example(content=b"")
def test_every_lossless_spelling_gives_the_same_bytes(spelling: str, content: bytes):
    written = SPELLINGS[spelling](base64.b64encode(content).decode())
    assert decode(written)[0] == content


@pytest.mark.parametrize(
    ("written", "mimetype"),
    [
        ("YQ==", ""),
        ("data:text/csv;base64,YQ==", "text/csv"),
        ("DATA:Text/CSV;charset=utf-8;BASE64,YQ", "Text/CSV;charset=utf-8"),
        ("data:;base64,YQ==", ""),
    ],
)
def test_a_data_url_names_its_type(written: str, mimetype: str):
    assert decode(written) == (b"a", mimetype)


@pytest.mark.parametrize(
    "written",
    [
        "Y", "YWJjZ", "YQ=", "YQ===", "=YQ=", "Y=Q=", "YQ==YQ==", "YQ==\nYQ==", "====", "=",
        "YR==", "YWK=", "YR", "YWK", "Zh", "-_8_-",
        "YW Jj", "YW\tJj", "ab cd", "YWJj\u00a0", "YWJj\u200b", "\ufeffYWJj", "YW\x1cJj", "YW\u2028Jj", "YWJj\x00", "YWJ%", "YWJj!", "é", "\ud800",
        "data:x", "data:text/plain,YQ==", "data:text/plain;base64", "data:;base64;x,YQ==", "data:;base64,YQ=", "data:;base64,%FF",
        "{{ $json.base64 }}", "[object Object]", "undefined",
    ],
)  # fmt: skip
def test_what_has_lost_something_is_no_base64(written: str):
    with pytest.raises(ValueError):
        decode(written)


@given(st.binary(min_size=1, max_size=60))
def test_a_plus_that_a_form_made_a_blank_is_never_passed_over(content: bytes):
    written = base64.b64encode(content).decode().replace("/", "+")
    if "+" in written[1:-1]:
        with pytest.raises(ValueError):
            decode(f"A{written[1:-1]}A".replace("+", " "))


@given(st.text(alphabet="AQgwYWJj+/-_= \n\t", max_size=24))
def test_what_is_taken_is_written_back_the_same(written: str):
    """Whatever decodes is, but for padding, alphabet and white space, what was written."""
    try:
        content, _ = decode(written)
    except ValueError:
        return
    bare = "".join(written.split()).rstrip("=").replace("-", "+").replace("_", "/")
    assert base64.b64encode(content).decode().rstrip("=") == bare
