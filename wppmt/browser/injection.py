"""What is put into WhatsApp's page before its own scripts: wa-js and the bridge, as one script."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from wppmt.browser import StartFailed

PAGE = Path(__file__).parent / "page"
WA_JS = PAGE / "node_modules" / "@wppconnect" / "wa-js" / "dist" / "wppconnect-wa.js"
BRIDGE = ("bridge.js", "shapes.js", "whatsapp.js", "messages.js")

# wa-js reports to Google Analytics and asks strangers' servers for link previews unless told otherwise.
WA_JS_SETTINGS: Mapping[str, object] = {
    "disableGoogleAnalytics": True,
    "googleAnalyticsId": None,
    "linkPreviewApiServers": [],
}


def script(origin: str, beat_seconds: float, wa_js: Path = WA_JS) -> str:
    """For Page.addScriptToEvaluateOnNewDocument: only in `origin`'s top frame, once. Raises StartFailed."""
    try:
        library = wa_js.read_text()
    except OSError as trouble:
        raise StartFailed("INJECT_FAILED", f"falta {wa_js.name}: rode `make setup`") from trouble
    parts = [library, *((PAGE / name).read_text() for name in BRIDGE)]
    return "\n".join(
        [
            f"if (window.top === window && location.origin === {json.dumps(origin)} && !self.wppmt) {{",
            f"self.WPPConfig = {json.dumps(dict(WA_JS_SETTINGS))};",
            f"self.wppmtSettings = {json.dumps({'beatSeconds': beat_seconds})};",
            *(f"{part}\n;" for part in parts),
            "}",
        ]
    )
