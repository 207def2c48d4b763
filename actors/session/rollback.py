"""Restores the state of a session's parts when the store refuses a commit."""

from __future__ import annotations

from collections import deque
from typing import Any

_CONTAINERS = frozenset({dict, list, set, deque})


class Rollback:
    """The fields of some objects as they are now. Containers are copied, all else is taken to be immutable."""

    def __init__(self, *parts: object) -> None:
        self._fields = [(part, _copy(vars(part))) for part in parts]

    def __call__(self) -> None:
        for part, fields in self._fields:
            vars(part).update(fields)


def _copy(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value.copy() if type(value) in _CONTAINERS else value for name, value in fields.items()}
