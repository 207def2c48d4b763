"""What is known of the build of WhatsApp Web that the page stands in for: names of its modules and their exports.

Names only, read off a public copy. ``modules.json`` holds them: ``modules`` (in the order in which the page registers
them), ``waJs`` (which module each binding of wa-js resolves to; null where that is not known) and ``whatsappWebJs``
(the modules that whatsapp-web.js asks for).
"""

import json
from collections import Counter
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any


class UnusableFacts(Exception):
    """The facts are not those of the build that the page stands in for; the text says what is wrong, by name."""


@cache
def load() -> dict[str, Any]:
    return read(resources.files(__name__).joinpath("modules.json").read_text())


def read(text: str) -> dict[str, Any]:
    """Raises UnusableFacts, also for a name that appears twice, of which JSON alone would forget one."""
    try:
        names = json.loads(text, object_pairs_hook=_without_doubles)
    except ValueError as failure:
        raise UnusableFacts(f"Os fatos do simulador não são JSON: {failure}") from None
    if not isinstance(names, dict) or not {"build", "modules"} <= names.keys():
        raise UnusableFacts("Nos fatos do simulador falta build ou modules")
    return names


def require(names: dict[str, Any], built: Iterable[str]) -> None:
    """Raises UnusableFacts where the page builds a module that the build does not have."""
    foreign = sorted(set(built) - names["modules"].keys())
    if foreign:
        listed = ", ".join(foreign[:5]) + (" …" if len(foreign) > 5 else "")
        raise UnusableFacts(f"Os fatos do simulador são de outro build ({names['build']}), sem {listed}")


def for_page(names: dict[str, Any]) -> str:
    """The part that the page needs, as JSON."""
    return json.dumps({"build": names["build"], "modules": names["modules"]}, separators=(",", ":"))


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if twice:
        raise UnusableFacts(f"Nos fatos do simulador aparece duas vezes: {', '.join(twice)}")
    return dict(pairs)
