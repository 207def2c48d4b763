"""Real etcd on loopback for a test: one member or three, with or without TLS, each of which comes and goes."""

from __future__ import annotations

import json
import signal
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.cluster.certificates import Authority
from tests.support import free_port, wait_until

START_SECONDS = 20.0
Pair = tuple[Path, Path]
"""A certificate and its key."""


class Member:
    def __init__(self, name: str, url: str, command: Sequence[str], log: Path) -> None:
        self.name, self.url = name, url
        self._command, self._log = command, log
        self.process: subprocess.Popen[bytes]

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(self._command, stdout=log, stderr=log)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)


class EtcdServers:
    """Used by `etcd_servers`. `authority`: its clients show a certificate of that one."""

    def __init__(
        self, folder: Path, count: int, authority: Authority | None = None, more: Sequence[str] = ()
    ) -> None:
        self._authority = authority
        self._pair = authority.certify("etcd") if authority else None
        scheme = "https" if authority else "http"
        peers = {f"etcd{n}": f"{scheme}://127.0.0.1:{free_port()}" for n in range(count)}
        self.members = [
            self._member(name, folder, f"{scheme}://127.0.0.1:{free_port()}", peers, more) for name in peers
        ]
        self.endpoints = [member.url for member in self.members]

    def start(self) -> None:
        for member in self.members:
            member.start()
        for member in self.members:
            wait_until(lambda member=member: self.is_healthy(member), START_SECONDS)  # type: ignore[misc]

    def stop(self) -> None:
        for member in self.members:
            member.kill()

    def is_healthy(self, member: Member) -> bool:
        """It answers, and knows a leader."""
        try:
            return bool(self.call(member, "GET", "/health")["health"] == "true")
        except (OSError, KeyError):
            return False

    def leader(self) -> Member:
        return next(one for one in self.members if self._says_it_leads(one))

    def compact(self, revision: int) -> None:
        self.call(self.members[0], "POST", "/v3/kv/compaction", {"revision": str(revision), "physical": True})

    def call(self, member: Member, method: str, path: str, body: Any = None) -> Any:
        """Raises OSError."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{member.url}{path}", data, method=method)  # noqa: S310
        with urllib.request.urlopen(request, timeout=5, context=self._context()) as answer:  # noqa: S310
            return json.load(answer)

    def _says_it_leads(self, member: Member) -> bool:
        status = self.call(member, "POST", "/v3/maintenance/status", {})
        return bool(status["leader"] == status["header"]["member_id"])

    def _context(self) -> ssl.SSLContext | None:
        return client_context(self._authority, self._pair) if self._authority else None

    def _member(
        self, name: str, folder: Path, url: str, peers: dict[str, str], more: Sequence[str]
    ) -> Member:
        command = [
            "etcd",
            f"--name={name}",
            f"--data-dir={folder / name}",
            f"--listen-client-urls={url}",
            f"--advertise-client-urls={url}",
            f"--listen-peer-urls={peers[name]}",
            f"--initial-advertise-peer-urls={peers[name]}",
            f"--initial-cluster={','.join(f'{one}={at}' for one, at in peers.items())}",
            "--log-level=error",
            *_tls(self._authority, self._pair),
            *more,
        ]
        return Member(name, url, command, folder / f"{name}.log")


@contextmanager
def etcd_servers(
    folder: Path, count: int, authority: Authority | None = None, more: Sequence[str] = ()
) -> Iterator[EtcdServers]:
    servers = EtcdServers(folder, count, authority, more)
    servers.start()
    try:
        yield servers
    finally:
        servers.stop()


def client_context(authority: Authority, pair: Pair | None) -> ssl.SSLContext:
    """Of a client that trusts this authority, and shows what it vouched for, or nothing."""
    context = ssl.create_default_context(cafile=authority.file)
    if pair:
        context.load_cert_chain(*pair)
    return context


def _tls(authority: Authority | None, pair: Pair | None) -> list[str]:
    if authority is None or pair is None:
        return []
    clients = [
        f"--cert-file={pair[0]}",
        f"--key-file={pair[1]}",
        f"--trusted-ca-file={authority.file}",
        "--client-cert-auth",
    ]
    return [*clients, *(f"--peer-{one[2:]}" for one in clients)]
