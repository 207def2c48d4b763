"""The package on a machine: how it is installed, what its service answers, and what can happen to the machine."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.deploy.container import Container
from tests.support import wait_until

CONNECT_SECONDS, UPGRADE_SECONDS = 120.0, 240.0
CURRENT, TREES = "/opt/wppmt/current", "/opt/wppmt"
SESSION, PHONE = "cliente-001", "5511987650001"
SIMULATOR_UNIT = """
[Service]
User=wppmt
StateDirectory=sim
Environment=WPP_STATE_DIR=/var/lib/sim WPP_SIMULATOR=1
ExecStart=/opt/wppmt/current/bin/wppmt simulator
[Install]
WantedBy=multi-user.target
"""


def apt(debian: Container, *words: str, check: bool = True, said: str | None = None, **environ: str) -> str:
    done = debian.run("apt-get", "-y", "--no-install-recommends", *words, check=check, said=said, **environ)
    return done.stdout + done.stderr


def install(debian: Container, debs: Mapping[str, Path], version: str, *, check: bool = True) -> str:
    """This version, whatever there is; what apt says."""
    return apt(debian, "install", "--allow-downgrades", deb(debs, version), check=check)


def deb(debs: Mapping[str, Path], version: str) -> str:
    return f"/root/{debs[version].name}"


def wppmt(debian: Container, *words: str, check: bool = True, **environ: str) -> str:
    done = debian.run("wppmt", *words, user="wppmt", check=check, **environ)
    return done.stdout + done.stderr


def health(debian: Container, port: int = 8005) -> dict[str, object]:
    said = debian.ask("curl", "-s", "-m", "3", f"http://127.0.0.1:{port}/api/health")
    return dict(json.loads(said)) if said.startswith("{") else {}


def api(debian: Container, method: str, path: str, body: object | None = None) -> dict[str, object]:
    token = debian.ask("wppmt", "token", "--admin", user="wppmt")
    data = ["-H", "Content-Type: application/json", "-d", json.dumps(body)] if body is not None else []
    said = debian.ask(
        "curl", "-s", "-m", "30", "-X", method, "-H", f"Authorization: Bearer {token}", *data,
        f"http://127.0.0.1:8005/api{path}",
    )  # fmt: skip
    return dict(json.loads(said)) if said.startswith("{") else {}


def status(debian: Container) -> object:
    return api(debian, "GET", f"/sessions/{SESSION}/status").get("status")


def is_settled(debian: Container) -> bool:
    """Connected, in a browser that no switch of versions will open anew."""
    rows = api(debian, "GET", "/admin/sessions").get("sessions")
    assert isinstance(rows, list | None)
    return [(row["status"], row["outdated"]) for row in rows or ()] == [("connected", None)]


def chrome(debian: Container) -> str:
    """The pid of the session's browser."""
    return debian.ask("pgrep", "-u", "wppmt", "-o", "-f", f"user-data-dir=/var/lib/wppmt/tokens-3/{SESSION}")


def devices(debian: Container) -> list[tuple[object, object]]:
    """What is linked to the phone, and how many pages of it are connected."""
    said = debian.ask("curl", "-s", f"http://127.0.0.1:8006/sim/accounts/{PHONE}/devices")
    return [(device["device"], device["sockets"]) for device in json.loads(said)]


def instances(debian: Container) -> dict[str, tuple[object, object]]:
    """State and version, by name."""
    rows = json.loads(debian.ask("wppmt", "instances", "--json", user="wppmt") or "[]")
    return {row["name"]: (row["state"], row["version"]) for row in rows}


def connect(debian: Container) -> None:
    """A session, to a simulator that outlives the service."""
    debian.write("/etc/systemd/system/sim.service", SIMULATOR_UNIT)
    with (debian.root / "etc/wppmt/wppmt.env").open("a") as file:
        file.write("WPP_SIMULATOR=external\n")
    debian.run("systemctl", "daemon-reload")
    debian.run("systemctl", "enable", "--now", "sim.service")
    debian.run("systemctl", "restart", "wppmt")
    wait_until(lambda: health(debian), 60)
    wait_until(lambda: debian.ask("curl", "-s", "http://127.0.0.1:8006/sim/health"), 30)
    wppmt(debian, "sim", "account", PHONE, "Loja")
    assert api(debian, "POST", f"/sessions/{SESSION}/start", {})
    wait_until(lambda: status(debian) == "waiting_scan", CONNECT_SECONDS)
    wppmt(debian, "sim", "scan", PHONE, SESSION)
    wait_until(lambda: status(debian) == "connected", CONNECT_SECONDS)
    wait_until(lambda: api(debian, "GET", f"/sessions/{SESSION}/status").get("loginSaved") is not False, 30)


@contextmanager
def full(debian: Container, folder: str) -> Iterator[None]:
    """`folder` lies on a disk of its own meanwhile, with what is in it, and not one byte can be written there."""
    disk = f"/mnt{folder}"
    debian.run("mkdir", "-p", disk)
    debian.run("mount", "-t", "tmpfs", "-o", "size=1G,mode=0755", "tmpfs", disk)
    debian.run("cp", "-a", f"{folder}/.", disk)
    debian.run("mount", "--bind", disk, folder)
    filled = debian.run("sh", "-c", f"cat /dev/zero >{folder}/filler", check=False)
    assert "No space left on device" in filled.stderr
    try:
        yield
    finally:
        # Lazily: programs have files of it open.
        debian.run("umount", "-l", folder)
        debian.run("umount", "-l", disk)
