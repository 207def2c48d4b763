"""By which name a machine's sessions are known in etcd."""

from __future__ import annotations

from wppmt.domain.errors import SetupError


def require_same_name(former: str, name: str, sessions: int) -> None:
    """By another one, all its sessions would be another machine's. `former`: empty where it is not known. Raises SetupError."""
    if former and former != name and sessions:
        raise SetupError(
            f"Esta máquina é {former} no cluster, e tem sessões ({sessions}) sob esse nome, não sob {name}:"
            f" ponha WPP_CLUSTER_MACHINE={former}, ou esvazie-a com esse nome antes de trocá-lo (wppmt drain)"
        )
