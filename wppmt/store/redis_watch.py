"""Whether Redis is there, as those who use it report; apart from them, since most installations have none."""

from __future__ import annotations

from collections.abc import Callable

from wppmt.domain.log import WriteLog
from wppmt.domain.troubles import REDIS_DOWN, Trouble


class RedisWatch:
    """Logs once when Redis is gone and once when it is back, for both parts that use it."""

    def __init__(self, log: WriteLog) -> None:
        self._log = log
        self._down: set[str] = set()

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        return (REDIS_DOWN,) if self._down else ()

    def report_of(self, part: str) -> Callable[[bool], None]:
        def report(available: bool) -> None:
            was_down = bool(self._down)
            (self._down.discard if available else self._down.add)(part)
            if was_down and not self._down:
                self._log("redis_available", note="O Redis voltou")
            elif self._down and not was_down:
                self._log(
                    "redis_unavailable", level="warning", note="Redis fora do ar: o serviço segue sem ele"
                )

        return report
