"""What is known of the build of WhatsApp Web that the page stands in for: names of its modules and their exports.

Names only, read off a public copy. ``modules.json`` holds them: ``modules`` (in the order in which the page registers
them), ``waJs`` (which module each binding of wa-js resolves to; null where that is not known) and ``whatsappWebJs``
(the modules that whatsapp-web.js asks for).
"""

import json
from functools import cache
from importlib import resources
from typing import Any


@cache
def load() -> dict[str, Any]:
    names: dict[str, Any] = json.loads(resources.files(__name__).joinpath("modules.json").read_text())
    return names


def for_page() -> str:
    """The part that the page needs, as JSON."""
    names = load()
    return json.dumps({"build": names["build"], "modules": names["modules"]}, separators=(",", ":"))
