"""The HAProxy of one machine, with the configuration that is shipped, on ports and folders of a test's own."""

from __future__ import annotations

import re
import socket
import subprocess
from pathlib import Path
from typing import Self

from tests.cluster.certificates import Authority
from tests.support import free_port, wait_until

FRONT = Path(__file__).parents[2] / "deploy" / "front"
STARTED_SECONDS = 10.0


class HAProxyServer:
    """Runs while used with `with`. `upstream` is the port of the machine's daemon."""

    def __init__(self, folder: Path, machine: str, upstream: int, authority: Authority) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.machine = machine
        self.folder = folder
        self.port, self.machine_port = free_port(), free_port()
        self.maps, self.socket = folder / "maps", folder / "admin.sock"
        self.maps.mkdir(exist_ok=True)
        self._write(upstream, authority)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the others reach this machine."""
        return f"https://127.0.0.1:{self.machine_port}"

    def _write(self, upstream: int, authority: Authority) -> None:
        text = (FRONT / "haproxy-cluster.cfg").read_text()
        # The others know it by its name.
        files = authority.certify(self.machine, (self.machine, "localhost", "127.0.0.1"))
        own = self.folder / "machine.pem"
        own.write_bytes(b"".join(file.read_bytes() for file in files))
        for old, new in {
            "    log /dev/log local0\n    chroot /var/lib/haproxy\n    user haproxy\n    group haproxy\n": "",
            " mode 660 group haproxy": "",
            "/run/haproxy/admin.sock": str(self.socket),
            "/etc/haproxy/wppmt/trusted.lst": "/dev/null",
            "/etc/haproxy/wppmt": str(FRONT / "errors"),
            "/var/lib/wppmt-route": str(self.maps),
            "bind :443": f"bind 127.0.0.1:{self.port}",
            "bind :8443": f"bind 127.0.0.1:{self.machine_port}",
            "/etc/ssl/wppmt/wppmt.pem": str(own),
            "/etc/wppmt/cluster/machine.pem": str(own),
            "/etc/wppmt/cluster/ca.pem": str(authority.file),
            "127.0.0.1:8005": f"127.0.0.1:{upstream}",
        }.items():
            assert old in text, old
            text = text.replace(old, new)
        # What floods is tried elsewhere.
        text = re.sub(r"gt (200|50) }", "gt 100000 }", text)
        (self.folder / "haproxy.cfg").write_text(text)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Its tables must be there. Returns when it listens."""
        with (self.folder / "stderr").open("ab") as errors:
            self._process = subprocess.Popen(
                ["haproxy", "-db", "-f", self.folder / "haproxy.cfg"], stdout=errors, stderr=errors
            )
        wait_until(self._listens, STARTED_SECONDS)

    def _listens(self) -> bool:
        assert self._process
        assert self._process.poll() is None, (self.folder / "stderr").read_text()
        return self.socket.exists() and "Pid:" in self.ask("show info")

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
        self.socket.unlink(missing_ok=True)

    def ask(self, line: str) -> str:
        """By its runtime interface, as an operator with socat."""
        with socket.socket(socket.AF_UNIX) as link:
            try:
                link.connect(str(self.socket))
                link.sendall(f"{line}\n".encode())
                return link.makefile().read()
            except OSError:
                return ""
