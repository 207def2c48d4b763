"""The routes of the cluster (docs/contract.md 19)."""

from __future__ import annotations

from wppmt.http.api import cluster_responses
from wppmt.http.api.route import Access, Route
from wppmt.http.handlers import cluster

CLUSTER_ROUTES = (
    Route(
        "GET", "/api/admin/cluster", cluster.show, Access.ADMIN,
        "As máquinas do cluster, as vagas, de quem é cada sessão, e as mudanças",
        {200: cluster_responses.Cluster},
    ),
)  # fmt: skip
