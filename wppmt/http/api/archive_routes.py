"""The routes by which whole sessions come and go (docs/contract.md 18)."""

from __future__ import annotations

from wppmt.domain.actions import Action
from wppmt.domain.errors import Code
from wppmt.http.api import archive_responses as answers
from wppmt.http.api import archive_schemas as schemas
from wppmt.http.api.operator_responses import JobBegun
from wppmt.http.api.route import ASKED, Access, Route
from wppmt.http.handlers import imports, moves

_COMES = (*ASKED, Code.SESSION_EXISTS, Code.ARCHIVE_REFUSED, Code.RESOURCE_LIMIT, Code.MOVING)
_KNOWN = (Code.INVALID_SESSION_ID, Code.NOT_FOUND, Code.STORE_UNAVAILABLE)

_OURS = (
    Route(
        "POST", "/api/admin/imports", imports.register, Access.ADMIN,
        "Fazer uma sessão do perfil que wppmt import trouxe", {201: answers.Imported},
        body=schemas.ImportBody,
        refusals=(*ASKED, Code.SESSION_EXISTS, Code.NOT_OWNER, Code.CLUSTER_UNAVAILABLE),
        action=Action.IMPORT_SESSION,
    ),
    Route(
        "POST", "/api/admin/sessions/{sessionId}/move", moves.move, Access.ADMIN_SESSION,
        "Mudar a sessão para outra máquina do cluster, ou outra instância, com login, eventos e fila", {202: JobBegun},
        body=schemas.MoveBody,
        refusals=(Code.SESSION_BUSY, Code.CLUSTER_UNAVAILABLE),
        action=Action.MOVE,
    ),
)  # fmt: skip
ARRIVALS = (
    Route(
        "GET", "/api/admin/arrivals/{sessionId}", moves.may_come, Access.ADMIN,
        "Entre instâncias: esta sessão pode vir?", {200: answers.MayCome},
        refusals=(Code.INVALID_SESSION_ID, Code.SESSION_NOT_FOUND, *_COMES),
        query={
            "schemaVersion": {"type": "integer", "minimum": 1, "maximum": 100_000, "default": 1,
                              "description": "a do banco da origem"},
            "chrome": {"type": "string", "maxLength": 27, "description": "a versão que escreveu o perfil"},
            "size": {"type": "integer", "minimum": 0, "maximum": moves.MOST_BYTES, "default": 0,
                     "description": "bytes do login, mais ou menos"},
        },
    ),
    Route(
        "PUT", "/api/admin/arrivals/{sessionId}", moves.receive, Access.ADMIN,
        "Entre instâncias: o arquivo de uma sessão, que espera até que a origem a entregue",
        {201: answers.ArrivalShown}, upload="application/octet-stream", headers=(moves.KEY_HEADER,),
        refusals=(Code.INVALID_SESSION_ID, Code.SESSION_NOT_FOUND, Code.NOT_FOUND, *_COMES),
        action=Action.RECEIVE,
    ),
    Route(
        "POST", "/api/arrivals/{sessionId}/take", moves.take, Access.MOVE,
        "Entre instâncias: a origem entregou a sessão, que começa aqui", {200: answers.ArrivalShown},
        headers=(moves.KEY_HEADER,), refusals=(*_KNOWN, *_COMES),
    ),
    Route(
        "GET", "/api/arrivals/{sessionId}", moves.show, Access.MOVE,
        "Entre instâncias: como está a sessão que veio", {200: answers.ArrivalShown},
        headers=(moves.KEY_HEADER,), refusals=_KNOWN,
    ),
    Route(
        "DELETE", "/api/arrivals/{sessionId}", moves.drop, Access.MOVE,
        "Entre instâncias: a sessão fica na origem, e o arquivo é apagado aqui", {200: answers.Dropped},
        headers=(moves.KEY_HEADER,), refusals=(*_KNOWN, Code.SESSION_EXISTS),
    ),
)  # fmt: skip
"""What one instance asks of another."""
ARCHIVE_ROUTES = (*_OURS, *ARRIVALS)
