"""What a browser's processes get of the machine: their priority for processor and memory, and their cgroup, if there is one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from wppmt.browser.chrome import priority
from wppmt.browser.chrome.cgroups import Cgroups
from wppmt.browser.chrome.load_meter import LoadMeter
from wppmt.browser.chrome.permit import Permit
from wppmt.browser.port import ChannelClosed, Notice, Usage
from wppmt.browser.proxy.browser_proxy import BrowserProxy


class ResourceControl:
    """Of one life of one session's browser."""

    def __init__(self, session_id: str, cgroups: Cgroups | None) -> None:
        self._session_id = session_id
        self._cgroups = cgroups

    def starting(self, group: int) -> None:
        """Right after the spawn: what Chrome starts from here on inherits it."""
        priority.step_back(group)
        self._settle(group)

    def started(self, group: int) -> None:
        """What Chrome had started before comes after. Also for one whose daemon died while it started."""
        priority.step_forward(group)
        self._settle(group)

    def usage(self) -> Usage | None:
        """As its cgroup counts it, where it has one."""
        return self._cgroups.usage(self._session_id) if self._cgroups else None

    def ended(self) -> None:
        """Nothing of it is wanted any more."""
        if self._cgroups:
            self._cgroups.kill(self._session_id)
            self._cgroups.remove(self._session_id)

    def explain(self, notice: Notice) -> Notice:
        """The end of a browser whose memory was used up is told as what it is."""
        if isinstance(notice, ChannelClosed) and self._cgroups:
            return replace(notice, for_memory=self._cgroups.killed_for_memory(self._session_id))
        return notice

    def _settle(self, group: int) -> None:
        priority.expend(group)
        if self._cgroups:
            self._cgroups.enclose(self._session_id, group)


@dataclass(frozen=True, slots=True)
class BrowserParts:
    """Of one life of one browser."""

    proxy: BrowserProxy
    resources: ResourceControl
    permit: Permit
    load_meter: LoadMeter
