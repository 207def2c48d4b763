"""How settings become what sessions need to go from one machine of the cluster to another."""

from __future__ import annotations

import contextlib
import hashlib
import socket
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from wppmt.app import browsers, sockets
from wppmt.app.addresses import is_wildcard
from wppmt.app.custody import Custody
from wppmt.app.peers import PEER, Certificates, Peers
from wppmt.app.settings import Settings
from wppmt.app.settings.model import ClusterSettings
from wppmt.cluster.member import Member
from wppmt.cluster.right import Terms
from wppmt.cluster.values import Home
from wppmt.store.port import Store


def custody(settings: Settings, store: Store, member: Member) -> Custody:
    return Custody(
        machine=member.terms.machine,
        etcd=member.etcd,
        view=member.view,
        lease=lambda: member.membership.lease,
        commit=member.commit,
        # Whether it fences is promised later, when every browser is guarded.
        home_of=partial(home_of_session, settings, store, replace(member.terms, fences=False)),
        is_frozen=lambda: member.is_frozen,
        peer=PEER,
    )


def peers(settings: Settings, member: Member) -> Peers:
    return Peers(member.view, lambda: certificates(settings.cluster).for_client())


def certificates(cluster: ClusterSettings) -> Certificates:
    return Certificates(Path(cluster.cert), Path(cluster.key), Path(cluster.ca))


@contextlib.contextmanager
def peer_sockets(cluster: ClusterSettings) -> Iterator[Sequence[socket.socket]]:
    """Of WPP_CLUSTER_LISTEN, whose certificates can be used; none where it is empty. Raises SetupError."""
    if not cluster.listen:
        yield ()
        return
    for usable in (certificates(cluster).for_server, certificates(cluster).for_client):
        usable()
    found = sockets.reserve(*listen_address(cluster.listen), "WPP_CLUSTER_LISTEN")
    try:
        yield found
    finally:
        for one in found:
            one.close()


def peer_url(cluster: ClusterSettings) -> str:
    """Where other machines bring sessions to this one; empty: nowhere."""
    if not cluster.listen:
        return ""
    host, port = listen_address(cluster.listen)
    if is_wildcard(host):
        host = urlsplit(cluster.url).hostname or host
    return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"


def home_of_session(settings: Settings, store: Store, terms: Terms, session_id: str) -> Home:
    """What this machine says of a session of its own. Raises StoreUnavailable."""
    return Home(
        machine=terms.machine,
        url=settings.cluster.url,
        fences=terms.fences,
        proxy=_digest(browsers.proxy_of(settings, store, session_id)),
    )


def _digest(proxy: str) -> str:
    """Which proxy it is, and nothing of it."""
    parts = urlsplit(proxy)
    where = f"{parts.hostname}:{parts.port}"
    return hashlib.sha256(where.encode()).hexdigest()[:16] if proxy else ""


def listen_address(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    return host.strip("[]"), int(port)
