"""The messages between a session's actor and Root, its browser and its timers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from wppmt.browser.port import BrowserFailure, CallResult, Notice
from wppmt.domain.process import Process
from wppmt.domain.reasons import Reason
from wppmt.store.records import Desired


@dataclass(frozen=True, slots=True)
class Begin:
    """Root: read the record and go on from it. `cause` is None at the first start, else what ended the last actor."""

    cause: Reason | None
    incarnation: int
    """Which of the session's actors this is; none is numbered twice."""


@dataclass(frozen=True, slots=True)
class Restart:
    """Root: a new browser, same login; counters and backoff cleared."""


@dataclass(frozen=True, slots=True)
class OpenAnew:
    """A new browser, with what is meant for this session now, same login. One that is stopped stays so.

    From the WaJsActor, or from Root: the browser is as an earlier version opened it.
    """

    reason: Reason = Reason.WA_JS_CHANGED


@dataclass(frozen=True, slots=True)
class Confirm:
    """Root: everything sent before this has been handled; answer with DesiredConfirmed, under this number."""

    number: int


@dataclass(frozen=True, slots=True)
class Quiesce:
    """Root: the daemon stops. Close the browser, stay wanted, and say Quiet."""


@dataclass(frozen=True, slots=True)
class DiskShort:
    """Root: no browser may write now. End yours in order, and want another; slots are given when there is room."""


@dataclass(frozen=True, slots=True)
class Withhold:
    """Root: it can't be proved that this session is this machine's. As with DiskShort."""


@dataclass(frozen=True, slots=True)
class MemoryShort:
    """Root: the machine lacks memory. Give back what you can; hibernate where that is allowed, and nobody uses you."""


@dataclass(frozen=True, slots=True)
class Ping:
    """Root: are you alive? Answered with Pong, by the cell of every actor."""


@dataclass(frozen=True, slots=True)
class SlotGranted:
    """Root: one of the few start slots is yours."""

    generation: int


@dataclass(frozen=True, slots=True)
class Measured:
    """The session's process tree holds so much memory (PSS)."""

    memory_mb: int


@dataclass(frozen=True, slots=True)
class BrowserOpened:
    generation: int
    process: Process
    outdated: str = ""
    """Why it is not as a new one would be; empty: it is."""


@dataclass(frozen=True, slots=True)
class BrowserFailed:
    generation: int
    failure: BrowserFailure


@dataclass(frozen=True, slots=True)
class BrowserClosed:
    generation: int
    was_flushed: bool = False
    """It ended in order, so that everything is flushed to the disk."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """A notice of the page or of its channel."""

    generation: int
    notice: Notice
    at: float
    """When it came; while the store takes no writes it is handled much later."""


@dataclass(frozen=True, slots=True)
class ProfileRemoved:
    """`is_gone` is False when the profile could not be deleted; the log has the reason."""

    is_gone: bool = True


@dataclass(frozen=True, slots=True)
class LoginChecked:
    """Whether what the page holds of its login is on the disk."""

    generation: int
    is_saved: bool


@dataclass(frozen=True, slots=True)
class DiskChecked:
    """How the disk of the logins is at this very moment."""

    generation: int
    is_short: bool


class Called(StrEnum):
    """Which call into the page an outcome belongs to."""

    PROBE = "probe"
    REREAD = "reread"
    LOGOUT = "logout"
    PAIRING = "pairing"
    TYPING = "typing"
    UPLOAD = "upload"
    SEND = "send"
    FIND = "find"
    QUERY = "query"
    FILTER = "filter"
    ARRIVAL = "arrival"
    AUDIT = "audit"
    RELOAD = "reload"
    BATCH = "batch"
    SERVER = "server"
    LOGIN = "login"
    LIMITS = "limits"
    STANDS = "stands"


@dataclass(frozen=True, slots=True)
class PageAnswered:
    """A call's outcome; `subject` is the message id, or the number of a QUERY."""

    generation: int
    call: Called
    outcome: CallResult
    subject: str = ""


class Timer(StrEnum):
    """What a session waits for. actors/session/due_timers.py says what is done about each."""

    RETRY = "retry"
    """The next attempt to start a browser."""
    OPEN = "open"
    """The browser has not started, or was not adopted, in time."""
    ATTACH = "attach"
    """The bridge in the loaded page has not spoken in time."""
    SCREEN = "screen"
    """Neither a code nor the main screen was shown in time."""
    BEAT = "beat"
    CLOSE = "close"
    """The browser has not gone down by itself in time."""
    LOGOUT = "logout"
    """WhatsApp's page could not be reached in time to unlink."""
    OFFLINE = "offline"
    """WhatsApp's server, or the phone, has been away for long enough to be reported."""
    HEALTH = "health"
    """So long without a failure that the next one is answered at once."""
    CHANGED = "changed"
    """A page that lacks what the gateway uses is opened anew."""
    ACKS = "acks"
    """Messages have waited for their acknowledgement for too long."""
    TRUST = "trust"
    """A connection that no measure has repaired is tried again."""
    SERVER = "server"
    """WhatsApp's server is asked whether it still answers this page."""
    LIMITS = "limits"
    """WhatsApp's page is asked for its limits on new contacts."""
    AUDIT = "audit"
    """What the page holds is compared with the event log."""
    SAVING = "saving"
    """The disk is asked again whether the login is on it."""
    RECYCLE = "recycle"
    COPY = "copy"
    """The login has waited long enough to be copied between two messages."""
    LEAVE = "leave"
    """The browser has waited long enough to be closed, or the session for a word whether it leaves."""
    ARRIVALS = "arrivals"
    """Received media is asked for again."""
    HIBERNATION = "hibernation"
    """A session may have had nothing to do for long enough to hibernate; one that hibernates is to look what came in."""
    WAKING = "waking"
    """A hibernating session that is needed has not come back in time."""


@dataclass(frozen=True, slots=True)
class Due:
    """A timer of the session; `number` tells a live one from one that was re-armed or disarmed."""

    timer: Timer
    number: int


class Haste(IntEnum):
    """Who gets a start slot before others."""

    SOMEBODY_WAITS = 0
    """A hibernating session is needed now."""
    USUAL = 1
    SCHEDULED = 2
    """A hibernating session only looks what came in; while the machine lacks memory that can wait."""


@dataclass(frozen=True, slots=True)
class SlotWanted:
    """To Root: may I start a browser?"""

    session_id: str
    generation: int
    haste: Haste = Haste.USUAL


@dataclass(frozen=True, slots=True)
class SlotFreed:
    """To Root: this browser's page has loaded, or it won't. A slot of a later generation is kept."""

    session_id: str
    generation: int


@dataclass(frozen=True, slots=True)
class RestartFailed:
    """To Root: after a failure, the first restart has failed as well."""

    session_id: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Pong:
    address: str


@dataclass(frozen=True, slots=True)
class DesiredChanged:
    """To Root: how many sessions should run is limited."""

    session_id: str
    desired: Desired


@dataclass(frozen=True, slots=True)
class DesiredConfirmed:
    """To Root: this is what is committed."""

    number: int
    desired: Desired


@dataclass(frozen=True, slots=True)
class Quiet:
    """To Root: no browser of mine is left."""

    session_id: str


@dataclass(frozen=True, slots=True)
class Vanished:
    """From this incarnation of the session's actor, which has ended."""

    session_id: str
    incarnation: int
