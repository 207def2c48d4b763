"""Hysteresis: from what is found at one moment after another to alerts that begin once and end once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from actors.watch.rules import Finding, Replaced, Unsure, Word
from wppmt.domain.alerts import REMEDIES, Alert, Cause

CLEAR_SECONDS = 30.0
"""Without a finding, before an alert is over."""


class Courses:
    """What fires, and since when a cause is there or not. What only time can tell begins anew with the daemon."""

    def __init__(self, firing: Iterable[Alert] = ()) -> None:
        self._firing = {alert.cause: alert for alert in firing}
        self._bad_since: dict[Cause, float] = {}
        self._good_since: dict[Cause, float] = {}

    @property
    def firing(self) -> frozenset[Cause]:
        return frozenset(self._firing)

    def look(self, words: Iterable[Word], now: float) -> Iterator[Alert]:
        """The alerts that begin, end or say something else by now. None of it has happened before `happened`."""
        said = {_cause(word): word for word in words}
        found = {cause: word for cause, word in said.items() if isinstance(word, Finding)}
        self._bad_since = {cause: _first(self._bad_since, cause, now) for cause in found}
        self._good_since = {
            cause: _first(self._good_since, cause, now) for cause in self._firing if cause not in said
        }
        for cause, finding in found.items():
            yield from self._there(finding, self._bad_since[cause], now)
        for cause, alert in self._firing.items():
            is_over = cause not in said and now - self._good_since[cause] >= CLEAR_SECONDS
            if is_over or isinstance(said.get(cause), Replaced):
                yield replace(alert, ended_at=now)

    def at_once(self, finding: Finding, now: float) -> Iterator[Alert]:
        """The alert that begins by a notice, unless it fires already."""
        if finding.cause not in self._firing:
            yield _begun(finding, now)

    def over(self, cause: Cause, now: float) -> Iterator[Alert]:
        """The alert that ends by a notice."""
        if cause in self._firing:
            yield replace(self._firing[cause], ended_at=now)

    def happened(self, alerts: Iterable[Alert]) -> None:
        """They are kept."""
        for alert in alerts:
            if alert.is_firing:
                self._firing[alert.cause] = alert
            else:
                self._firing.pop(alert.cause, None)
                self._good_since.pop(alert.cause, None)

    def is_new(self, alert: Alert) -> bool:
        return alert.cause not in self._firing

    def _there(self, finding: Finding, since: float, now: float) -> Iterator[Alert]:
        alert = self._firing.get(finding.cause)
        if alert is None and now - since >= finding.hold:
            yield _begun(finding, since)
        elif alert and finding.is_live and finding.message != alert.message:
            yield replace(alert, message=finding.message)


def _begun(finding: Finding, since: float) -> Alert:
    return Alert(
        finding.cause,
        finding.message,
        finding.advice or REMEDIES[finding.cause.code],
        since,
        finding.session_id,
    )


def _cause(word: Word) -> Cause:
    match word:
        case Finding(cause=cause) | Unsure(cause=cause) | Replaced(cause=cause):
            return cause


def _first(moments: dict[Cause, float], cause: Cause, now: float) -> float:
    """Not later than now: the clock may have been set back."""
    return min(moments.get(cause, now), now)
