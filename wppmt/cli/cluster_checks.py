"""What `wppmt doctor` looks at in a cluster: each member of its etcd, by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from wppmt.app.settings.model import ClusterSettings
from wppmt.cli.findings import Finding

ADVICE = "Verifique se o etcd está no ar, a rede até ele, e os certificados (WPP_CLUSTER_ETCD_CA, _CERT e _KEY): docs/escala.md"


def etcd(cluster: ClusterSettings) -> Iterator[Finding]:
    """Asked by the client that the service uses. Raises SetupError for certificates that cannot be read."""
    from wppmt.app.etcd import tls  # noqa: PLC0415 - the other commands start at once without it

    tls(cluster)
    for endpoint in cluster.etcd:
        yield _member(cluster.model_copy(update={"etcd": (endpoint,)}))
    what = "outra pode assumir as sessões dela" if cluster.failover else "as sessões esperam por ela"
    yield Finding(True, f"No cluster, esta máquina é {cluster.machine}; se ela cair, {what}")


def _member(cluster: ClusterSettings) -> Finding:
    from wppmt.app.etcd import etcd_client  # noqa: PLC0415
    from wppmt.cluster import keys  # noqa: PLC0415
    from wppmt.cluster.etcd import Unavailable  # noqa: PLC0415

    async def machines() -> int:
        client = etcd_client(cluster)
        try:
            return len((await client.read(keys.MACHINES)).entries)
        finally:
            await client.close()

    [endpoint] = cluster.etcd
    try:
        count = asyncio.run(machines())
    except Unavailable as trouble:
        return Finding(False, f"etcd em {endpoint} não responde, ou está sem maioria ({trouble})", ADVICE)
    return Finding(True, f"etcd em {endpoint}: responde, com {count} máquinas no ar")
