"""PURE but for its templates: the pairing page and the pages of its ends, as HTML."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from html import escape
from pathlib import Path
from string import Template

from wppmt.http.pairing.texts import Dead, Texts, ending
from wppmt.store.records import LinkEnd

OWN = Path(__file__).parent
ENDED_WELL = {LinkEnd.USED}


def live_page(texts: Texts, description: str, expected_phone: str) -> str:
    """The page of a link that lives. Of the expected number it shows no more than the last four digits."""
    shown = {"hint": expected_phone[-4:], "anyNumber": "hidden" if expected_phone else ""}
    shown["oneNumber"] = "" if expected_phone else "hidden"
    return _frame(
        texts, description, "live.html", shown, script='<script src="/pair-page/page.js" defer></script>'
    )


def end_page(texts: Texts, end: LinkEnd | Dead, description: str = "", return_url: str = "") -> str:
    """Why there is nothing to scan."""
    title, text = ending(texts, end)
    shown = {
        "endTitle": title,
        "endText": text,
        "mark": "good" if end in ENDED_WELL else "bad",
        "returnUrl": return_url,
        "noReturn": "" if return_url else "hidden",
    }
    return _frame(texts, description, "end.html", shown)


def _frame(texts: Texts, description: str, name: str, shown: Mapping[str, str], script: str = "") -> str:
    account = {"description": description, "noDescription": "" if description else "hidden"}
    said = {**texts, **account, **shown}
    escaped = {key: escape(value) for key, value in said.items()}
    content = _template(name).substitute(escaped)
    return _template("frame.html").substitute(escaped, content=content, script=script)


@lru_cache(maxsize=4)
def _template(name: str) -> Template:
    return Template((OWN / name).read_text(encoding="utf-8"))
