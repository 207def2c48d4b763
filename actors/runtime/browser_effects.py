"""What a mind may ask for about its browser: opened, taken over, called, closed, and its profile looked after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from wppmt.browser.port import CallResult, LoginItems
from wppmt.domain.process import Process


class ProfileAction(StrEnum):
    """What else is done about a profile while no browser has it: after a stop, or before a start."""

    NONE = "none"
    KEEP_COPY = "keep_copy"
    """After a stop that flushed the login: a snapshot."""
    SET_ASIDE = "set_aside"
    """Into quarantine; the next start finds none."""
    RESTORE = "restore"
    """Before a start: the last snapshot instead."""


@dataclass(frozen=True, slots=True)
class OpenBrowser:
    """A new browser and the BrowserActor that starts it; it answers BrowserOpened or BrowserFailed."""

    session_id: str
    generation: int
    action: ProfileAction = ProfileAction.NONE


@dataclass(frozen=True, slots=True)
class AdoptBrowser:
    """Take over what an earlier daemon left; answered as OpenBrowser. What can't be adopted is ended."""

    session_id: str
    generation: int
    left: Process


@dataclass(frozen=True, slots=True)
class CloseBrowser:
    """Down the stop ladder, not before `unsaved` is on the disk; BrowserClosed comes when no process is left."""

    session_id: str
    generation: int
    action: ProfileAction = ProfileAction.NONE
    unsaved: LoginItems = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CheckLogin:
    """Look whether the login is on the disk; LoginChecked comes back."""

    session_id: str
    generation: int
    items: LoginItems


@dataclass(frozen=True, slots=True)
class CheckDisk:
    """Look whether the disk of the logins has too little room at this very moment; DiskChecked comes back."""

    session_id: str
    generation: int


@dataclass(frozen=True, slots=True)
class KillBrowser:
    """End the session's process group now, and forget its BrowserActor. BrowserClosed does not come."""

    session_id: str


@dataclass(frozen=True, slots=True)
class EndLeftovers:
    """End what an earlier daemon left of a session that is not to run; BrowserClosed comes when nothing is left."""

    session_id: str
    generation: int


@dataclass(frozen=True, slots=True)
class RemoveProfile:
    """Delete the login; ProfileRemoved comes back."""

    session_id: str


@dataclass(frozen=True, slots=True)
class CallPage:
    """Call bridge.js; the outcome comes back to the same actor as `then(outcome)`."""

    session_id: str
    generation: int
    function: str
    arguments: dict[str, Any]
    deadline: float
    then: Callable[[CallResult], object]


@dataclass(frozen=True, slots=True)
class TakeScreenshot:
    """What the page shows now, as a PNG; the outcome comes back as `then(outcome)`."""

    session_id: str
    generation: int
    deadline: float
    then: Callable[[CallResult], object]


@dataclass(frozen=True, slots=True)
class UploadFile:
    """Give the page the file for a `send_media`; the outcome comes back as `then(outcome)`."""

    session_id: str
    generation: int
    path: str
    deadline: float
    then: Callable[[CallResult], object]


@dataclass(frozen=True, slots=True)
class KeepMedia:
    """Bring a received message's media to where it is kept; the outcome comes back as `then(outcome)`."""

    session_id: str
    generation: int
    message_id: str
    deadline: float
    then: Callable[[CallResult], object]


@dataclass(frozen=True, slots=True)
class DropCaches:
    """The browser gives back what memory it can spare; no answer."""

    session_id: str
    generation: int


BrowserEffect = (
    OpenBrowser
    | AdoptBrowser
    | CloseBrowser
    | KillBrowser
    | EndLeftovers
    | CheckLogin
    | CheckDisk
    | RemoveProfile
    | CallPage
    | TakeScreenshot
    | UploadFile
    | KeepMedia
    | DropCaches
)
