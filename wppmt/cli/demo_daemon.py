"""A daemon of the demo's own, with its simulator, on free ports and in a folder that is gone afterwards."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
from tenacity import wait_fixed

from wppmt.app.settings import Settings
from wppmt.cli.context import SettingsSource
from wppmt.cli.demo_steps import DemoFailed, expect, step
from wppmt.cli.doctor import examine
from wppmt.cli.gateway import Gateway, url_of
from wppmt.cli.sink import Sink
from wppmt.cli.token import TTL_SECONDS, make_token
from wppmt.polling import poll

READY_SECONDS = 60.0
STOP_SECONDS = 60.0
POLL_SECONDS = 0.05


@contextmanager
def own_daemon(source: SettingsSource, sink: Sink) -> Iterator[Settings]:
    """A daemon with its simulator on free ports and in a folder of its own, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="wppmt-demo-", ignore_cleanup_errors=True) as folder:
        environ = {**source.environ, **_apart(Path(folder), sink)}
        settings = SettingsSource(environ, source.config).load(makes_key=True)
        with step("Dependências encontradas"):
            missing = [finding for finding in examine(settings) if not finding.fine]
            expect(not missing, "; ".join(map(str, missing)))
        output = settings.logs.dir / "output"
        output.parent.mkdir()
        with output.open("wb") as out:
            daemon = subprocess.Popen(
                [sys.executable, "-m", "wppmt", "serve"], env=environ, stdout=out, stderr=out
            )
        try:
            with step("Serviço e simulador no ar"):
                _await_ready(daemon, settings)
            yield settings
            with step("Serviço encerrado normalmente"):
                _stop(daemon)
        finally:
            if daemon.returncode != 0:
                _end(daemon)
                kept = shutil.copytree(
                    settings.logs.dir, tempfile.mkdtemp(prefix="wppmt-demo-"), dirs_exist_ok=True
                )
                click.echo(f"Logs: {kept}", err=True)


def _end(daemon: subprocess.Popen[bytes]) -> None:
    """In order as long as it may take, so that no browser is left."""
    daemon.terminate()
    try:
        daemon.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()


def _apart(folder: Path, sink: Sink) -> dict[str, str]:
    ports = ("WPP_PORT", "WPP_SIMULATOR_PORT", "WPP_SIMULATOR_PAGE_PORT")
    folders = {"WPP_STATE_DIR": "state", "WPP_TOKENS_DIR": "tokens", "WPP_LOG_DIR": "logs"}
    return (
        dict(zip(ports, map(str, _free_ports(len(ports))), strict=True))
        | {name: str(folder / leaf) for name, leaf in folders.items()}
        | {
            "WPP_SIMULATOR": "1",
            "WPP_HOST": "127.0.0.1",
            "WPP_MAX_SESSIONS": "1",
            "WPP_EGRESS_ALLOW": sink.target,
            "REDIS_URL": "",
        }
    )


def _free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def _await_ready(daemon: subprocess.Popen[bytes], settings: Settings) -> None:
    gateway = gateway_of(settings)
    is_ready = poll(
        gateway.is_ready, READY_SECONDS, wait_fixed(POLL_SECONDS), unless=lambda: daemon.poll() is not None
    )
    expect(daemon.poll() is None, f"o serviço saiu com código {daemon.returncode}")
    expect(bool(is_ready), f"o serviço não ficou pronto em {READY_SECONDS:.0f} s")


def _stop(daemon: subprocess.Popen[bytes]) -> None:
    daemon.send_signal(signal.SIGTERM)
    try:
        code = daemon.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        raise DemoFailed(f"o serviço não encerrou em {STOP_SECONDS:.0f} s") from None
    expect(code == 0, f"o serviço saiu com código {code}")


def gateway_of(settings: Settings) -> Gateway:
    """The service's API, with tokens of this machine."""
    return Gateway(url_of(settings.http), lambda: make_token(settings.auth, time.time(), ttl=TTL_SECONDS))
