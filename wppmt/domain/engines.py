"""The engines that a session's page may run in: which program, and how it is driven (docs/motores.md)."""

from __future__ import annotations

from enum import StrEnum


class Engine(StrEnum):
    """The value is what settings and the API say."""

    CHROME = "chrome"
    """All of Chromium."""
    HEADLESS_SHELL = "headless-shell"
    """Chromium without what a window needs: less memory, and a page can tell."""
    UNDETECTED = "undetected"
    """Chromium, with a chromedriver patched by undetected-chromedriver beside it."""
