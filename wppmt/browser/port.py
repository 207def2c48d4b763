"""The port in front of a session's browser: what may be asked of it, what it tells, how it fails.

One `Browser` object is one life (generation) of one session's Chrome. Blocking methods are called by that
session's BrowserActor alone; `call` and `kill` may be called by any thread and return at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from wppmt.domain.process import Process

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PageEvent:
    """Something happened in the page. `number` counts 1, 2, 3 … within one `page` life (new after a reload)."""

    page: str
    number: int
    name: str
    data: Json


@dataclass(frozen=True, slots=True)
class Beat:
    """The page lives. `last` is the number of its newest event (a gap shows), `facts` as of the `facts` call."""

    page: str
    last: int
    facts: Json


@dataclass(frozen=True, slots=True)
class ChannelClosed:
    """The channel to the browser closed: the browser is gone, or about to be."""

    detail: str = ""
    for_memory: bool = False
    """The kernel ended it: the memory that its session may have was used up."""


Notice = PageEvent | Beat | ChannelClosed
Notify = Callable[[Notice], None]
"""Called on the channel's reader thread; must only enqueue."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a tenant's processes take of the machine; zeros when there are none.

    In MB: `pss` shares common pages fairly, `uss` is what their end would free. `cpu_seconds` is the processor time
    that they have used so far, also those that have ended meanwhile.
    """

    pss: float = 0.0
    uss: float = 0.0
    cpu_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Usage:
    """What a session's cgroup has used, as the kernel counts it; of what may be used, None is no limit."""

    memory_mb: float
    memory_max_mb: float | None
    cpu_seconds: float
    pids: int
    pids_max: int | None


class BrowserFailure(Exception):
    """Root of what a browser can do to us. `code` is a reason code of `wppmt.domain.reasons`."""

    code = "BROWSER_CRASHED"


class StartFailed(BrowserFailure):
    """The browser could not be brought to WhatsApp's page; `detail` is for the log, in Portuguese."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class CallFailure(BrowserFailure):
    """A call into the page brought no value."""


class NotCalled(CallFailure):
    """The call never left us: surely not done."""


class PageGone(CallFailure):
    """The page was reloaded or left under the call: outcome unknown."""


class BrowserGone(CallFailure):
    """The browser died under the call: outcome unknown."""


class CallTimeout(CallFailure):
    """No answer within the deadline: outcome unknown."""

    code = "BROWSER_HUNG"


class CallRejected(CallFailure):
    """The page's function itself said no; `reason` is bridge.js's stable word, e.g. `not_on_whatsapp`.

    `until`, in epoch seconds, is the end of what it refused for, where the page knows one. `about` is for the caller.
    """

    def __init__(
        self, reason: str, detail: str = "", until: float | None = None, about: tuple[str, ...] = ()
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail
        self.until = until
        self.about = about


LoginItems = Mapping[str, str]
"""What of a page's localStorage makes its login: the SHA-256 of each value, in hexadecimal, by name."""
NOTHING: LoginItems = {}

CallResult = Any | CallFailure
OnResult = Callable[[CallResult], None]


Right = Callable[[str, Path], int]
"""Whether this machine may open, or take over, a session's browser now: asked with its id and its profile's folder, by whoever
holds that profile's lock or has proved that the browser does. The number of the right, for its guard. Raises StartFailed, OSError.
"""


class Browser(Protocol):
    """One life of one session's Chrome with WhatsApp Web in it."""

    @property
    def outdated(self) -> str:
        """Of an adopted one: why it is not as a new one would be, in Portuguese; empty: it is."""

    def start(self, notify: Notify) -> Process:
        """Bring Chrome up to a loaded page; blocks. Raises StartFailed, after leaving nothing behind."""

    def call(self, function: str, arguments: Json, deadline: float, done: OnResult) -> None:
        """Call bridge.js's `function` in the page; `done` gets its JSON value or a CallFailure, exactly once.

        Never blocks; `deadline` is in seconds from now. `done` runs on another thread and must only enqueue.
        """

    def upload(self, path: Path, deadline: float, done: OnResult) -> None:
        """Give the page a file for `send_media`, past the channel; `done` gets `{"blob": number, "size": bytes}`.

        Never blocks. The file must stay until that `send_media` is done.
        """

    def screenshot(self, deadline: float, done: OnResult) -> None:
        """What the page shows now; `done` gets the bytes of a PNG, or a CallFailure. Never blocks."""

    def drop_caches(self) -> None:
        """Give back what memory can be spared; the page goes on as it is. Never blocks, and nobody is told how it went."""

    def load(self) -> Load:
        """What the browser's processes take of the machine. Some milliseconds, from any thread."""

    def stop(self, unsaved: LoginItems = NOTHING) -> bool:
        """Go down the stop ladder; blocks until no process is left. Whether the login was flushed in order.

        Not before `unsaved` is on the disk, for which it waits some seconds.
        """

    def kill(self) -> None:
        """End the whole process group at once, from any thread. The login in IndexedDB survives this."""

    def let_go(self) -> None:
        """Nothing is heard from it or told any more: when this returns, a later daemon may adopt it."""


class Browsers(Protocol):
    """Where browsers and profiles come from."""

    def open(self, session_id: str) -> Browser:
        """A new, not yet started browser on the session's profile."""

    def adopt(self, session_id: str, left: Process) -> Browser:
        """A browser that an earlier daemon left; its `start` is the adoption, and the page beats within it.

        That raises StartFailed, and leaves everything as it is, unless `left` proves to be this session's, and answers
        in a way that is understood. What has not been proved is ended by nothing here.
        """

    def left(self) -> Collection[str]:
        """The sessions on whose profiles something runs. Asked before anything is opened: what an earlier daemon left."""

    def end_leftovers(self, session_id: str) -> int:
        """End what an earlier daemon left on this profile (found by profile path and own uid); how many."""

    def is_login_saved(self, session_id: str, items: LoginItems) -> bool:
        """Whether the page's login, as `login_items` told it, is on the disk; some milliseconds."""

    def keep_copy(self, session_id: str) -> None:
        """A snapshot of the login, after a stop that flushed it. Never raises: what fails is logged."""

    def restore_copy(self, session_id: str) -> None:
        """The last good snapshot instead of the profile, which is set aside; blocks. Raises StartFailed."""

    def set_aside(self, session_id: str) -> None:
        """The profile goes into quarantine: the next start finds none. Blocks. Raises StartFailed."""

    def remove_profile(self, session_id: str) -> None:
        """Delete the login and every copy of it. Only logout and purge do this. Blocks. Raises StartFailed."""
