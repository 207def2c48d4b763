"""Asks again and again for what is not there yet: for what comes without anybody saying so."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_not_result, stop_after_delay

T = TypeVar("T")
Wait = Callable[[RetryCallState], float]
"""Seconds until the next question, as in tenacity."""


def poll(
    ask: Callable[[], T | None], seconds: float, wait: Wait, *, unless: Callable[[], bool] = lambda: False
) -> T | None:
    """The first true answer; None where there was none within `seconds`, or `unless` says that none will come."""
    asking = Retrying(
        retry=retry_if_not_result(bool),
        wait=wait,
        stop=lambda state: unless() or stop_after_delay(seconds)(state),
        retry_error_callback=lambda _: None,
    )
    return asking(ask)
