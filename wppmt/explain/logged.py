"""What the log tells of a session, in the words of a timeline. Pure; only what no other source tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from wppmt.domain.reasons import Reason, sentence
from wppmt.explain.material import Line, Logged

_WORDS: Mapping[str, str] = {
    "acks_missing": "o WhatsApp não confirma o que foi enviado; o serviço tenta refazer a conexão",
    "actor_replaced": "a parte do serviço que cuida da sessão parou e foi substituída",
    "alert_firing": "alerta {code}: {note}",
    "alert_mail_failed": "e-mail do alerta {code} recusado pelo programa de correio",
    "alert_resolved": "fim do alerta {code}",
    "browser_adopted": "o serviço reiniciou e retomou o navegador, que continuou aberto",
    "browser_failed": "falha {failures} do navegador; nova tentativa em {retrySeconds} s",
    "browser_not_adopted": "o navegador deixado aberto não pôde ser retomado: será reaberto",
    "browser_renewed": "navegador reaberto em {seconds} s para usar a versão nova",
    "codes_not_renewed": "a página não deu novos QR Codes",
    "http_failed": "uma chamada à API terminou em erro interno (requestId {requestId})",
    "inbound_audit_incomplete": "a conferência do que chegou não pôde ir até o fim",
    "inbound_missed": "a conferência achou mensagens de que a página não avisou: {messages}",
    "leftover_browser_ended": "um navegador que sobrou de antes foi encerrado",
    "login_mended": "o login no disco estava danificado e foi consertado",
    "login_not_saved": "a página não gravou o login a tempo antes de fechar",
    "login_replaced": "o login foi aberto em outro WhatsApp Web",
    "login_saved": "login gravado no disco",
    "logout_without_unlink": "logout feito sem que o WhatsApp confirmasse",
    "media_not_kept": "uma mídia recebida não pôde ser guardada",
    "news_dismissed": "um aviso do WhatsApp Web foi fechado",
    "page_interrupted": "a página estava presa e foi solta",
    "pairing_code_failed": "a página não deu um código de pareamento",
    "profile_not_set_aside": "o perfil não pôde ir para a quarentena",
    "profile_unreadable": "o perfil no disco não pôde ser lido",
    "renewal_begun": "chegou a vez de reabrir o navegador para usar a versão nova",
    "renewal_late": "o navegador demora a voltar depois de reaberto",
    "renewal_stopped": "a troca de navegadores parou nesta sessão: {note}",
    "resource_limit": "início recusado: limite de recursos da instância",
    "snapshot_not_taken": "a cópia do login não pôde ser feita",
    "wa_js_changed": "wa-js trocado para {waJs}",
    "wa_js_refused": "o wa-js guardado não serve: {note}",
    "webhook_queue_full": "entregas demais na fila do webhook",
}
_TOLD_ELSEWHERE = {
    "audit_failed",
    "inventory",
    "logged_out",
    "needs_person",
    "webhook_abandoned",
    "webhook_failed",
    "webhook_stopped",
}
"""By the session's events and by the attempts of its deliveries."""
_WORTH_TELLING = {"warning", "error"}


def session_lines(lines: Sequence[Logged]) -> Iterator[Line]:
    """Known events in words; a warning that has none by its name, so that it can be found in the log."""
    for line in lines:
        if line.event in _WORDS:
            yield Line(line.at, _filled(_WORDS[line.event], line.details))
        elif line.level in _WORTH_TELLING and line.event not in _TOLD_ELSEWHERE:
            yield Line(line.at, f"aviso no log: {line.event}")


def message_lines(lines: Sequence[Logged], message_id: str) -> Iterator[Line]:
    """What whoever sent it was answered."""
    for line in lines:
        if line.event == "http_request" and line.details.get("messageId") == message_id:
            yield Line(
                line.at,
                f"a API respondeu HTTP {_value(line.details, 'status')} em {_value(line.details, 'ms')} ms",
            )


def _filled(words: str, details: Mapping[str, object]) -> str:
    return words.format_map(_Details(details))


class _Details(dict[str, str]):
    """A line of another version may lack what is named."""

    def __init__(self, details: Mapping[str, object]) -> None:
        super().__init__({name: _value(details, name) for name in details})

    def __missing__(self, name: str) -> str:
        return "?"


def _value(details: Mapping[str, object], name: str) -> str:
    value = details.get(name, "?")
    if isinstance(value, str) and value in set(Reason):
        return sentence(Reason(value))
    return str(value).replace(".", ",") if isinstance(value, float) else str(value)
