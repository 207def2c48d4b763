"""What `wppmt doctor` says of a cluster's etcd."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.etcd_server import etcd_servers
from tests.support import free_port
from wppmt.app.settings import load
from wppmt.app.settings.model import ClusterSettings
from wppmt.cli import cluster_checks
from wppmt.domain.errors import SetupError


def settings(etcd: str, **more: str) -> ClusterSettings:
    environ = {"WPP_SECRET": "s" * 32, "WPP_CLUSTER_ETCD": etcd, "WPP_CLUSTER_MACHINE": "m1"}
    return load(environ | more).cluster


def test_a_member_that_is_not_there_is_said_with_what_to_look_at():
    url = f"http://127.0.0.1:{free_port()}"
    member, machine = cluster_checks.etcd(settings(url))
    assert not member.fine
    assert url in member.text
    assert "docs/escala.md" in member.advice
    assert machine.text == "No cluster, esta máquina é m1; se ela cair, as sessões esperam por ela"


def test_certificates_that_are_not_there_are_said():
    with pytest.raises(SetupError, match="certificados"):
        list(cluster_checks.etcd(settings("https://127.0.0.1:2379", WPP_CLUSTER_ETCD_CA="/nonexistent")))


@pytest.mark.slow
def test_each_member_is_asked_by_itself(tmp_path: Path):
    with etcd_servers(tmp_path, 1) as servers:
        there, gone = servers.endpoints[0], f"http://127.0.0.1:{free_port()}"
        found = list(cluster_checks.etcd(settings(f"{there},{gone}", WPP_CLUSTER_FAILOVER="true")))
    assert [one.fine for one in found] == [True, False, True]
    assert found[0].text == f"etcd em {there}: responde, com 0 máquinas no ar"
    assert "outra pode assumir" in found[2].text
