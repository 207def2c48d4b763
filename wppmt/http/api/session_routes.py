"""The routes of one session, and of the link by which a customer connects it (docs/contract.md 3, 14)."""

from __future__ import annotations

from wppmt.domain.actions import Action
from wppmt.domain.errors import Code
from wppmt.http.api import responses, schemas, session_schemas
from wppmt.http.api.route import ASKED, SESSION, Access, Route
from wppmt.http.handlers import pairing, sessions

_LINK = "/pair/{token}"
_OF_LINK = (Code.NOT_FOUND, Code.LINK_ENDED, Code.STORE_UNAVAILABLE)


SESSION_ROUTES = (
    Route(
        "POST", f"{SESSION}/start", sessions.start, Access.NEW_SESSION,
        "Criar ou iniciar uma sessão",
        {201: responses.StartedBody, 200: responses.StartedBody},
        body=session_schemas.StartBody, body_required=False,
        refusals=(*ASKED, Code.RESOURCE_LIMIT, Code.TARGET_REFUSED, Code.INVALID_PHONE, Code.CLUSTER_UNAVAILABLE),
        on_dashboard=True,
        action=Action.START_SESSION,
    ),
    Route(
        "POST", "/api/sessions", sessions.create, Access.TOKEN,
        "Criar ou iniciar uma sessão, com sessionId no corpo",
        {201: responses.StartedBody, 200: responses.StartedBody},
        body=session_schemas.CreateBody,
        refusals=(
            *ASKED, Code.RESOURCE_LIMIT, Code.TARGET_REFUSED, Code.INVALID_PHONE, Code.INVALID_SESSION_ID,
            Code.SESSION_ID_MISMATCH, Code.SESSION_NOT_FOUND, Code.RATE_LIMITED, Code.NOT_OWNER, Code.MOVING,
            Code.CLUSTER_UNAVAILABLE,
        ),
        action=Action.START_SESSION,
    ),
    Route(
        "GET", "/api/sessions", sessions.list_sessions, Access.TOKEN,
        "Listar as sessões que o token alcança", {200: responses.SessionList},
    ),
    Route(
        "GET", f"{SESSION}/qrcode", sessions.show_qr_code, Access.SESSION,
        "Obter o QR Code (ou, com Accept: image/png, a imagem)",
        {200: responses.QrCode | responses.AlreadyConnected}, refusals=(Code.QR_NOT_AVAILABLE,),
        media=("image/png",), on_dashboard=True,
    ),
    Route(
        "GET", f"{SESSION}/status", sessions.show_status, Access.SESSION,
        "Consultar o status da sessão", {200: responses.Status}, on_dashboard=True,
    ),
    Route(
        "GET", SESSION, sessions.show_settings, Access.SESSION,
        "Consultar as configurações da sessão", {200: responses.SessionSettings},
    ),
    Route(
        "PATCH", SESSION, sessions.change, Access.SESSION,
        "Mudar as configurações da sessão", {200: responses.SessionSettings},
        body=session_schemas.ChangeBody, refusals=ASKED,
        action=Action.CHANGE_SESSION,
    ),
    Route(
        "DELETE", SESSION, sessions.close, Access.SESSION,
        "Encerrar a sessão preservando o login; com purge=true, apagar tudo", {200: responses.Confirmation},
        query={"purge": {"type": "boolean", "default": False, "description": "apagar tudo sobre a sessão"}},
        refusals=ASKED, on_dashboard=True,
        action=Action.CLOSE_SESSION,
    ),
    Route(
        "GET", f"{SESSION}/limits", sessions.show_limits, Access.SESSION,
        "Consultar os limites de novos contatos", {200: responses.AccountLimits},
    ),
    Route(
        "POST", f"{SESSION}/disconnect", sessions.close, Access.SESSION,
        "Encerrar a sessão preservando o login", {200: responses.Confirmation}, refusals=ASKED,
        action=Action.CLOSE_SESSION,
    ),
    Route(
        "POST", f"{SESSION}/restart", sessions.restart, Access.SESSION,
        "Reiniciar o navegador com o mesmo login", {202: responses.Restarting},
        refusals=(*ASKED, Code.RESOURCE_LIMIT), on_dashboard=True,
        action=Action.RESTART_SESSION,
    ),
    Route(
        "POST", f"{SESSION}/reset", sessions.reset, Access.SESSION,
        "Depois de TOKEN_CORRUPT: começar de novo com um QR Code", {202: responses.Restarting},
        refusals=(*ASKED, Code.LOGIN_NOT_CORRUPT), on_dashboard=True,
        action=Action.RESET_LOGIN,
    ),
    Route(
        "POST", f"{SESSION}/restore", sessions.restore, Access.SESSION,
        "Depois de TOKEN_CORRUPT: voltar à última cópia boa do login", {202: responses.Restarting},
        refusals=(*ASKED, Code.RESOURCE_LIMIT, Code.LOGIN_NOT_CORRUPT, Code.NO_LOGIN_COPY), on_dashboard=True,
        action=Action.RESTORE_LOGIN,
    ),
    Route(
        "POST", f"{SESSION}/logout", sessions.log_out, Access.SESSION,
        "Desvincular do WhatsApp e remover o login", {200: responses.Confirmation}, refusals=ASKED, on_dashboard=True,
        action=Action.LOG_OUT,
    ),
    Route(
        "POST", f"{SESSION}/pairing-link", pairing.make_link, Access.SESSION,
        "Criar o link pelo qual o cliente conecta o número dele; o anterior deixa de valer",
        {201: responses.PairingLinkMade}, body=schemas.PairingLinkBody, body_required=False,
        refusals=(
            *ASKED, Code.RESOURCE_LIMIT, Code.ALREADY_CONNECTED, Code.INVALID_PHONE, Code.TARGET_REFUSED,
        ),
        action=Action.MAKE_LINK,
    ),
    Route(
        "DELETE", f"{SESSION}/pairing-link", pairing.revoke_link, Access.SESSION,
        "Cancelar o link de conexão", {200: responses.Confirmation}, refusals=ASKED,
        action=Action.REVOKE_LINK,
    ),
    Route(
        "GET", _LINK, pairing.show_page, Access.LINK, "A página de conexão, para o cliente", {},
        query={"lang": {"type": "string", "enum": ["pt-BR", "en"], "default": "pt-BR", "description": "idioma"}},
        media=("text/html",),
        bare={404: "Página: o link não existe", 410: "Página: o link não vale mais, e por quê",
              429: "Página: tentativas demais"},
    ),
    Route(
        "POST", f"{_LINK}/open", pairing.open_link, Access.LINK, "A página foi aberta: os códigos contam a partir daqui",
        {200: responses.PairingState}, refusals=(*ASKED, *_OF_LINK, Code.RESOURCE_LIMIT),
    ),
    Route(
        "GET", f"{_LINK}/state", pairing.show_state, Access.LINK, "O que a página mostra agora",
        {200: responses.PairingState, 410: responses.PairingState}, refusals=(Code.NOT_FOUND, Code.STORE_UNAVAILABLE),
    ),
    Route(
        "POST", f"{_LINK}/code", pairing.ask_code, Access.LINK,
        "Pedir um código para digitar no celular; ele vem em um dos próximos estados", {200: responses.PairingState},
        body=schemas.PairingCodeBody, body_required=False,
        refusals=(*ASKED, *_OF_LINK, Code.INVALID_PHONE, Code.WRONG_PHONE),
    ),
    Route(
        "GET", "/pair-page/{file}", pairing.show_file, Access.PUBLIC, "Arquivos da página de conexão", {},
        media=("text/javascript", "text/css"), refusals=(Code.NOT_FOUND,),
    ),
)  # fmt: skip
