"""The machine that a version is switched on: systemd, the services' own APIs, and the account that they run as."""

from __future__ import annotations

import json
import os
import pwd
import re
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

from wppmt.deploy.instances import FIRST, Definitions, Instance

USER = "wppmt"
UNITS = ("wppmt.service", "wppmt@*.service")
"""The first instance, and the further ones."""
UP = "active,activating,reloading,deactivating"
ANSWER_SECONDS = 3.0
CHECK_SECONDS = 60.0
ORDER_SECONDS = 30.0
"""For systemd to take an order; one that takes longer is not waited for: what became of it is seen at the service."""
EVERYONE = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - nothing listens here


class Systemd:
    """Where systemd is not running, as in a chroot, nothing runs."""

    def runs(self) -> bool:
        return Path("/run/systemd/system").is_dir() and bool(_running())

    def reload_units(self) -> None:
        _systemctl("daemon-reload")

    def let_go(self) -> None:
        """SIGUSR2, as `systemctl reload` sends it, but also to one that is not ready yet."""
        _systemctl("kill", "--kill-whom=main", "--signal=SIGUSR2", *_running())

    def kill(self) -> None:
        _systemctl("kill", "--kill-whom=main", "--signal=SIGKILL", *_running())

    def start(self) -> None:
        _systemctl("start", "--no-block", *_running())

    def healths(self) -> list[dict[str, Any] | None]:
        return [_health(_address(unit)) for unit in _running()]

    def refusal(self, tree: Path) -> str:
        definitions = Definitions()
        for name in definitions.names() or [FIRST]:
            if said := _refusal(tree, definitions.instance(name)):
                return said if name == FIRST else f"{name}: {said}"
        return ""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def _refusal(tree: Path, instance: Instance) -> str:
    """As the tree's own `wppmt upgrade --check` says it, run as the service's account."""
    account = pwd.getpwnam(USER)
    home = instance.home if instance.home.is_dir() else Path("/")
    environ = {"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": str(home)} | instance.environ
    try:
        done = subprocess.run(
            [tree / "bin" / "wppmt", "upgrade", "--check", "--brief"],
            user=account.pw_uid, group=account.pw_gid, extra_groups=[], cwd=home, env=environ, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=CHECK_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as failure:
        return f"ela não roda nesta máquina ({failure})"
    if done.returncode == 0:
        return ""
    return (done.stderr.strip() or done.stdout.strip() or "ela não roda nesta máquina").splitlines()[-1]


def _health(address: str) -> dict[str, Any] | None:
    # Of the proxies in somebody's environment none is for this.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{address}/api/health", timeout=ANSWER_SECONDS) as answer:
            found = json.load(answer)
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _running() -> list[str]:
    """The units that are up, or that systemd keeps starting."""
    listed = _systemctl("list-units", "--plain", "--no-legend", "--full", f"--state={UP}", *UNITS)
    return [line.split()[0] for line in listed.splitlines() if line.strip()]


def _systemctl(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["systemctl", *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=ORDER_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout.strip()


def _address(unit: str) -> str:
    """Where systemd listens for the service; an address for everyone is also this machine's."""
    return own_address(_systemctl("show", f"{unit.removesuffix('.service')}.socket", "--property=Listen"))


def own_address(listens: str) -> str:
    found = re.search(r"Listen=(\S+):(\d+) \(Stream\)", listens)
    host, port = found.groups() if found else ("127.0.0.1", "8005")
    return f"{EVERYONE.get(host, host)}:{port}"
