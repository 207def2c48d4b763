"""The routes of the operator's records: keys, the audit trail; and of events as they happen."""

from __future__ import annotations

from wppmt.domain.actions import Action
from wppmt.domain.errors import Code
from wppmt.http.api import record_responses as answers
from wppmt.http.api import record_schemas as schemas
from wppmt.http.api.query_parameters import LARGEST, LARGEST_PAGE, PAGE
from wppmt.http.api.responses import Confirmation
from wppmt.http.api.route import SESSION, Access, Route
from wppmt.http.handlers import api_keys, attempts, audit_trail, explain, streams
from wppmt.http.handlers.explain import LONGEST_ID
from wppmt.http.handlers.streams import LAST_EVENT_ID

_ENTRIES: dict[str, dict[str, object]] = {
    "after": {
        "type": "integer",
        "minimum": 0,
        "maximum": LARGEST,
        "default": 0,
        "description": "o `nextCursor` da página anterior, ou o `id` do último registro conhecido",
    },
    "limit": {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE},
    "last": {
        "type": "integer",
        "minimum": 1,
        "maximum": LARGEST_PAGE,
        "description": "em vez de uma página: os N registros mais novos, do mais antigo ao mais novo",
    },
}

RECORD_ROUTES = (
    Route(
        "POST", "/api/admin/keys", api_keys.create, Access.ADMIN,
        "Criar uma chave para um programa; ela é mostrada só desta vez", {201: answers.ApiKeyMade},
        body=schemas.ApiKeyBody,
        action=Action.CREATE_KEY,
    ),
    Route(
        "GET", "/api/admin/keys", api_keys.list_keys, Access.ADMIN,
        "Listar as chaves, com o último uso de cada uma", {200: answers.ApiKeyList},
    ),
    Route(
        "DELETE", "/api/admin/keys/{keyId}", api_keys.revoke, Access.ADMIN,
        "Revogar uma chave: ela deixa de valer no mesmo instante", {200: Confirmation},
        refusals=(Code.NOT_FOUND,),
        action=Action.REVOKE_KEY,
    ),
    Route(
        "GET", f"{SESSION}/explain", explain.explain, Access.SESSION,
        "O que aconteceu com a sessão, ou com uma mensagem, e o que fazer", {200: answers.Explained},
        query={
            "since": {"type": "string", "format": "date-time", "description": "desde quando (padrão: as últimas 24 h)"},
            "message": {"type": "string", "minLength": 1, "maxLength": LONGEST_ID,
                        "description": "id de uma mensagem enviada ou recebida, curto ou completo"},
        },
        refusals=(Code.MESSAGE_NOT_FOUND,), on_dashboard=True,
    ),
    Route(
        "GET", f"{SESSION}/events/stream", streams.of_session, Access.SESSION,
        "Receber os eventos da sessão na hora (server-sent events)", {}, media=("text/event-stream",),
        headers=(LAST_EVENT_ID,), refusals=(Code.RESOURCE_LIMIT,), is_stream=True,
    ),
    Route(
        "GET", "/api/events/stream", streams.of_all, Access.TOKEN,
        "Receber na hora os eventos de todas as sessões que o token alcança (server-sent events)", {},
        media=("text/event-stream",), headers=(LAST_EVENT_ID,), refusals=(Code.RESOURCE_LIMIT,), is_stream=True,
    ),
    Route(
        "GET", f"{SESSION}/events/{{eventId}}/attempts", attempts.list_attempts, Access.SESSION,
        "Ver cada tentativa de entregar um evento ao webhook (7 dias)", {200: answers.Attempts},
        refusals=(Code.NOT_FOUND,), on_dashboard=True,
    ),
    Route(
        "GET", "/api/admin/audit", audit_trail.list_entries, Access.ADMIN,
        "Ler a auditoria: quem fez o quê, e quando (180 dias)", {200: answers.AuditPage}, query=_ENTRIES,
    ),
)  # fmt: skip
