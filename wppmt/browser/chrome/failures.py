"""What a start of Chrome runs into, in the words of the port."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from wppmt.browser.port import CallFailure, StartFailed
from wppmt.browser.profile.folder import ProfileLocked, ProfileUnreadable, ProfileUnusable


@contextlib.contextmanager
def start_failures() -> Iterator[None]:
    """Whatever a start can run into, as a StartFailed."""
    try:
        yield
    except ProfileLocked as locked:
        raise StartFailed("PROFILE_LOCKED", f"outro processo usa {locked}") from locked
    except ProfileUnusable as unusable:
        raise StartFailed("PROFILE_UNUSABLE", str(unusable)) from unusable
    except ProfileUnreadable as unreadable:
        raise StartFailed("TOKEN_CORRUPT", str(unreadable)) from unreadable
    except (CallFailure, OSError) as trouble:
        detail = str(trouble).strip().splitlines() or [type(trouble).__name__]
        raise StartFailed("BROWSER_CRASHED", detail[0][:300]) from trouble
