"""What `wppmt doctor` finds: one line a finding, and no check that fails hides the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from wppmt.domain.errors import SetupError
from wppmt.domain.system_errors import explain


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `advice` says what to do about a problem."""

    fine: bool
    text: str
    advice: str = ""
    check: str = ""
    """Which check found it: a stable word for programs."""
    is_notice: bool = False
    """A notice: nothing is wrong."""

    def __str__(self) -> str:
        if self.fine:
            return f"{'!' if self.is_notice else '✓'} {self.text}"
        return f"✗ {self.text}" + (f". {self.advice}" if self.advice else "")

    @property
    def for_programs(self) -> dict[str, Any]:
        level = "error" if not self.fine else "warning" if self.is_notice else "ok"
        return {
            "check": self.check,
            "ok": self.fine,
            "level": level,
            "text": self.text,
            "advice": self.advice if self.advice and not self.fine else None,
        }


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    look: Callable[[], Iterable[Finding]]


def run(checks: Iterable[Check]) -> Iterator[Finding]:
    """All of them, in order; a check that can't be carried out is a finding itself."""
    for check in checks:
        try:
            for finding in check.look():
                yield replace(finding, check=check.name)
        except SetupError as trouble:
            for line in str(trouble).splitlines():
                yield Finding(False, line, "", check.name)
        except Exception as failure:  # noqa: BLE001 - whatever it is, the others are looked at
            why = explain(failure) if isinstance(failure, OSError) else f"{type(failure).__name__}: {failure}"
            yield Finding(False, f"Não foi possível verificar ({check.name}): {why}", "", check.name)
