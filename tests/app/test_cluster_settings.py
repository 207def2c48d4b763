"""What of a cluster's settings is refused, and what is filled in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from wppmt.app.etcd import tls
from wppmt.app.settings import load
from wppmt.domain.errors import SetupError

BASE = {"WPP_SECRET": "s" * 32, "WPP_CLUSTER_MACHINE": "m1"}
LOOPBACK = BASE | {"WPP_CLUSTER_ETCD": "http://127.0.0.1:2379"}
SECURE = BASE | {"WPP_CLUSTER_ETCD": "https://10.0.0.1:2379, https://10.0.0.2:2379"}


def refusal(environ: dict[str, str]) -> str:
    with pytest.raises(SetupError) as caught:
        load(environ)
    return str(caught.value)


def test_without_endpoints_there_is_no_cluster():
    assert load(BASE).cluster.etcd == ()


def test_an_etcd_without_tls_is_only_this_machines_own():
    assert load(LOOPBACK).cluster.etcd == ("http://127.0.0.1:2379",)
    assert load(BASE | {"WPP_CLUSTER_ETCD": "http://localhost:2379,http://[::1]:2379"}).cluster.etcd
    for url in (
        "http://10.0.0.1:2379",
        "http://etcd.local:2379",
        "http://127.0.0.1:2379,http://10.0.0.1:2379",
    ):
        assert "não tem TLS" in refusal(BASE | {"WPP_CLUSTER_ETCD": url})


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"WPP_CLUSTER_ETCD": "http://127.0.0.1:2379,https://10.0.0.1:2379"}, "mistura"),
        ({"WPP_CLUSTER_ETCD": "https://10.0.0.1"}, "WPP_CLUSTER_ETCD"),
        ({"WPP_CLUSTER_ETCD": "https://u:p@10.0.0.1:2379"}, "WPP_CLUSTER_ETCD"),
        ({"WPP_CLUSTER_ETCD_CERT": "a.pem"}, "os dois, ou nenhum"),
        ({"WPP_CLUSTER_LISTEN": "127.0.0.1:8443"}, "WPP_CLUSTER_CERT"),
        (
            {"WPP_CLUSTER_LISTEN": "127.0.0.1:8443", "WPP_CLUSTER_CERT": "a", "WPP_CLUSTER_KEY": "b"},
            "WPP_CLUSTER_CA",
        ),
        ({"WPP_CLUSTER_LISTEN": "8443"}, "WPP_CLUSTER_LISTEN"),
        ({"WPP_CLUSTER_ETCD_KEY": "a.key"}, "os dois, ou nenhum"),
        ({"WPP_CLUSTER_MACHINE": "uma máquina"}, "WPP_CLUSTER_MACHINE"),
        ({"WPP_CLUSTER_SCALE_HOOK": "/usr/local/bin/grow 'cell one"}, "aspas"),
        ({"WPP_CLUSTER_MACHINE": "m/1"}, "WPP_CLUSTER_MACHINE"),
        ({"WPP_CLUSTER_MACHINE": "m" * 64}, "WPP_CLUSTER_MACHINE"),
        ({"WPP_CLUSTER_URL": "https://m1.test/path"}, "WPP_CLUSTER_URL"),
    ],
)
def test_what_does_not_fit_together_is_refused(more: dict[str, str], said: str):
    assert said in refusal(SECURE | more)


def test_certificates_are_for_tls():
    assert "só valem com https" in refusal(LOOPBACK | {"WPP_CLUSTER_ETCD_CA": "ca.pem"})


def test_files_start_at_the_folder_and_the_url_is_where_clients_go(tmp_path: Path):
    found = load(
        SECURE | {"WPP_CLUSTER_ETCD_CA": "ca.pem", "WPP_PUBLIC_URL": "https://m1.test/"}, folder=tmp_path
    )
    assert (found.cluster.etcd_ca, found.cluster.etcd_cert) == (str(tmp_path / "ca.pem"), "")
    assert found.cluster.url == "https://m1.test"
    assert load(SECURE | {"WPP_CLUSTER_URL": "https://x.test:8005"}).cluster.url == "https://x.test:8005"


def test_the_computers_name_is_the_machines_where_it_has_none():
    environ = {name: value for name, value in LOOPBACK.items() if name != "WPP_CLUSTER_MACHINE"}
    assert load(environ).cluster.machine


def test_certificates_that_are_not_there_are_said(tmp_path: Path):
    found = load(SECURE | {"WPP_CLUSTER_ETCD_CA": "ca.pem"}, folder=tmp_path).cluster
    with pytest.raises(SetupError, match="certificados para o etcd"):
        tls(found)
    assert tls(load(LOOPBACK).cluster) is None


def test_who_is_alone_does_not_even_import_it():
    told = "import sys, wppmt.app.daemon, wppmt.app.front_ports, wppmt.http.app; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "wppmt.app.daemon" in found
    assert not [
        name for name in found if name.startswith(("wppmt.cluster", "wppmt.app.cluster", "wppmt.app.etcd"))
    ]
