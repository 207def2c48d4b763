"""The routes of what came in and how it is told: numbers, media, webhooks, events, dead letters (docs/contract.md 3)."""

from __future__ import annotations

from wppmt.domain.actions import Action
from wppmt.domain.errors import Code
from wppmt.http.api import event_responses, responses, schemas, send_responses
from wppmt.http.api.query_parameters import LARGEST, LARGEST_PAGE, PAGE
from wppmt.http.api.route import ASKED, SESSION, Access, Route
from wppmt.http.handlers import contacts, events, webhook_test, webhooks

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


EVENT_ROUTES = (
    Route(
        "GET", f"{SESSION}/check-number/{{phone}}", contacts.check_number, Access.SESSION,
        "Verificar se um número está no WhatsApp", {200: responses.NumberCheckBody},
        refusals=(*ASKED, Code.NOT_CONNECTED, Code.INVALID_PHONE, Code.COULD_NOT_LOOK),
    ),
    Route(
        "GET", f"{SESSION}/messages/{{messageId}}/media", contacts.show_media, Access.SESSION,
        "Obter a mídia de uma mensagem recebida", {}, media=("*/*",),
        bare={206: "A parte pedida com Range", 304: "Não mudou", 412: "Mudou", 416: "Range inválido"},
        refusals=(*ASKED, Code.NOT_CONNECTED, Code.NOT_FOUND, Code.PAYLOAD_TOO_LARGE, Code.STORE_UNAVAILABLE),
    ),
    Route(
        "PUT", f"{SESSION}/webhook", webhooks.set_webhook, Access.SESSION,
        "Configurar o webhook", {200: event_responses.Webhook}, body=schemas.WebhookBody,
        refusals=(*ASKED, Code.TARGET_REFUSED),
        action=Action.SET_WEBHOOK,
    ),
    Route(
        "GET", f"{SESSION}/webhook", webhooks.show_webhook, Access.SESSION,
        "Consultar o webhook", {200: event_responses.Webhook},
    ),
    Route(
        "DELETE", f"{SESSION}/webhook", webhooks.remove_webhook, Access.SESSION,
        "Remover o webhook próprio da sessão", {200: event_responses.Webhook}, refusals=ASKED,
        action=Action.REMOVE_WEBHOOK,
    ),
    Route(
        "POST", f"{SESSION}/webhook/secret", webhooks.rotate_secret, Access.SESSION,
        "Trocar o segredo das assinaturas", {200: event_responses.Webhook}, refusals=ASKED,
        action=Action.ROTATE_SECRET,
    ),
    Route(
        "POST", f"{SESSION}/webhook/test", webhook_test.try_webhook, Access.SESSION,
        "Enviar ao webhook um evento de amostra, assinado, e ver o que ele respondeu", {200: event_responses.WebhookTest},
        body=schemas.WebhookTestBody, body_required=False, refusals=(Code.WEBHOOK_TEST_IN_FLIGHT,), on_dashboard=True,
        action=Action.TEST_WEBHOOK,
    ),
    Route(
        "GET", f"{SESSION}/messages/{{messageId}}", events.show_message, Access.SESSION,
        "Consultar o andamento de uma mensagem enviada", {200: send_responses.JournalMessage},
        refusals=(Code.MESSAGE_NOT_FOUND,),
    ),
    Route(
        "GET", f"{SESSION}/events", events.list_events, Access.SESSION,
        "Ler os eventos da sessão em ordem (7 dias)", {200: event_responses.EventPage}, query=_PAGE, on_dashboard=True,
    ),
    Route(
        "GET", f"{SESSION}/dead-letters", events.list_dead_letters, Access.SESSION,
        "Listar os eventos abandonados, que o webhook não recebeu", {200: event_responses.DeadLetterPage}, query=_PAGE, on_dashboard=True,
    ),
    Route(
        "POST", f"{SESSION}/dead-letters/replay", events.replay_dead_letters, Access.SESSION,
        "Reenviar um, alguns ou todos os eventos abandonados", {200: event_responses.Replayed},
        body=schemas.ReplayBody, body_required=False, refusals=(*ASKED, Code.TARGET_REFUSED), on_dashboard=True,
        action=Action.REPLAY,
    ),
)  # fmt: skip
