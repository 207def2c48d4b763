"""`wppmt restore --verify`: the restored session is started in the simulator, and has to connect by itself."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click
from tenacity import wait_fixed

from wppmt.cli.context import SettingsSource
from wppmt.cli.errors import CommandFailed
from wppmt.cli.gateway import Gateway, Json
from wppmt.cli.live.connection import connect
from wppmt.polling import poll

CONNECT_SECONDS = 120.0
READY_SECONDS, STOP_SECONDS = 60.0, 60.0
POLL_SECONDS = 0.3
ENDED = {"connected", "waiting_scan", "error"}


def run(source: SettingsSource, gateway: Gateway | None, session_id: str) -> None:
    """By the daemon where one runs, else by one that runs for this alone. Afterwards a session that was stopped is again.

    Raises CommandFailed where it does not connect, GatewayError.
    """
    if gateway is not None:
        _verify(gateway, session_id)
        return
    with _own_daemon(source) as own:
        _verify(own, session_id)


def _verify(gateway: Gateway, session_id: str) -> None:
    began = time.monotonic()
    was_stopped = gateway.status(session_id)["status"] == "disconnected"
    if was_stopped:
        gateway.call("POST", session_id, "start", {})
    status = _outcome(gateway, session_id)
    if was_stopped:
        gateway.close(session_id)
    if status.get("status") != "connected":
        why = "mostra um QR Code" if status.get("status") == "waiting_scan" else status.get("reason")
        raise CommandFailed(f"{session_id}: restaurada, mas não conectou: {why or 'passou o tempo'}")
    click.echo(f"{session_id}: conectou sem QR Code em {time.monotonic() - began:.0f} s")


def _outcome(gateway: Gateway, session_id: str) -> Json:
    """The last status that was seen."""
    seen: Json = {}

    def look() -> bool:
        nonlocal seen
        seen = gateway.status(session_id)
        return seen["status"] in ENDED

    poll(look, CONNECT_SECONDS, wait_fixed(POLL_SECONDS))
    return seen


@contextmanager
def _own_daemon(source: SettingsSource) -> Iterator[Gateway]:
    """Ended in order, so that the login is saved."""
    site = ["--config", str(source.config)] if source.config else []
    daemon = subprocess.Popen(
        [sys.executable, "-m", "wppmt", *site, "serve"],
        env=dict(source.environ), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        gateway = connect(source)
        is_ready = poll(
            gateway.is_ready,
            READY_SECONDS,
            wait_fixed(POLL_SECONDS),
            unless=lambda: daemon.poll() is not None,
        )
        if not is_ready:
            raise CommandFailed(
                "A sessão foi restaurada, mas o serviço não iniciou para conferi-la: veja wppmt doctor"
            )
        yield gateway
    finally:
        daemon.terminate()
        try:
            daemon.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()
