"""How machines of a cluster bring sessions to one another: over TLS, each with a certificate of the cluster's own authority."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from wppmt.cluster.view import View
from wppmt.domain.errors import SetupError
from wppmt.domain.system_errors import explain
from wppmt.moving.destination import Destination
from wppmt.moving.remote import Remote, Unreachable

PEER = "cluster"
"""By whose right a peer acts, as the audit trail tells it."""


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files: our own certificate, its key, and the authority that has signed those of all machines."""

    certificate: Path
    key: Path
    authority: Path

    def for_server(self) -> ssl.SSLContext:
        """Raises SetupError."""
        context = self._loaded(ssl.Purpose.CLIENT_AUTH)
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def for_client(self) -> ssl.SSLContext:
        """Raises SetupError."""
        return self._loaded(ssl.Purpose.SERVER_AUTH)

    def _loaded(self, purpose: ssl.Purpose) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(purpose, cafile=str(self.authority))
            context.load_cert_chain(self.certificate, self.key)
        except OSError as failure:
            names = ", ".join(str(file) for file in (self.certificate, self.key, self.authority))
            why = failure.reason if isinstance(failure, ssl.SSLError) else explain(failure)
            raise SetupError(
                f"Certificados do cluster ({names}): {why} (WPP_CLUSTER_CERT, WPP_CLUSTER_KEY, WPP_CLUSTER_CA)"
            ) from None
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


@dataclass(frozen=True, slots=True)
class Peers:
    """Other machines, by what etcd says of them."""

    view: View
    tls: Callable[[], ssl.SSLContext]
    """Anew for each, so that a renewed certificate is used at once."""

    def connect(self, owner: str, token: str) -> Remote:
        """`owner` as a departure keeps it. Raises Unreachable where our own certificate is no good (any more)."""
        to = Destination.parse(owner)
        if not to.machine:
            return Remote(to.url, token)
        living = self.view.machines.get(to.machine)
        try:
            return Remote(living.value.peer if living else "", tls=self.tls())
        except SetupError as refused:
            raise Unreachable(str(refused)) from None
