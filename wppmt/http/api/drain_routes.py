"""The routes by which a machine of the cluster is emptied (docs/contract.md 19)."""

from __future__ import annotations

from wppmt.domain.actions import Action
from wppmt.domain.errors import Code
from wppmt.http.api.drain_responses import Drained
from wppmt.http.api.route import Access, Route
from wppmt.http.handlers import drains

_MACHINE = "/api/admin/cluster/machines/{machine}"

DRAIN_ROUTES = (
    Route(
        "POST", f"{_MACHINE}/drain", drains.drain, Access.ADMIN,
        "Esvaziar uma máquina do cluster: as sessões vão para as outras, poucas de cada vez", {200: Drained},
        refusals=(Code.CLUSTER_UNAVAILABLE,),
        action=Action.DRAIN,
    ),
    Route(
        "POST", f"{_MACHINE}/undrain", drains.undrain, Access.ADMIN,
        "A máquina do cluster recebe sessões de novo", {200: Drained},
        refusals=(Code.CLUSTER_UNAVAILABLE,),
        action=Action.UNDRAIN,
    ),
)  # fmt: skip
