"""What is put into WhatsApp's page before its own scripts: wa-js and the bridge, as one script."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wppmt.browser.port import StartFailed

PAGE = Path(__file__).parents[1] / "page"
TELL = "wppmtTell"
"""The page's end of the channel: a function that Chrome puts into every document; bridge.js takes it."""
WA_JS = PAGE / "node_modules" / "@wppconnect" / "wa-js" / "dist" / "wppconnect-wa.js"
BRIDGE = (
    "bridge.js",
    "shapes.js",
    "dialogs.js",
    "inventory.js",
    "connection.js",
    "limits.js",
    "recipients.js",
    "finding.js",
    "sending.js",
    "kinds.js",
    "actions.js",
    "media.js",
    "receiving.js",
)

# wa-js reports to Google Analytics and asks strangers' servers for link previews unless told otherwise.
WA_JS_SETTINGS: Mapping[str, object] = {
    "disableGoogleAnalytics": True,
    "googleAnalyticsId": None,
    "linkPreviewApiServers": [],
}


@dataclass(frozen=True, slots=True)
class Script:
    """`version` names this very text: a page that runs another one is not adopted."""

    text: str
    version: str


def script(origin: str, beat_seconds: float, wa_js: Path = WA_JS) -> Script:
    """For Page.addScriptToEvaluateOnNewDocument: only in `origin`'s top frame, once. Raises StartFailed.

    Chrome gives every frame a way to tell: in all others it is gone before the first script of theirs runs.
    """
    try:
        library = wa_js.read_text()
    except OSError as trouble:
        raise StartFailed("INJECT_FAILED", f"falta {wa_js.name}: rode `make setup`") from trouble
    code = "".join(f"{part}\n;" for part in (library, *((PAGE / name).read_text() for name in BRIDGE)))
    only_here = f"if (window.top === window && location.origin === {json.dumps(origin)} && !self.wppmt) {{"
    nowhere_else = f"}} else delete self.{TELL};"
    whole = f"{beat_seconds} {WA_JS_SETTINGS} {only_here} {code} {nowhere_else}"
    version = hashlib.sha256(whole.encode()).hexdigest()[:16]
    lines = [
        only_here,
        f"self.WPPConfig = {json.dumps(dict(WA_JS_SETTINGS))};",
        f"self.wppmtSettings = {json.dumps({'beatSeconds': beat_seconds, 'version': version})};",
        code,
        nowhere_else,
    ]
    return Script("\n".join(lines), version)
