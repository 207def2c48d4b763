"""What the settings of a cluster have to fit together."""

from __future__ import annotations

import shlex
import socket
from pathlib import Path
from urllib.parse import urlsplit

from wppmt.app.addresses import base_url, is_loopback
from wppmt.app.settings.model import ClusterSettings, HttpSettings
from wppmt.domain.errors import SetupError

MOST_PORT = 65535
_FILES = ("etcd_ca", "etcd_cert", "etcd_key", "cert", "key", "ca", "archives")


def settle_cluster(cluster: ClusterSettings, http: HttpSettings, folder: Path) -> ClusterSettings:
    """Names and addresses filled in, paths absolute. Raises SetupError."""
    if not cluster.etcd:
        return cluster
    _check_endpoints(cluster)
    _check_peers(cluster)
    _check_hook(cluster.scale_hook)
    update = {name: str(folder / path) if (path := getattr(cluster, name)) else "" for name in _FILES}
    update["machine"] = cluster.machine or _host_name()
    update["url"] = cluster.url or http.public_url.rstrip("/") or base_url(http.host, http.port)
    return cluster.model_copy(update=update)


def _check_endpoints(cluster: ClusterSettings) -> None:
    schemes = {urlsplit(one).scheme for one in cluster.etcd}
    if len(schemes) > 1:
        raise SetupError("WPP_CLUSTER_ETCD mistura http e https: use um só")
    for one in cluster.etcd:
        if schemes == {"http"} and not is_loopback(urlsplit(one).hostname or ""):
            raise SetupError(
                f"WPP_CLUSTER_ETCD: {one} não tem TLS, e só um etcd desta máquina (127.0.0.1) pode não ter:"
                " quem escreve nele decide quem abre os logins. Use https:// (docs/escala.md)"
            )
    if bool(cluster.etcd_cert) is not bool(cluster.etcd_key):
        raise SetupError("WPP_CLUSTER_ETCD_CERT e WPP_CLUSTER_ETCD_KEY: defina os dois, ou nenhum")
    if schemes == {"http"} and (cluster.etcd_ca or cluster.etcd_cert):
        raise SetupError("WPP_CLUSTER_ETCD_CA, _CERT e _KEY só valem com https:// em WPP_CLUSTER_ETCD")


def _check_peers(cluster: ClusterSettings) -> None:
    if cluster.listen and not (cluster.cert and cluster.key and cluster.ca):
        raise SetupError(
            "WPP_CLUSTER_LISTEN recebe logins inteiros, e só de máquinas com certificado: defina também"
            " WPP_CLUSTER_CERT, WPP_CLUSTER_KEY e WPP_CLUSTER_CA (docs/escala.md)"
        )
    if not 0 <= int(cluster.listen.rpartition(":")[2] or 0) <= MOST_PORT:
        raise SetupError(f"WPP_CLUSTER_LISTEN={cluster.listen}: a porta vai até {MOST_PORT}")


def _check_hook(command: str) -> None:
    try:
        shlex.split(command)
    except ValueError:
        raise SetupError(
            f"WPP_CLUSTER_SCALE_HOOK={command}: falta fechar aspas, ou algo depois da barra"
        ) from None


def _host_name() -> str:
    """Raises SetupError where it can be nobody's name here."""
    name = socket.gethostname().partition(".")[0]
    if not all(one.isascii() and (one.isalnum() or one in "-_") for one in name) or not 1 <= len(name) <= 63:
        raise SetupError("O nome deste computador não serve no cluster: defina WPP_CLUSTER_MACHINE")
    return name
