"""How settings become a client of the cluster's etcd. Imported only where there is a cluster."""

from __future__ import annotations

import ssl

from wppmt.app.settings.model import ClusterSettings
from wppmt.cluster.client import EtcdClient
from wppmt.domain.errors import SetupError
from wppmt.domain.system_errors import explain


def etcd_client(cluster: ClusterSettings) -> EtcdClient:
    """Within the running loop. Raises SetupError for certificates that cannot be read."""
    return EtcdClient(cluster.etcd, tls(cluster))


def tls(cluster: ClusterSettings) -> ssl.SSLContext | None:
    """None without TLS. Raises SetupError."""
    if not cluster.etcd[0].startswith("https://"):
        return None
    try:
        context = ssl.create_default_context(cafile=cluster.etcd_ca or None)
        if cluster.etcd_cert:
            context.load_cert_chain(cluster.etcd_cert, cluster.etcd_key)
    except (OSError, ssl.SSLError) as failure:
        why = failure.reason if isinstance(failure, ssl.SSLError) and failure.reason else explain(failure)
        raise SetupError(
            f"Os certificados para o etcd (WPP_CLUSTER_ETCD_CA, _CERT e _KEY) não podem ser usados: {why}"
        ) from None
    return context
