"""Backup and restore by the running daemon: asked for, and waited for."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from tenacity import wait_fixed

from wppmt.app import host
from wppmt.cli.context import SettingsSource
from wppmt.cli.errors import CommandFailed, OutcomeUnknown
from wppmt.cli.gateway import Gateway, Json
from wppmt.cli.live.connection import URL, connect
from wppmt.polling import poll

JOB_SECONDS = 900.0
"""Jobs of others may come before this one."""
POLL_SECONDS = 0.3


def daemon_of(source: SettingsSource, state_dir: Path) -> Gateway | None:
    """The API of the daemon that works on this folder, or that the environment names; None where there is none."""
    return connect(source) if source.environ.get(URL) or _is_running(state_dir) else None


def _is_running(state_dir: Path) -> bool:
    try:
        return host.running(state_dir) is not None
    except OSError:
        # Somebody else's, who does not let us look.
        return True


def back_up(gateway: Gateway, session_id: str) -> Path:
    """The archive, on the daemon's machine. Raises CommandFailed, GatewayError."""
    job = gateway.ask("POST", f"/api/admin/sessions/{session_id}/backup")
    return Path(str(_ended(gateway, job)["file"]))


def restore(gateway: Gateway, archive: BinaryIO, size: int) -> str:
    """The id of the session that is there now. Raises CommandFailed, GatewayError."""
    job = gateway.upload("/api/admin/sessions/restore", archive, size)
    return str(_ended(gateway, job)["sessionId"])


def move(gateway: Gateway, session_id: str, to: str, token: str) -> None:
    """To another instance. Raises CommandFailed, GatewayError."""
    _ended(gateway, gateway.ask("POST", f"/api/admin/sessions/{session_id}/move", {"to": to, "token": token}))


def move_within(gateway: Gateway, session_id: str, machine: str) -> None:
    """To another machine of the cluster. Raises CommandFailed, GatewayError."""
    _ended(gateway, gateway.ask("POST", f"/api/admin/sessions/{session_id}/move", {"machine": machine}))


def _ended(gateway: Gateway, job: Json) -> Json:
    def look() -> Json | None:
        found = gateway.ask("GET", f"/api/admin/jobs/{job['job']}")
        return None if found["status"] == "running" else found

    ended = poll(look, JOB_SECONDS, wait_fixed(POLL_SECONDS))
    if ended is None:
        raise OutcomeUnknown(
            f"{job['sessionId']}: ainda em andamento. GET /api/admin/jobs/{job['job']} diz como está"
        )
    if ended["status"] == "failed":
        raise CommandFailed(f"{job['sessionId']}: {ended['error']}")
    return ended
