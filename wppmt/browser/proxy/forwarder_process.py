"""Starts a Chrome's forwarder, and remembers its port for the daemon that adopts the Chrome."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from wppmt.browser.chrome import launch
from wppmt.browser.chrome.launch import Programs
from wppmt.browser.proxy.forwarder import LISTENER, TOLD
from wppmt.net.proxies import Proxy

PROGRAM = Path(__file__).with_name("forwarder.py")
NOTE = ".proxy.json"
LOG = ".proxy.log"
"""Both in the profile, which is as private as what they hold."""
BACKLOG = 64


def reserve() -> socket.socket:
    """Chrome's connections wait here until the forwarder runs."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    os.set_inheritable(listener.fileno(), False)
    return listener


def address(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def start(
    proxy: Proxy,
    listener: socket.socket,
    profile: Path,
    chrome: int,
    environment: Mapping[str, str] = launch.ENVIRONMENT,
) -> None:
    """In Chrome's process group: it is weighed, killed and left to the next daemon together with it. Raises StartFailed."""
    note(profile, proxy, address(listener))
    # A pipe holds it whole: it is read when the program is up.
    out, into = os.pipe()
    try:
        os.write(into, json.dumps(asdict(proxy)).encode())
        os.close(into)
        with launch.moved_up(listener.fileno()) as listening, launch.moved_up(out) as told:
            given = [(os.POSIX_SPAWN_DUP2, listening, LISTENER), (os.POSIX_SPAWN_DUP2, told, TOLD)]
            command = [sys.executable, "-I", "-S", str(PROGRAM)]
            programs = Programs(Path(sys.executable), environment)
            launch.spawn(command, programs, profile / LOG, group=chrome, also=given)
    finally:
        os.close(out)


def note(profile: Path, proxy: Proxy, server: str) -> None:
    text = json.dumps({"of": _mark(proxy), "server": server})
    (profile / NOTE).write_text(text)
    (profile / NOTE).chmod(0o600)


def noted(profile: Path, proxy: Proxy) -> str:
    """What the Chrome that runs was told, if it was for this very proxy; else empty."""
    try:
        found = json.loads((profile / NOTE).read_text())
        return str(found["server"]) if found["of"] == _mark(proxy) else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _mark(proxy: Proxy) -> str:
    return hashlib.sha256(json.dumps(asdict(proxy)).encode()).hexdigest()
