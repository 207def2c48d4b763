"""The machine that a version is switched on: systemd, the service's own API, and the account that it runs as."""

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

UNIT, SOCKET, USER = "wppmt.service", "wppmt.socket", "wppmt"
HOME = Path("/var/lib/wppmt")
ENVIRONMENT = Path("/etc/wppmt/wppmt.env")
ANSWER_SECONDS = 3.0
CHECK_SECONDS = 60.0
ORDER_SECONDS = 30.0
"""For systemd to take an order; one that takes longer is not waited for: what became of it is seen at the service."""
EVERYONE = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - nothing listens here


class Systemd:
    """Where systemd is not running, as in a chroot, nothing runs."""

    def runs(self) -> bool:
        if not Path("/run/systemd/system").is_dir():
            return False
        return _systemctl("is-active", UNIT) in {"active", "activating", "reloading", "deactivating"}

    def reload_units(self) -> None:
        _systemctl("daemon-reload")

    def let_go(self) -> None:
        """SIGUSR2, as `systemctl reload` sends it, but also to one that is not ready yet."""
        _systemctl("kill", "--kill-whom=main", "--signal=SIGUSR2", UNIT)

    def kill(self) -> None:
        _systemctl("kill", "--kill-whom=main", "--signal=SIGKILL", UNIT)

    def start(self) -> None:
        _systemctl("start", "--no-block", UNIT)

    def health(self) -> dict[str, Any] | None:
        # Of the proxies in somebody's environment none is for this.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://{_address()}/api/health", timeout=ANSWER_SECONDS) as answer:
                found = json.load(answer)
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def refusal(self, tree: Path) -> str:
        """As the tree's own `wppmt upgrade --check` says it, run as the service's account."""
        account = pwd.getpwnam(USER)
        environ = {"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": str(HOME)} | _service_environment()
        try:
            done = subprocess.run(
                [tree / "bin" / "wppmt", "upgrade", "--check", "--brief"],
                user=account.pw_uid, group=account.pw_gid, extra_groups=[], cwd=HOME, env=environ, stdin=subprocess.DEVNULL,
                capture_output=True, text=True, timeout=CHECK_SECONDS, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as failure:
            return f"ela não roda nesta máquina ({failure})"
        if done.returncode == 0:
            return ""
        return (done.stderr.strip() or done.stdout.strip() or "ela não roda nesta máquina").splitlines()[-1]

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def _systemctl(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["systemctl", *arguments],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=ORDER_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout.strip()


def _address() -> str:
    """Where systemd listens for the service; an address for everyone is also this machine's."""
    return own_address(_systemctl("show", SOCKET, "--property=Listen"))


def own_address(listens: str) -> str:
    found = re.search(r"Listen=(\S+):(\d+) \(Stream\)", listens)
    host, port = found.groups() if found else ("127.0.0.1", "8005")
    return f"{EVERYONE.get(host, host)}:{port}"


def _service_environment() -> dict[str, str]:
    """As systemd reads it: a line each, quotes taken off."""
    try:
        lines = ENVIRONMENT.read_text().splitlines()
    except OSError:
        return {}
    pairs = (
        line.partition("=") for line in lines if "=" in line and not line.lstrip().startswith(("#", ";"))
    )
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}
