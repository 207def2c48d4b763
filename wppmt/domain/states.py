"""The session's seven states, the events that change them, and the table of all transitions (docs/contract.md 4)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    """The states of docs/MULTI_TENANT_ARCHITECTURE.md 3.1."""

    INITIALIZING = "initializing"
    WAITING_SCAN = "waiting_scan"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    PHONE_DISCONNECTED = "phone_disconnected"
    ERROR = "error"
    RECONNECTING = "reconnecting"


class Event(StrEnum):
    """What happened to a session, as far as its state is concerned."""

    STARTED = "started"
    """Someone asked for a browser: a start, or a restart."""
    RESUMED = "resumed"
    """The daemon was restarted and starts a login's browser again."""
    QR_SHOWN = "qr_shown"
    READY = "ready"
    """Authenticated and in WhatsApp's main screen."""
    PHONE_LOST = "phone_lost"
    """The phone or the network is away; the page lives."""
    ATTEMPT_FAILED = "attempt_failed"
    """The browser or its page was lost, or never came up; another attempt follows."""
    GAVE_UP = "gave_up"
    """Ten failures in a row, or a problem that needs a person."""
    CLOSED = "closed"


class ImpossibleTransition(Exception):
    """A bug: this event cannot happen in this state. Nothing was changed."""


_STARTED = {Event.STARTED: State.INITIALIZING, Event.CLOSED: State.DISCONNECTED}
_RUNNING = _STARTED | {
    Event.QR_SHOWN: State.WAITING_SCAN,
    Event.READY: State.CONNECTED,
    Event.GAVE_UP: State.ERROR,
    Event.ATTEMPT_FAILED: State.RECONNECTING,
}

TABLE: Mapping[State, Mapping[Event, State]] = {
    State.DISCONNECTED: _STARTED,
    State.INITIALIZING: _RUNNING | {Event.RESUMED: State.RECONNECTING},
    State.WAITING_SCAN: _RUNNING | {Event.RESUMED: State.RECONNECTING},
    State.CONNECTED: _RUNNING
    | {Event.RESUMED: State.RECONNECTING, Event.PHONE_LOST: State.PHONE_DISCONNECTED},
    State.PHONE_DISCONNECTED: _RUNNING
    | {Event.RESUMED: State.RECONNECTING, Event.PHONE_LOST: State.PHONE_DISCONNECTED},
    State.RECONNECTING: _RUNNING
    | {Event.RESUMED: State.RECONNECTING, Event.PHONE_LOST: State.PHONE_DISCONNECTED},
    # Failed attempts leave `error` as it is, until one succeeds; there is no transition from here to `reconnecting`.
    State.ERROR: _RUNNING
    | {
        Event.ATTEMPT_FAILED: State.ERROR,
        Event.RESUMED: State.ERROR,
        Event.PHONE_LOST: State.PHONE_DISCONNECTED,
    },
}


def step(state: State, event: Event) -> State:
    """The state after `event`. Raises ImpossibleTransition; the same state means that nothing changes."""
    try:
        return TABLE[state][event]
    except KeyError:
        raise ImpossibleTransition(f"{event} in {state}") from None
