"""What is put into WhatsApp's page before its own scripts: the bridge's channel, wa-js, and the rest of the bridge."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wppmt.browser.wa_js.shelf import Library

PAGE = Path(__file__).parents[1] / "page"
SHAPE = 1
"""Grows when a daemon could not work with the pages of the version before: those it ends instead of adopting them."""
TELL = "wppmtTell"
"""The page's end of the channel: a function that Chrome puts into every document; bridge.js takes it."""
CHANNEL = "bridge.js"
BRIDGE = (
    "shapes.js",
    "dialogs.js",
    "inventory.js",
    "connection.js",
    "limits.js",
    "recipients.js",
    "presence.js",
    "finding.js",
    "heard.js",
    "written.js",
    "acts.js",
    "sending.js",
    "kinds.js",
    "actions.js",
    "media.js",
    "receiving.js",
    "audit.js",
    "changes.js",
    "surroundings.js",
    "walks.js",
    "chats.js",
    "people.js",
    "groups.js",
    "labels.js",
)

# wa-js reports to Google Analytics and asks strangers' servers for link previews unless told otherwise.
WA_JS_SETTINGS: Mapping[str, object] = {
    "disableGoogleAnalytics": True,
    "googleAnalyticsId": None,
    "linkPreviewApiServers": [],
}


@dataclass(frozen=True, slots=True)
class Script:
    """`texts` run in this order; `version` names these very texts, after their shape."""

    texts: tuple[str, ...]
    version: str


def script(origin: str, page_settings: Mapping[str, object], library: Library) -> Script:
    """For Page.addScriptToEvaluateOnNewDocument: only in `origin`'s top frame, once; `page_settings` for the bridge.

    wa-js is one by itself: where it cannot even be read as a script, the bridge says so. Chrome gives every frame a way to
    tell: in all others it is gone before the first script of theirs runs.
    """
    here = f"window.top === window && location.origin === {json.dumps(origin)}"
    channel = (PAGE / CHANNEL).read_text()
    bridge = "".join(f"{(PAGE / name).read_text()}\n;" for name in BRIDGE)
    whole = f"{dict(page_settings)} {WA_JS_SETTINGS} {here} {library.name} {library.text} {channel} {bridge}"
    version = f"{SHAPE}.{hashlib.sha256(whole.encode()).hexdigest()[:16]}"
    settings = {**page_settings, "version": version, "waJs": library.name}
    first = (
        f"if ({here} && !self.wppmt) {{",
        f"self.WPPConfig = {json.dumps(dict(WA_JS_SETTINGS))};",
        f"self.wppmtSettings = {json.dumps(settings)};",
        channel,
        f"}} else delete self.{TELL};",
    )
    texts = (
        "\n".join(first),
        f"if ({here} && !self.WPP) {{ {library.text}\n}}",
        f"if ({here} && !self.wppmt.inventory) {{ {bridge} }}",
    )
    return Script(texts, version)


def understands(version: object) -> bool:
    """Whether a page of this version can be worked with until its browser is opened anew."""
    return str(version).partition(".")[0] == str(SHAPE)
