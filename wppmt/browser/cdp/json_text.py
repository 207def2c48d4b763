"""What a page says, as values: its JSON, with texts that are whole Unicode.

JavaScript lets anyone cut an emoji in two (a name with a limit of characters is enough). Half a pair has no UTF-8: it
could be neither stored, logged nor answered with. So it becomes U+FFFD here, where all of the page's words come in.
"""

from __future__ import annotations

import json
from typing import Any


def parse(text: str) -> Any:
    """What JSON.stringify made. It escapes halves and nothing else of theirs: most texts need no second look."""
    value = json.loads(text)
    return whole(value) if "\\ud" in text.lower() else value


def whole(value: Any) -> Any:
    """The same value of JSON, each half of a surrogate pair in its texts replaced by U+FFFD."""
    match value:
        case str() if not value.isascii():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case dict():
            return {whole(key): whole(inner) for key, inner in value.items()}
        case list():
            return [whole(inner) for inner in value]
        case _:
            return value
