"""What is done to the gateway. Each is noted just before it strikes, so that nothing seems to happen before its cause."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.chaos.ground import Ground
from tests.chaos.observe import noted_call
from tests.chaos.watch import Watch
from tests.support import wait_until
from tests.system.tenant import Tenant

CHROME = ("chrome", "helper")
HAND_OVER_SECONDS = 40.0
KEEPER_SECONDS = 10.0
NOBODY = ""
"""In a fault's `tenant`: it excuses nothing."""


class Faults:
    """Acts on the ground's processes, its simulator and its disk."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    # Of one tenant. They do nothing where its browser is not there just now; True: it struck.

    def kill_chrome(self, tenant: Tenant) -> bool:
        return self._signal("kill_chrome", tenant, self._main(tenant), signal.SIGKILL)

    def kill_renderer(self, tenant: Tenant) -> bool:
        return self._signal("kill_renderer", tenant, self._watch.renderers(tenant.name), signal.SIGKILL)

    def freeze_chrome(self, tenant: Tenant) -> bool:
        """For good: main process and helpers."""
        return self._signal("freeze_chrome", tenant, self._watch.family(tenant.name, *CHROME), signal.SIGSTOP)

    def freeze_renderer(self, tenant: Tenant) -> bool:
        """The page alone: Chrome itself still answers."""
        return self._signal("freeze_renderer", tenant, self._watch.renderers(tenant.name), signal.SIGSTOP)

    def page_hang(self, tenant: Tenant) -> bool:
        """An endless loop: no call into the page returns any more."""
        return self._order("page_hang", tenant)

    def page_reload(self, tenant: Tenant) -> bool:
        return self._order("page_reload", tenant)

    def drop_socket(self, tenant: Tenant) -> bool:
        return self._order("drop_socket", tenant)

    def slow_acks(self, tenant: Tenant) -> bool:
        return self._order("ack_delay", tenant, count=3, delayMs=4000)

    def phone_offline(self, tenant: Tenant, seconds: float = 12.0) -> bool:
        """Long enough to be believed."""
        self._note("phone_offline", tenant, seconds=seconds)
        self._ground.phones.offline(tenant.phone)
        threading.Timer(seconds, self._ground.phones.online, [tenant.phone]).start()
        return True

    def restart(self, tenant: Tenant) -> bool:
        """By the operator."""
        self._note("restart", tenant)
        path = f"/api/admin/sessions/{tenant.name}/restart"
        answer = noted_call(
            self._ground.recorder, self._ground.daemon.api, "restart", tenant.name, ("POST", path)
        )
        return answer is not None and answer.status == 202

    # Of nobody.

    def kill_keeper(self) -> bool:
        """Who keeps the lines to the browsers; until there is another, a dead daemon would take them along."""
        keeper = self._watch.keeper()
        if keeper is None:
            return False
        self._ground.recorder.add("fault", fault="kill_keeper", tenant=NOBODY, pids=[keeper])
        _send([keeper], signal.SIGKILL)
        wait_until(lambda: self._watch.keeper() not in {None, keeper}, KEEPER_SECONDS)
        return True

    # Of all.

    def kill_daemon(self) -> bool:
        """And start it again at once."""
        self._note("kill_daemon", None)
        self._end_daemon()
        self._ground.start_daemon()
        return True

    def kill_daemon_and_browsers(self) -> bool:
        mains = [pid for tenant in self._ground.tenants for pid in self._main(tenant)]
        self._note("kill_daemon_and_browsers", None, pids=mains)
        self._end_daemon()
        _send(mains, signal.SIGKILL)
        self._ground.start_daemon()
        return True

    def _end_daemon(self) -> None:
        self._ground.daemon.process.kill()
        self._ground.daemon.process.wait()

    def freeze_daemon(self, seconds: float = 4.0) -> bool:
        process = self._ground.daemon.process
        self._note("freeze_daemon", None, seconds=seconds)
        process.send_signal(signal.SIGSTOP)
        threading.Timer(seconds, process.send_signal, [signal.SIGCONT]).start()
        return True

    def stop_daemon(self) -> bool:
        """In order, and start it again."""
        self._note("stop_daemon", None)
        self._ground.stop_daemon()
        self._ground.start_daemon()
        return True

    def hand_over(self) -> bool:
        """End the daemon alone, as for an upgrade, and start it again: its browsers live on."""
        self._note("hand_over", None)
        process = self._ground.daemon.process
        process.send_signal(signal.SIGUSR2)
        process.wait(HAND_OVER_SECONDS)
        self._ground.start_daemon()
        return True

    def fill_disk(self, folder: Path) -> bool:
        """Nothing more can be written where `folder` lies."""
        self._note("disk_full", None)
        with (folder / "filler").open("wb", buffering=0) as filler, suppress(OSError):
            block = bytes(2**20)
            while True:
                # The last blocks in small pieces, until not a byte is left.
                if filler.write(block) < len(block):
                    block = bytes(max(1, len(block) // 16))
        return True

    def free_disk(self, folder: Path) -> bool:
        (folder / "filler").unlink()
        self._note("disk_freed", None)
        return True

    @property
    def _watch(self) -> Watch:
        return self._ground.watch

    def _main(self, tenant: Tenant) -> list[int]:
        main = self._ground.watch.browser(tenant.name)
        return [main] if main else []

    def _signal(self, fault: str, tenant: Tenant, pids: Sequence[int], number: signal.Signals) -> bool:
        if pids:
            self._note(fault, tenant, pids=list(pids))
            _send(pids, number)
        return bool(pids)

    def _order(self, fault: str, tenant: Tenant, **options: Any) -> bool:
        if self._ground.watch.browser(tenant.name) is None:
            return False
        self._note(fault, tenant)
        self._ground.phones.fault(fault, phone=tenant.phone, **options)
        return True

    def _note(self, fault: str, tenant: Tenant | None, **more: Any) -> None:
        self._ground.recorder.add("fault", fault=fault, tenant=tenant.name if tenant else None, **more)


def _send(pids: Sequence[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
