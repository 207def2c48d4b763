"""Every route of docs/contract.md 3 in one table; the router and the OpenAPI document are made from it."""

from __future__ import annotations

from wppmt.domain.errors import Code
from wppmt.http.api import (
    event_responses,
    responses,
    schemas,
    send_schemas,
    session_schemas,
)
from wppmt.http.api.chat_routes import CHAT_ROUTES
from wppmt.http.api.operator_routes import OPERATOR_ROUTES
from wppmt.http.api.query_parameters import LARGEST, LARGEST_PAGE, PAGE
from wppmt.http.api.route import ASKED, Access, Route
from wppmt.http.handlers import (
    acts,
    contacts,
    events,
    kinds,
    media_sends,
    pairing,
    sends,
    sessions,
    webhook_test,
    webhooks,
)

_SESSION = "/api/sessions/{sessionId}"
_LINK = "/pair/{token}"
_OF_LINK = (Code.NOT_FOUND, Code.LINK_ENDED, Code.STORE_UNAVAILABLE)
_PAGE: dict[str, dict[str, object]] = {
    "after": {
        "type": "integer",
        "minimum": 0,
        "maximum": LARGEST,
        "default": 0,
        "description": "o `next` da página anterior",
    },
    "limit": {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE},
}

_SEND_HEADERS = ("Idempotency-Key", "Prefer")
_SEND = (
    *ASKED, Code.NOT_CONNECTED, Code.INVALID_PHONE, Code.QUEUE_FULL, Code.NOT_ON_WHATSAPP, Code.REACHOUT_TIMELOCK,
    Code.NEW_CHAT_QUOTA, Code.NEW_CONTACT_BUDGET, Code.STRANGER_GAP, Code.QUIET_HOURS, Code.COULD_NOT_LOOK, Code.WHATSAPP_CHANGED, Code.SEND_FAILED, Code.IDEMPOTENCY_MISMATCH,
    Code.IDEMPOTENCY_IN_FLIGHT, Code.GROUP_NOT_FOUND, Code.NOT_GROUP_MEMBER, Code.NOT_GROUP_ADMIN,
)  # fmt: skip
_TARGET = (Code.MESSAGE_NOT_FOUND, Code.AMBIGUOUS_MESSAGE_ID)
_ACT = (
    *ASKED, *_TARGET, Code.NOT_CONNECTED, Code.QUEUE_FULL, Code.COULD_NOT_LOOK, Code.WHATSAPP_CHANGED, Code.SEND_FAILED,
    Code.IDEMPOTENCY_MISMATCH, Code.IDEMPOTENCY_IN_FLIGHT,
)  # fmt: skip
_MADE_SEND = (
    *_SEND, Code.TARGET_REFUSED, Code.MEDIA_FETCH_FAILED, Code.UNSUPPORTED_MEDIA, Code.MEDIA_TOO_LARGE,
)  # fmt: skip
_SENT = {200: responses.SentBody, 202: responses.Pending}
_ACTED = {200: responses.ActedBody, 202: responses.ActedBody}
_MESSAGE = f"{_SESSION}/messages/{{messageId}}"
_MEDIA_SEND = (*_SEND, Code.TARGET_REFUSED, Code.MEDIA_FETCH_FAILED, Code.PAYLOAD_TOO_LARGE)

ROUTES = (
    Route(
        "POST", f"{_SESSION}/start", sessions.start, Access.NEW_SESSION,
        "Criar ou iniciar uma sessão",
        {201: responses.StartedBody, 200: responses.StartedBody},
        body=session_schemas.StartBody, body_required=False,
        refusals=(*ASKED, Code.RESOURCE_LIMIT, Code.TARGET_REFUSED, Code.INVALID_PHONE), on_dashboard=True,
    ),
    Route(
        "POST", "/api/sessions", sessions.create, Access.TOKEN,
        "Criar ou iniciar uma sessão, com sessionId no corpo",
        {201: responses.StartedBody, 200: responses.StartedBody},
        body=session_schemas.CreateBody,
        refusals=(
            *ASKED, Code.RESOURCE_LIMIT, Code.TARGET_REFUSED, Code.INVALID_PHONE, Code.INVALID_SESSION_ID,
            Code.SESSION_ID_MISMATCH, Code.SESSION_NOT_FOUND, Code.RATE_LIMITED,
        ),
    ),
    Route(
        "GET", "/api/sessions", sessions.list_sessions, Access.TOKEN,
        "Listar as sessões que o token alcança", {200: responses.SessionList},
    ),
    Route(
        "GET", f"{_SESSION}/qrcode", sessions.show_qr_code, Access.SESSION,
        "Obter o QR Code (ou, com Accept: image/png, a imagem)",
        {200: responses.QrCode | responses.AlreadyConnected}, refusals=(Code.QR_NOT_AVAILABLE,),
        media=("image/png",), on_dashboard=True,
    ),
    Route(
        "GET", f"{_SESSION}/status", sessions.show_status, Access.SESSION,
        "Consultar o status da sessão", {200: responses.Status}, on_dashboard=True,
    ),
    Route(
        "GET", _SESSION, sessions.show_settings, Access.SESSION,
        "Consultar as configurações da sessão", {200: responses.SessionSettings},
    ),
    Route(
        "PATCH", _SESSION, sessions.change, Access.SESSION,
        "Mudar as configurações da sessão", {200: responses.SessionSettings},
        body=session_schemas.ChangeBody, refusals=ASKED,
    ),
    Route(
        "DELETE", _SESSION, sessions.close, Access.SESSION,
        "Encerrar a sessão preservando o login; com purge=true, apagar tudo", {200: responses.Confirmation},
        query={"purge": {"type": "boolean", "default": False, "description": "apagar tudo sobre a sessão"}},
        refusals=ASKED, on_dashboard=True,
    ),
    Route(
        "GET", f"{_SESSION}/limits", sessions.show_limits, Access.SESSION,
        "Consultar os limites de novos contatos", {200: responses.AccountLimits},
    ),
    Route(
        "POST", f"{_SESSION}/disconnect", sessions.close, Access.SESSION,
        "Encerrar a sessão preservando o login", {200: responses.Confirmation}, refusals=ASKED,
    ),
    Route(
        "POST", f"{_SESSION}/restart", sessions.restart, Access.SESSION,
        "Reiniciar o navegador com o mesmo login", {202: responses.Restarting},
        refusals=(*ASKED, Code.RESOURCE_LIMIT), on_dashboard=True,
    ),
    Route(
        "POST", f"{_SESSION}/reset", sessions.reset, Access.SESSION,
        "Depois de TOKEN_CORRUPT: começar de novo com um QR Code", {202: responses.Restarting},
        refusals=(*ASKED, Code.LOGIN_NOT_CORRUPT), on_dashboard=True,
    ),
    Route(
        "POST", f"{_SESSION}/restore", sessions.restore, Access.SESSION,
        "Depois de TOKEN_CORRUPT: voltar à última cópia boa do login", {202: responses.Restarting},
        refusals=(*ASKED, Code.RESOURCE_LIMIT, Code.LOGIN_NOT_CORRUPT, Code.NO_LOGIN_COPY), on_dashboard=True,
    ),
    Route(
        "POST", f"{_SESSION}/logout", sessions.log_out, Access.SESSION,
        "Desvincular do WhatsApp e remover o login", {200: responses.Confirmation}, refusals=ASKED, on_dashboard=True,
    ),
    Route(
        "POST", f"{_SESSION}/pairing-link", pairing.make_link, Access.SESSION,
        "Criar o link pelo qual o cliente conecta o número dele; o anterior deixa de valer",
        {201: responses.PairingLinkMade}, body=schemas.PairingLinkBody, body_required=False,
        refusals=(
            *ASKED, Code.RESOURCE_LIMIT, Code.ALREADY_CONNECTED, Code.INVALID_PHONE, Code.TARGET_REFUSED,
        ),
    ),
    Route(
        "DELETE", f"{_SESSION}/pairing-link", pairing.revoke_link, Access.SESSION,
        "Cancelar o link de conexão", {200: responses.Confirmation}, refusals=ASKED,
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
    Route(
        "POST", f"{_SESSION}/send-message", sends.send_message, Access.SESSION,
        "Enviar uma mensagem de texto", {200: responses.SentBody, 202: responses.Pending},
        body=schemas.SendTextBody, headers=_SEND_HEADERS, refusals=_SEND,
    ),
    Route(
        "POST", f"{_SESSION}/send-image", media_sends.send_image, Access.SESSION,
        "Enviar uma imagem por URL ou base64", {200: responses.SentBody, 202: responses.Pending},
        body=schemas.SendImageBody, headers=_SEND_HEADERS, refusals=_MEDIA_SEND,
    ),
    Route(
        "POST", f"{_SESSION}/send-file", media_sends.send_file, Access.SESSION,
        "Enviar documento, imagem, vídeo, áudio ou mensagem de voz", {200: responses.SentBody, 202: responses.Pending},
        body=schemas.SendFileBody, headers=_SEND_HEADERS, refusals=_MEDIA_SEND,
    ),
    Route(
        "POST", f"{_SESSION}/send-video", media_sends.send_video, Access.SESSION,
        "Enviar um vídeo, um GIF ou um recado de vídeo", _SENT,
        body=send_schemas.SendVideoBody, headers=_SEND_HEADERS, refusals=_MADE_SEND,
    ),
    Route(
        "POST", f"{_SESSION}/send-voice", media_sends.send_voice, Access.SESSION, "Enviar uma mensagem de voz", _SENT,
        body=send_schemas.SendVoiceBody, headers=_SEND_HEADERS, refusals=(*_MADE_SEND, Code.MEDIA_TOO_LONG),
    ),
    Route(
        "POST", f"{_SESSION}/send-sticker", media_sends.send_sticker, Access.SESSION, "Enviar uma figurinha", _SENT,
        body=send_schemas.SendStickerBody, headers=_SEND_HEADERS, refusals=_MADE_SEND,
    ),
    Route(
        "POST", f"{_SESSION}/send-location", kinds.send_location, Access.SESSION, "Enviar uma localização", _SENT,
        body=send_schemas.SendLocationBody, headers=_SEND_HEADERS, refusals=_SEND,
    ),
    Route(
        "POST", f"{_SESSION}/send-contact", kinds.send_contact, Access.SESSION, "Enviar um ou mais contatos", _SENT,
        body=send_schemas.SendContactBody, headers=_SEND_HEADERS, refusals=_SEND,
    ),
    Route(
        "POST", f"{_SESSION}/send-poll", kinds.send_poll, Access.SESSION, "Enviar uma enquete", _SENT,
        body=send_schemas.SendPollBody, headers=_SEND_HEADERS, refusals=_SEND,
    ),
    Route(
        "POST", f"{_SESSION}/send-pix", kinds.send_pix, Access.SESSION, "Enviar uma chave Pix", _SENT,
        body=send_schemas.SendPixBody, headers=_SEND_HEADERS, refusals=_SEND,
    ),
    Route(
        "POST", f"{_MESSAGE}/forward", kinds.forward, Access.SESSION, "Encaminhar uma mensagem", _SENT,
        body=send_schemas.ForwardBody, headers=_SEND_HEADERS, refusals=(*_SEND, *_TARGET),
    ),
    Route(
        "PUT", f"{_MESSAGE}/reaction", acts.react, Access.SESSION, "Reagir a uma mensagem", _ACTED,
        body=send_schemas.ReactionBody, headers=_SEND_HEADERS, refusals=_ACT,
    ),
    Route(
        "DELETE", f"{_MESSAGE}/reaction", acts.take_back_reaction, Access.SESSION, "Desfazer a reação", _ACTED,
        headers=_SEND_HEADERS, refusals=_ACT,
    ),
    Route(
        "PATCH", _MESSAGE, acts.edit, Access.SESSION, "Editar um texto enviado", _ACTED,
        body=send_schemas.EditBody, headers=_SEND_HEADERS,
        refusals=(*_ACT, Code.NOT_OWN_MESSAGE, Code.TOO_LATE_TO_EDIT),
    ),
    Route(
        "DELETE", _MESSAGE, acts.delete, Access.SESSION, "Apagar uma mensagem, para todos ou só nesta conta", _ACTED,
        query={"for": {"type": "string", "enum": list(acts.FOR), "description": "para quem: obrigatório"}},
        headers=_SEND_HEADERS, refusals=(*_ACT, Code.NOT_OWN_MESSAGE, Code.TOO_LATE_TO_DELETE),
    ),
    *CHAT_ROUTES,
    Route(
        "GET", f"{_SESSION}/check-number/{{phone}}", contacts.check_number, Access.SESSION,
        "Verificar se um número está no WhatsApp", {200: responses.NumberCheckBody},
        refusals=(*ASKED, Code.NOT_CONNECTED, Code.INVALID_PHONE, Code.COULD_NOT_LOOK),
    ),
    Route(
        "GET", f"{_SESSION}/messages/{{messageId}}/media", contacts.show_media, Access.SESSION,
        "Obter a mídia de uma mensagem recebida", {}, media=("*/*",),
        bare={206: "A parte pedida com Range", 304: "Não mudou", 412: "Mudou", 416: "Range inválido"},
        refusals=(*ASKED, Code.NOT_CONNECTED, Code.NOT_FOUND, Code.PAYLOAD_TOO_LARGE, Code.STORE_UNAVAILABLE),
    ),
    Route(
        "PUT", f"{_SESSION}/webhook", webhooks.set_webhook, Access.SESSION,
        "Configurar o webhook", {200: event_responses.Webhook}, body=schemas.WebhookBody,
        refusals=(*ASKED, Code.TARGET_REFUSED),
    ),
    Route(
        "GET", f"{_SESSION}/webhook", webhooks.show_webhook, Access.SESSION,
        "Consultar o webhook", {200: event_responses.Webhook},
    ),
    Route(
        "DELETE", f"{_SESSION}/webhook", webhooks.remove_webhook, Access.SESSION,
        "Remover o webhook próprio da sessão", {200: event_responses.Webhook}, refusals=ASKED,
    ),
    Route(
        "POST", f"{_SESSION}/webhook/secret", webhooks.rotate_secret, Access.SESSION,
        "Trocar o segredo das assinaturas", {200: event_responses.Webhook}, refusals=ASKED,
    ),
    Route(
        "POST", f"{_SESSION}/webhook/test", webhook_test.try_webhook, Access.SESSION,
        "Enviar ao webhook um evento de amostra, assinado, e ver o que ele respondeu", {200: event_responses.WebhookTest},
        body=schemas.WebhookTestBody, body_required=False, refusals=(Code.WEBHOOK_TEST_IN_FLIGHT,), on_dashboard=True,
    ),
    Route(
        "GET", f"{_SESSION}/messages/{{messageId}}", events.show_message, Access.SESSION,
        "Consultar o andamento de uma mensagem enviada", {200: responses.JournalMessage},
        refusals=(Code.MESSAGE_NOT_FOUND,),
    ),
    Route(
        "GET", f"{_SESSION}/events", events.list_events, Access.SESSION,
        "Ler os eventos da sessão em ordem (7 dias)", {200: event_responses.EventPage}, query=_PAGE, on_dashboard=True,
    ),
    Route(
        "GET", f"{_SESSION}/dead-letters", events.list_dead_letters, Access.SESSION,
        "Listar os eventos abandonados, que o webhook não recebeu", {200: event_responses.DeadLetterPage}, query=_PAGE, on_dashboard=True,
    ),
    Route(
        "POST", f"{_SESSION}/dead-letters/replay", events.replay_dead_letters, Access.SESSION,
        "Reenviar um, alguns ou todos os eventos abandonados", {200: event_responses.Replayed},
        body=schemas.ReplayBody, body_required=False, refusals=(*ASKED, Code.TARGET_REFUSED), on_dashboard=True,
    ),
    *OPERATOR_ROUTES,
)  # fmt: skip
