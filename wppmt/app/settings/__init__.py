"""The settings: what there is to set (`model`), and where the values come from (`loader`)."""

from wppmt.app.settings.loader import DEFAULT_FILES, load
from wppmt.app.settings.model import (
    AuthSettings,
    BrowserSettings,
    ContactSettings,
    HttpSettings,
    LogSettings,
    Settings,
    keys,
)

__all__ = [
    "DEFAULT_FILES",
    "AuthSettings",
    "BrowserSettings",
    "ContactSettings",
    "HttpSettings",
    "LogSettings",
    "Settings",
    "keys",
    "load",
]
