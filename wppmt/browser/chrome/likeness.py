"""What headless-shell says of itself where the full Chromium says something else: brand and languages.

It names itself HeadlessChrome in its client hints, which `--user-agent` does not change, and sends no Accept-Language.
WhatsApp turns away what calls itself headless. What else a page can tell apart stays (docs/motores.md); and so does what
workers are told, which no DevTools session of the page reaches.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

LANGUAGES = "en-US,en"
"""The full Chromium's, on a machine that names none."""
_GREASE = (" ", "(", ":", "-", ".", "/", ")", ";", "=", "?", "_")
_GREASE_VERSIONS = ("8", "99", "24")


def brands(major: int) -> Sequence[dict[str, str]]:
    """Chromium's own, of this version: its name, and one that means nothing, made as Chromium makes it.

    See https://wicg.github.io/ua-client-hints/#create-arbitrary-brands-section.
    """
    nothing = f"Not{_GREASE[major % 11]}A{_GREASE[(major + 1) % 11]}Brand"
    made = [
        {"brand": nothing, "version": _GREASE_VERSIONS[major % 3]},
        {"brand": "Chromium", "version": str(major)},
    ]
    return made if major % 2 == 0 else made[::-1]


def override_user_agent(user_agent: str, major: int) -> Generator[dict[str, Any], dict[str, Any], None]:
    """DevTools' Emulation.setUserAgentOverride, as Selenium's bindings would make it, without loading all of that domain."""
    yield {
        "method": "Emulation.setUserAgentOverride",
        "params": {
            "userAgent": user_agent,
            "acceptLanguage": LANGUAGES,
            "userAgentMetadata": {
                "brands": brands(major),
                # Empty as in the full Chromium, whose user agent is set, too.
                "fullVersionList": [],
                "fullVersion": "",
                "platform": "Linux",
                "platformVersion": "",
                "architecture": "",
                "model": "",
                "mobile": False,
            },
        },
    }
