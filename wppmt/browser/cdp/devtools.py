"""Selenium's own DevTools bindings: commands and events with types. Only the domains used here are loaded.

Their package imports all fifty domains, which takes a second of a slow processor and 11 MB. These seven import four more,
the largest of all among them, for types that nobody here meets: those four are empty. All live under a name of their own,
so that nobody finds Selenium's package half loaded.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Generator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # Types alone are read from it, which are the same in the newest one.
    from selenium.webdriver.common.devtools.v155 import (
        browser,
        dom,
        inspector,
        memory,
        page,
        runtime,
        target,
        util,
    )
else:
    _NAME = f"{__name__}_bindings"

    def _bindings() -> ModuleType:
        """The newest of the versions that Selenium brings, as a package that has loaded nothing yet."""
        found = importlib.util.find_spec("selenium.webdriver.common.devtools")
        versions = [folder for place in found.submodule_search_locations for folder in Path(place).glob("v*")]
        package = ModuleType(_NAME)
        package.__path__ = [str(max(versions, key=lambda folder: int(folder.name[1:])))]
        return package

    sys.modules[_NAME] = _bindings()
    for unused in ("debugger", "emulation", "io", "network"):
        sys.modules[f"{_NAME}.{unused}"] = ModuleType(f"{_NAME}.{unused}")
    browser, dom, inspector, memory, page, runtime, target, util = (
        import_module(f"{_NAME}.{domain}")
        for domain in ("browser", "dom", "inspector", "memory", "page", "runtime", "target", "util")
    )

__all__ = ["browser", "dom", "inspector", "memory", "navigate", "page", "runtime", "target", "util"]


def navigate(url: str) -> Generator[dict[str, Any], dict[str, Any], str]:
    """Page.navigate: what went wrong, or an empty text. The bindings' own makes of its answer what only `network` has."""
    answer = yield {"method": "Page.navigate", "params": {"url": url}}
    return str(answer.get("errorText", ""))
