"""The routes of the operator, and those that anybody may call (docs/contract.md 3, 15)."""

from __future__ import annotations

from wppmt.domain.actions import Action
from wppmt.domain.errors import Code
from wppmt.http.api import operator_responses, responses
from wppmt.http.api.route import ASKED, Access, Route
from wppmt.http.handlers import admin, archives, dashboard, docs, health, metrics, sessions, watch

OPERATOR_ROUTES = (
    Route(
        "GET", "/api/admin/sessions", admin.list_sessions, Access.ADMIN,
        "Todas as sessões, para o operador", {200: operator_responses.AdminSessionList},
    ),
    Route(
        "GET", "/api/admin/actors", admin.list_actors, Access.ADMIN,
        "A árvore de atores", {200: operator_responses.Actors}, refusals=ASKED,
    ),
    Route(
        "POST", "/api/admin/sessions/{sessionId}/restart", sessions.restart, Access.ADMIN_SESSION,
        "Reiniciar uma sessão em qualquer estado", {202: responses.Restarting},
        refusals=(*ASKED, Code.RESOURCE_LIMIT),
        action=Action.RESTART_SESSION,
    ),
    Route(
        "GET", "/api/admin/sessions/{sessionId}/screenshot", admin.show_screenshot, Access.ADMIN_SESSION,
        "Ver o que o navegador da sessão mostra agora", {}, media=("image/png",),
        refusals=(*ASKED, Code.NOT_RUNNING),
        action=Action.VIEW_SCREEN,
    ),
    Route(
        "POST", "/api/admin/sessions/restart-crashed", admin.restart_crashed, Access.ADMIN,
        "Reiniciar todas as sessões em erro ou travadas, menos as em TOKEN_CORRUPT", {202: operator_responses.Restarted},
        refusals=(*ASKED, Code.RESOURCE_LIMIT),
        action=Action.RESTART_CRASHED,
    ),
    Route(
        "GET", "/api/admin/sessions/{sessionId}/history", watch.show_history, Access.ADMIN_SESSION,
        "Estado e memória de uma sessão ao longo do tempo", {200: operator_responses.SessionHistory},
        refusals=(Code.STORE_UNAVAILABLE,),
        query={"hours": {"type": "integer", "minimum": 1, "maximum": watch.MOST_HOURS, "default": watch.HOURS,
                         "description": "das últimas tantas horas"}},
    ),
    Route(
        "POST", "/api/admin/sessions/{sessionId}/backup", archives.back_up, Access.ADMIN_SESSION,
        "Fazer o backup de uma sessão: um arquivo cifrado em WPP_BACKUP_DIR", {202: operator_responses.JobBegun},
        refusals=(Code.NO_ARCHIVE_KEY,),
        action=Action.BACK_UP,
    ),
    Route(
        "POST", "/api/admin/sessions/restore", archives.restore, Access.ADMIN,
        "Restaurar uma sessão do arquivo que vem no corpo; a sessão não pode existir aqui",
        {202: operator_responses.JobBegun}, upload="application/octet-stream",
        refusals=(
            Code.NO_ARCHIVE_KEY, Code.ARCHIVE_REFUSED, Code.SESSION_EXISTS, Code.RESOURCE_LIMIT, Code.NOT_OWNER,
            Code.CLUSTER_UNAVAILABLE, *ASKED,
        ),
        action=Action.TAKE_IN,
    ),
    Route(
        "GET", "/api/admin/jobs/{job}", archives.show_job, Access.ADMIN,
        "Como está um trabalho que foi pedido: um backup, uma restauração", {200: operator_responses.JobShown},
        refusals=(Code.NOT_FOUND,),
    ),
    Route(
        "GET", "/api/admin/alerts", watch.list_alerts, Access.ADMIN,
        "Os alertas ativos e os últimos que terminaram", {200: operator_responses.AlertList},
        refusals=(Code.STORE_UNAVAILABLE,),
    ),
    Route(
        "POST", "/api/admin/alerts/secret", watch.rotate_secret, Access.ADMIN,
        "Trocar o segredo das assinaturas do webhook de alertas", {200: operator_responses.AlertSecret}, refusals=ASKED,
        action=Action.ROTATE_ALERT_SECRET,
    ),
    Route("GET", "/metrics", metrics.show_metrics, Access.ADMIN,
          "Métricas no formato do Prometheus; também em WPP_METRICS_LISTEN, sem token", {}, media=("text/plain",)),
    Route("GET", "/api/health", health.health, Access.PUBLIC, "Saúde do serviço, em números",
          {200: operator_responses.HealthBody, 503: operator_responses.HealthBody}, refusals=(Code.STORE_UNAVAILABLE,),
          query={"strict": {"type": "string", "enum": ["0", "1", "false", "true"], "default": "0",
                            "description": "1: responde 503 também quando `status` não é `ok`"}}),
    Route("GET", "/healthz", health.healthz, Access.PUBLIC, "O processo está vivo", {200: operator_responses.Probe}),
    Route("GET", "/readyz", health.readyz, Access.PUBLIC, "O serviço está pronto para receber chamadas",
          {200: operator_responses.Probe, 503: operator_responses.Probe}),
    # Public: a browser opens an address without headers, and what is described here is no secret.
    Route("GET", "/openapi.json", docs.show_openapi, Access.PUBLIC, "Este documento", {}, media=("application/json",)),
    Route("GET", "/api-docs", docs.show_viewer, Access.PUBLIC, "Esta documentação, para ler e experimentar", {},
          media=("text/html",)),
    Route(
        "GET", "/api-docs/{file}", docs.show_viewer_file, Access.PUBLIC, "Arquivos da documentação", {},
        media=("text/javascript", "text/css"), refusals=(Code.NOT_FOUND,),
    ),
    Route(
        "GET", "/", dashboard.show_home, Access.PUBLIC,
        "O painel; com Accept: application/json, o que é este serviço", {200: operator_responses.Home},
        media=("text/html",),
    ),
    Route(
        "GET", "/dashboard/{file}", dashboard.show_file, Access.PUBLIC, "Arquivos do painel", {},
        media=("text/javascript", "text/css", "application/json"), refusals=(Code.NOT_FOUND,),
    ),
)  # fmt: skip
