"""What the daemon that works on a state folder is made of, for whoever would put another version in its place."""

from __future__ import annotations

import json
from pathlib import Path

from wppmt import __version__
from wppmt.app import browsers, logs
from wppmt.app.settings import Settings
from wppmt.browser.chrome.injection import script
from wppmt.browser.wa_js.shelf import Shelf, Unusable
from wppmt.domain.system_errors import explain

DATABASE = "wppmt.sqlite"
FILE = "running.json"
"""Both in the state folder."""


def page_version(settings: Settings) -> str:
    """Names the very scripts that this version brings for WhatsApp's page; empty where they are not there."""
    try:
        library = Shelf(settings.store.wa_js_dir).shipped()
    except Unusable:
        return ""
    chrome = browsers.chrome_settings(settings)
    return script(chrome.origin, chrome.page_settings, library).version


def note(settings: Settings) -> None:
    """A disk that is full costs this note alone."""
    text = json.dumps({"version": __version__, "page": page_version(settings)})
    try:
        (settings.store.state_dir / FILE).write_text(text)
    except OSError as failure:
        logs.log("running_not_noted", level="warning", note=explain(failure))


def noted(state_dir: Path) -> tuple[str, str]:
    """Version and page version of the daemon that started last here; empty where none has said so."""
    try:
        found = json.loads((state_dir / FILE).read_text())
        return str(found["version"]), str(found["page"])
    except (OSError, ValueError, KeyError, TypeError):
        return "", ""
