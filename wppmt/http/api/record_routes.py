"""The routes of the operator's records: keys."""

from __future__ import annotations

from wppmt.domain.errors import Code
from wppmt.http.api import record_responses as answers
from wppmt.http.api import record_schemas as schemas
from wppmt.http.api.responses import Confirmation
from wppmt.http.api.route import Access, Route
from wppmt.http.handlers import api_keys

RECORD_ROUTES = (
    Route(
        "POST", "/api/admin/keys", api_keys.create, Access.ADMIN,
        "Criar uma chave para um programa; ela é mostrada só desta vez", {201: answers.ApiKeyMade},
        body=schemas.ApiKeyBody,
    ),
    Route(
        "GET", "/api/admin/keys", api_keys.list_keys, Access.ADMIN,
        "Listar as chaves, com o último uso de cada uma", {200: answers.ApiKeyList},
    ),
    Route(
        "DELETE", "/api/admin/keys/{keyId}", api_keys.revoke, Access.ADMIN,
        "Revogar uma chave: ela deixa de valer no mesmo instante", {200: Confirmation},
        refusals=(Code.NOT_FOUND,),
    ),
)  # fmt: skip
