"""The one page of a Chrome that has just been started."""

from __future__ import annotations

import time
from pathlib import Path

from wppmt.browser.cdp.connection import Connection
from wppmt.browser.cdp.devtools import target
from wppmt.browser.chrome import launch, processes
from wppmt.browser.port import BrowserGone, CallFailure, NotCalled, StartFailed


def find_page(connection: Connection, pid: int, profile: Path, seconds: float) -> target.TargetID:
    """The id of Chrome's one page, once it is up. Raises StartFailed, which says why it did not come up."""
    deadline = time.monotonic() + seconds
    try:
        while processes.is_alive(pid) and (left := deadline - time.monotonic()) > 0:
            targets = connection.ask(target.get_targets(), left)
            if pages := [one for one in targets if one.type_ == "page"]:
                return pages[0].target_id
            time.sleep(launch.POLL_SECONDS)
    except (BrowserGone, NotCalled):
        pass
    except CallFailure as failure:
        raise StartFailed("BROWSER_CRASHED", f"o Chrome não respondeu: {failure}") from failure
    raise _failure(profile)


def _failure(profile: Path) -> StartFailed:
    log = launch.read(profile / launch.CHROME_LOG)
    if "profile appears to be in use" in log or "SingletonLock" in log:
        return StartFailed("PROFILE_LOCKED", "o Chrome diz que outro computador ou processo usa este perfil")
    if "Running as root without --no-sandbox" in log:
        return StartFailed("BROWSER_CRASHED", "o Chrome não roda como root com sandbox: use outro usuário")
    return StartFailed("BROWSER_CRASHED", f"o Chrome não abriu: {launch.last_line(log)}")
