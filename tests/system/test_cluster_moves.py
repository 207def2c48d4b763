"""Three machines on a real etcd, sessions that go from one to the other over TLS, one machine emptied, one lost."""

from __future__ import annotations

import secrets
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from tests.cluster.certificates import Authority, make_authority
from tests.cluster.etcd_server import etcd_servers
from tests.support import free_port, wait_until
from tests.system.api import Api, Json
from tests.system.chromeless import chromeless
from tests.system.daemon import ROOT, Daemon
from tests.system.test_move_crashes import EVENTS, LOGIN, linked_before

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

SETTLED_SECONDS = 40.0
NAMES = ("m1", "m2", "m3")


@dataclass
class Cluster:
    daemons: dict[str, Daemon]
    peers: dict[str, int]
    """The ports at which sessions come."""
    archives: Path
    authority: Authority

    def shown(self, by: str = "m3") -> Json:
        return self.daemons[by].api.get("/api/admin/cluster")

    def home(self, session: str, by: str = "m3") -> str:
        found = {one["sessionId"]: one["machine"] for one in self.shown(by)["sessions"]}
        return str(found.get(session, ""))

    def is_drained(self, machine: str, by: str) -> bool:
        return any(one["isDrained"] for one in self.shown(by)["machines"] if one["name"] == machine)

    def move(self, session: str, source: str, target: str) -> Json:
        """The job, as it ended."""
        api = self.daemons[source].api
        begun = api.call("POST", f"/api/admin/sessions/{session}/move", {"machine": target})
        assert begun.status == 202, begun

        def ended() -> Json:
            job = api.get(f"/api/admin/jobs/{begun.json['job']}")
            return {} if job["status"] == "running" else job

        return wait_until(ended, SETTLED_SECONDS)

    def status(self, session: str, machine: str) -> int:
        return self.daemons[machine].api.call("GET", f"/api/sessions/{session}/status").status

    def has_all(self, session: str, machine: str) -> bool:
        """Once it is there: each machine learns by itself what stands in etcd."""
        wait_until(lambda: self.status(session, machine) == 200, SETTLED_SECONDS)
        daemon = self.daemons[machine]
        events = daemon.api.get(f"/api/sessions/{session}/events?limit=1000")["events"]
        received = [event for event in events if event["event"] == "message_received"]
        return (
            (daemon.profile(session) / LOGIN).read_text() == session
            and [event["sequence"] for event in events] == list(range(1, len(events) + 1))
            and len(received) == EVENTS
        )


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder, secret = tmp_path_factory.mktemp("cluster"), secrets.token_hex(32)
    authority = make_authority(folder / "certificates")
    archives, peers = folder / "archives", {name: free_port() for name in NAMES}
    (folder / "etcd").mkdir()
    with etcd_servers(folder / "etcd", 1) as etcd:
        daemons = {}
        for name in NAMES:
            certificate, key = authority.certify(name)
            daemons[name] = chromeless(
                folder / name, WPP_SECRET=secret, WPP_CLUSTER_ETCD=etcd.endpoints[0], WPP_CLUSTER_MACHINE=name,
                WPP_CLUSTER_LISTEN=f"127.0.0.1:{peers[name]}", WPP_CLUSTER_CERT=str(certificate),
                WPP_CLUSTER_KEY=str(key), WPP_CLUSTER_CA=str(authority.file), WPP_CLUSTER_ARCHIVES=str(archives),
                WPP_BACKUP_DIR=str(archives), WPP_ARCHIVE_KEY="k" * 32, WPP_CLUSTER_FAILOVER="true",
                WPP_CLUSTER_FAILOVER_SECONDS="1", WPP_MAX_SESSIONS="200",
            )  # fmt: skip
            daemons[name].api = Api(daemons[name].port, secret)
        linked_before(daemons["m1"].folder)
        try:
            for daemon in daemons.values():
                daemon.start()
            yield Cluster(daemons, peers, archives, authority)
        finally:
            for daemon in daemons.values():
                daemon.end()


def test_a_session_goes_over_tls_and_every_machine_says_where_it_is(cluster: Cluster):
    job = cluster.move("loja-0", "m1", "m2")
    assert job["error"] is None
    wait_until(lambda: cluster.home("loja-0") == "m2", SETTLED_SECONDS)
    assert cluster.has_all("loja-0", "m2")
    for name in ("m1", "m3"):
        wait_until(lambda name=name: cluster.status("loja-0", name) == 421, SETTLED_SECONDS)  # type: ignore[misc]
        answer = cluster.daemons[name].api.call("GET", "/api/sessions/loja-0/status")
        assert answer.json["code"] == "NOT_OWNER"
        assert answer.json["owner"] == cluster.daemons["m2"].api.url
    assert not cluster.daemons["m1"].profile("loja-0").exists()
    wait_until(lambda: not cluster.shown()["moves"], SETTLED_SECONDS)


def test_where_it_cannot_go_is_said_at_once(cluster: Cluster):
    for machine, problem in (("m1", "já é desta"), ("m9", "não há máquina")):
        refused = cluster.daemons["m1"].api.call(
            "POST", "/api/admin/sessions/loja-1/move", {"machine": machine}
        )
        assert refused.status == 400
        assert problem in refused.json["details"][0]["problem"]
    both = {"machine": "m2", "to": "https://x.test", "token": "x"}
    assert cluster.daemons["m1"].api.call("POST", "/api/admin/sessions/loja-1/move", both).status == 400


def test_who_shows_no_certificate_of_the_cluster_brings_nothing(cluster: Cluster, tmp_path: Path):
    port, arrival = cluster.peers["m2"], "/api/admin/arrivals/outra"
    for shown in (None, make_authority(tmp_path).certify("m9")):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            _asked(cluster, port, arrival, shown)
    ours = cluster.authority.certify("m8")
    assert _asked(cluster, port, arrival, ours) == 200
    assert _asked(cluster, port, "/api/health", ours) == 404


def _asked(cluster: Cluster, port: int, path: str, shown: tuple[Path, Path] | None) -> int:
    context = ssl.create_default_context(cafile=str(cluster.authority.file))
    if shown:
        context.load_cert_chain(*shown)
    with closing(HTTPSConnection("127.0.0.1", port, timeout=10, context=context)) as connection:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status


def test_a_source_killed_on_its_way_leaves_it_with_one_of_them(cluster: Cluster):
    source = cluster.daemons["m1"]
    begun = source.api.call("POST", "/api/admin/sessions/loja-2/move", {"machine": "m2"})
    assert begun.status == 202
    source.kill()
    source.start()
    wait_until(lambda: not cluster.shown()["moves"], SETTLED_SECONDS)
    assert cluster.has_all("loja-2", cluster.home("loja-2"))


def test_a_machine_is_emptied_and_takes_sessions_again(cluster: Cluster):
    mine = [one["sessionId"] for one in cluster.shown()["sessions"] if one["machine"] == "m2"]
    done = _wppmt(cluster.daemons["m2"], "drain")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "m2: vazia" in done.stdout
    for by in ("m1", "m3"):
        wait_until(lambda by=by: cluster.is_drained("m2", by), SETTLED_SECONDS)  # type: ignore[misc]
    for session in mine:
        wait_until(lambda session=session: cluster.home(session) in {"m1", "m3"}, SETTLED_SECONDS)  # type: ignore[misc]
        assert cluster.has_all(session, cluster.home(session))
    refused = cluster.daemons["m1"].api.call("POST", "/api/admin/sessions/loja-3/move", {"machine": "m2"})
    assert "undrain" in refused.json["details"][0]["problem"]
    assert _wppmt(cluster.daemons["m3"], "undrain", "m2").returncode == 0
    wait_until(lambda: not cluster.is_drained("m2", "m1"), SETTLED_SECONDS)
    assert cluster.move("loja-3", "m1", "m2")["status"] == "done"


def _wppmt(daemon: Daemon, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wppmt", *words]
    return subprocess.run(command, cwd=ROOT, env=daemon.environ, capture_output=True, text=True, check=False)


def test_a_lost_machine_s_sessions_come_up_from_their_backups(cluster: Cluster):
    """The last test: that machine does not come back before all is over, and then has nothing any more."""
    lost = cluster.daemons["m2"]
    job = lost.api.call("POST", "/api/admin/sessions/loja-3/backup").json["job"]
    wait_until(lambda: lost.api.get(f"/api/admin/jobs/{job}")["status"] == "done", SETTLED_SECONDS)
    lost.kill_everything()
    wait_until(lambda: cluster.home("loja-3") in {"m1", "m3"}, SETTLED_SECONDS)
    owner = cluster.home("loja-3")
    assert cluster.has_all("loja-3", owner)
    entries = cluster.daemons[owner].api.get("/api/admin/audit?last=200")["entries"]
    assert ("session.move_in", "loja-3", "m2") in {
        (one["action"], one["sessionId"], one["target"]) for one in entries
    }
    lost.start()
    wait_until(lambda: cluster.status("loja-3", "m2") == 421, SETTLED_SECONDS)
    wait_until(lambda: not lost.profile("loja-3").exists(), SETTLED_SECONDS)
