"""How a machine reaches another one: by what etcd says of it, and with its certificate."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.cluster.certificates import make_authority
from tests.defaults import SETTINGS
from tests.support import free_port
from wppmt.app.cluster_moves import peer_sockets, peer_url
from wppmt.app.peers import Certificates, Peers
from wppmt.cluster.view import View
from wppmt.domain.errors import SetupError
from wppmt.moving.destination import Destination
from wppmt.moving.remote import Unreachable


def test_where_it_goes_stands_in_one_text():
    for to in (Destination("https://a.test", "m1"), Destination("https://a.test")):
        assert Destination.parse(str(to)) == to
    assert str(Destination("https://a.test", "m1")) == "https://a.test#m1"


@pytest.mark.parametrize(
    ("listen", "url"),
    [
        ("", ""), ("10.0.0.1:8443", "https://10.0.0.1:8443"), ("[::1]:8443", "https://[::1]:8443"),
        ("0.0.0.0:8443", "https://gateway.test:8443"), ("[::]:8443", "https://gateway.test:8443"),
    ],
)  # fmt: skip
def test_where_other_machines_bring_sessions(listen: str, url: str):
    cluster = SETTINGS.cluster.model_copy(update={"listen": listen, "url": "https://gateway.test"})
    assert peer_url(cluster) == url


async def test_one_that_is_not_in_the_cluster_now_is_not_reached(tmp_path: Path):
    authority = make_authority(tmp_path)
    certificates = Certificates(*authority.certify("m1"), authority.file)
    async with Peers(View(), certificates.for_client).connect("https://b.test#m2", "") as remote:
        with pytest.raises(Unreachable, match="não está no cluster"):
            await remote.take("loja", "ab" * 32)


def test_certificates_that_are_no_good_are_named(tmp_path: Path):
    authority = make_authority(tmp_path)
    certificate, key = authority.certify("m1")
    missing = Certificates(certificate, tmp_path / "none.pem", authority.file)
    with pytest.raises(SetupError, match=r"none\.pem.*WPP_CLUSTER_CERT"):
        missing.for_server()
    with pytest.raises(Unreachable, match="WPP_CLUSTER_CERT"):
        Peers(View(), missing.for_client).connect("https://b.test#m2", "")
    swapped = Certificates(key, certificate, authority.file)
    with pytest.raises(SetupError, match="WPP_CLUSTER_KEY"):
        swapped.for_client()


def test_what_peers_come_by_is_tried_before_anything_is_taken(tmp_path: Path):
    authority = make_authority(tmp_path)
    certificate, key = authority.certify("m1")
    files = {"cert": str(certificate), "key": str(key), "ca": str(authority.file)}
    port = free_port()
    cluster = SETTINGS.cluster.model_copy(update=files | {"listen": f"127.0.0.1:{port}"})
    with peer_sockets(SETTINGS.cluster) as none:
        assert not none
    with peer_sockets(cluster) as [found]:
        assert found.getsockname() == ("127.0.0.1", port)
    taken = socket.create_server(("127.0.0.1", port))
    with taken, pytest.raises(SetupError, match="WPP_CLUSTER_LISTEN"), peer_sockets(cluster):
        pass
    bad = cluster.model_copy(update={"ca": str(tmp_path / "none.pem")})
    with pytest.raises(SetupError, match="WPP_CLUSTER_CA"), peer_sockets(bad):
        pass
