"""One machine of the cluster: its daemon, its HAProxy and what keeps that one's tables, in a folder of their own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from urllib3.exceptions import HTTPError

from tests.cluster.certificates import Authority
from tests.cluster.haproxy_server import HAProxyServer
from tests.support import free_port, wait_until
from tests.system.api import Api
from tests.system.daemon import ROOT, STOP_SECONDS, Daemon

TABLES_SECONDS = 60.0


class Machine:
    """Starts when told; may be cut off the power and switched on again."""

    def __init__(
        self, folder: Path, name: str, authority: Authority, etcd: Sequence[str], **environ: str
    ) -> None:
        """`etcd`: its endpoints; `environ`: the daemon's, beside what makes it one of several."""
        self.name = name
        self.folder = folder
        self.daemon = Daemon(folder, product=ROOT, activated=False, **environ)
        self.haproxy = HAProxyServer(folder / "haproxy", name, self.daemon.port, authority)
        (certificate, key), ca = authority.certify(f"{name}-peer"), str(authority.file)
        self.daemon.environ |= {
            "WPP_CLUSTER_MACHINE": name,
            "WPP_CLUSTER_URL": self.haproxy.url,
            "WPP_CLUSTER_LISTEN": f"127.0.0.1:{free_port()}",
            "WPP_CLUSTER_ETCD": ",".join(etcd),
        }
        for part in ("CLUSTER", "CLUSTER_ETCD"):
            of_tls = {"CERT": str(certificate), "KEY": str(key), "CA": ca}
            self.daemon.environ |= {f"WPP_{part}_{name}": path for name, path in of_tls.items()}
        self.daemon.secret = self.daemon.environ["WPP_SECRET"]
        self.daemon.api = Api(self.daemon.port, self.daemon.secret)
        self._route: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Until its daemon takes requests and its HAProxy knows the tables."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.daemon.launch()
        haproxy = self.haproxy
        with (self.folder / "route").open("ab") as output:
            self._route = subprocess.Popen(
                [
                    sys.executable, "-m", "wppmt", "route", "--maps", str(haproxy.maps), "--socket", str(haproxy.socket),
                ],
                cwd=ROOT, env=self.daemon.environ, stdout=output, stderr=output, process_group=0,
            )  # fmt: skip
        wait_until((haproxy.maps / "draws.map").exists, TABLES_SECONDS)
        haproxy.start()
        self.daemon.await_ready()

    def cut_power(self) -> None:
        """-9 to whatever runs on it."""
        self.daemon.kill_everything()
        self._end_front()

    def stop(self) -> None:
        """In order."""
        if self.daemon.process.poll() is None:
            self.daemon.process.terminate()
            self.daemon.process.wait(STOP_SECONDS)
        self._end_front()

    def end(self) -> None:
        """However it ended: nothing of it stays."""
        self.daemon.end()
        self._end_front()

    def _end_front(self) -> None:
        if self._route:
            self._route.kill()
            self._route.wait()
        self.haproxy.stop()

    def command(self, *words: str) -> str:
        """`wppmt …` typed on this machine; what it said. It must succeed."""
        done = subprocess.run(
            [sys.executable, "-m", "wppmt", *words],
            cwd=ROOT, env=self.daemon.environ, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"wppmt {' '.join(words)}: {done.stderr or done.stdout}"
        return done.stdout

    def shown(self) -> dict[str, str]:
        """The state of each session that is here; empty while the daemon does not answer."""
        try:
            answer = self.daemon.api.call("GET", "/api/sessions")
        except HTTPError:
            return {}
        if answer.status != 200:
            return {}
        return {one["sessionId"]: one["status"] for one in answer.json["sessions"]}
