"""Why a session is in its state: reason codes and the Portuguese sentence of each (docs/contract.md 4)."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Codes for `reasonCode`; `sentence()` gives `reason`."""

    STARTING = "STARTING"
    RESTARTED = "RESTARTED"
    SCAN_QR = "SCAN_QR"
    ENTER_CODE = "ENTER_CODE"
    READY = "READY"
    ACCOUNT_CHANGED = "ACCOUNT_CHANGED"
    HIBERNATING = "HIBERNATING"
    WAKING = "WAKING"
    STOPPED = "STOPPED"
    LOGGED_OUT = "LOGGED_OUT"
    NOT_UNLINKED = "NOT_UNLINKED"
    QR_EXPIRED = "QR_EXPIRED"
    QR_NEVER = "QR_NEVER"
    PHONE_OFFLINE = "PHONE_OFFLINE"
    NETWORK = "NETWORK"
    CONFLICT = "CONFLICT"
    BROWSER_CRASHED = "BROWSER_CRASHED"
    BROWSER_HUNG = "BROWSER_HUNG"
    CHANNEL_SILENT = "CHANNEL_SILENT"
    CHROME_MISSING = "CHROME_MISSING"
    ENGINE_UNUSABLE = "ENGINE_UNUSABLE"
    PROFILE_LOCKED = "PROFILE_LOCKED"
    PROFILE_UNUSABLE = "PROFILE_UNUSABLE"
    PAGE_LOAD_FAILED = "PAGE_LOAD_FAILED"
    PROXY_FAILED = "PROXY_FAILED"
    INJECT_FAILED = "INJECT_FAILED"
    WHATSAPP_CHANGED = "WHATSAPP_CHANGED"
    WA_JS_CHANGED = "WA_JS_CHANGED"
    TOKEN_CORRUPT = "TOKEN_CORRUPT"  # noqa: S105 - a reason, not a password
    UPDATE_NEEDED = "UPDATE_NEEDED"
    PASSKEY_REQUIRED = "PASSKEY_REQUIRED"
    ACTION_REQUIRED = "ACTION_REQUIRED"
    ACCOUNT_RESTRICTED = "ACCOUNT_RESTRICTED"
    ACCOUNT_BANNED = "ACCOUNT_BANNED"
    ACCOUNT_LOCKED = "ACCOUNT_LOCKED"
    LINK_EXPIRED = "LINK_EXPIRED"
    LOGIN_NOT_SAVED = "LOGIN_NOT_SAVED"
    REACHOUT_TIMELOCK = "REACHOUT_TIMELOCK"
    NEW_CHAT_QUOTA = "NEW_CHAT_QUOTA"
    AUTH_FAILED = "AUTH_FAILED"
    WRONG_PHONE = "WRONG_PHONE"
    RECYCLED = "RECYCLED"
    LOGIN_COPY = "LOGIN_COPY"
    ACKS_MISSING = "ACKS_MISSING"
    RESOURCE_LIMIT = "RESOURCE_LIMIT"
    DAEMON_RESTARTED = "DAEMON_RESTARTED"
    OWNERSHIP_UNPROVEN = "OWNERSHIP_UNPROVEN"
    MACHINE_LOST = "MACHINE_LOST"
    ACTOR_FAILED = "ACTOR_FAILED"
    ACTOR_HUNG = "ACTOR_HUNG"
    RECONNECT_FAILED = "RECONNECT_FAILED"


_SENTENCES = {
    Reason.STARTING: "Abrindo o WhatsApp Web",
    Reason.RESTARTED: "Reinício solicitado",
    Reason.SCAN_QR: "Aguardando a leitura do QR Code no celular",
    Reason.ENTER_CODE: "Aguardando o código de pareamento no celular",
    Reason.READY: "Conectado ao WhatsApp",
    Reason.ACCOUNT_CHANGED: "Conectado ao WhatsApp com outro número. Confirme se é o desta sessão",
    Reason.HIBERNATING: "Hibernando, com o login guardado. Um envio a acorda; o que chegar espera até lá",
    Reason.WAKING: "A sessão hibernava e demora a acordar. Reconectando",
    Reason.STOPPED: "Sessão encerrada a pedido",
    Reason.LOGGED_OUT: "Aparelho desvinculado do WhatsApp. É preciso ler um novo QR Code",
    Reason.NOT_UNLINKED: "Login removido só deste servidor. Remova o aparelho no celular, em Aparelhos conectados",
    Reason.QR_EXPIRED: "Nenhum QR Code foi lido a tempo. Inicie a sessão de novo para receber outro",
    Reason.QR_NEVER: "O WhatsApp Web não mostrou o QR Code a tempo. Nova tentativa automática",
    Reason.PHONE_OFFLINE: "Celular desconectado da internet",
    Reason.NETWORK: "Sem conexão com o WhatsApp; tentando reconectar",
    Reason.CONFLICT: "WhatsApp Web aberto em outro lugar com este login",
    Reason.BROWSER_CRASHED: "O navegador da sessão caiu. Reconectando",
    Reason.BROWSER_HUNG: "O navegador da sessão parou de responder. Reconectando",
    Reason.CHANNEL_SILENT: "A página do WhatsApp parou de dar sinal de vida. Reconectando",
    Reason.CHROME_MISSING: "O programa do motor desta sessão não foi encontrado ou não roda. wppmt doctor diz que pacote instalar",
    Reason.ENGINE_UNUSABLE: "O motor desta sessão não pode abrir este perfil. Atualize o pacote dele ou troque o motor",
    Reason.PROFILE_LOCKED: "O perfil da sessão está em uso por outro processo. Encerre-o ou reinicie a sessão",
    Reason.PROFILE_UNUSABLE: "A pasta do perfil não é segura (é um link ou pertence a outro usuário)",
    Reason.PAGE_LOAD_FAILED: "A página do WhatsApp Web não carregou. Verifique a rede e o proxy do servidor",
    Reason.PROXY_FAILED: "O proxy desta sessão não responde ou recusa a conexão. Verifique endereço, usuário e senha",
    Reason.INJECT_FAILED: "O wa-js não pôde ser carregado na página. Verifique a versão com: wppmt doctor",
    Reason.WHATSAPP_CHANGED: "O WhatsApp Web mudou. O login está guardado; nova tentativa a cada 15 minutos",
    Reason.WA_JS_CHANGED: "O wa-js desta sessão está sendo trocado. Reconectando",
    Reason.TOKEN_CORRUPT: "O login salvo não foi aceito. Restaure a última cópia (restore) ou recomece com um QR Code (reset)",
    Reason.UPDATE_NEEDED: "O WhatsApp Web pede uma atualização. Se o aviso persistir, atualize o Chromium",
    Reason.PASSKEY_REQUIRED: "O WhatsApp pediu uma chave de acesso (passkey). Confirme no celular e reinicie a sessão",
    Reason.ACTION_REQUIRED: "O WhatsApp mostra um aviso que exige a ação de uma pessoa",
    Reason.ACCOUNT_RESTRICTED: "O WhatsApp restringiu esta conta",
    Reason.ACCOUNT_BANNED: "O WhatsApp suspendeu esta conta por um tempo. O celular mostra até quando",
    Reason.ACCOUNT_LOCKED: "O WhatsApp bloqueou esta conta e a desvinculou. Resolva no celular e leia um novo QR Code",
    Reason.LINK_EXPIRED: "O WhatsApp desvincula um aparelho depois de cerca de 14 dias sem uso. Leia um novo QR Code",
    Reason.LOGIN_NOT_SAVED: "O navegador caiu antes de gravar o login. Leia um novo QR Code",
    Reason.REACHOUT_TIMELOCK: "O WhatsApp pausou o envio a novos contatos desta conta. Os demais envios continuam",
    Reason.NEW_CHAT_QUOTA: "Esta conta atingiu o limite de novas conversas do WhatsApp. Os demais envios continuam",
    Reason.AUTH_FAILED: "Falha na autenticação",
    Reason.WRONG_PHONE: "Outro número leu o código do link de conexão, e foi desvinculado. Envie um novo link",
    Reason.LOGIN_COPY: "Reinício breve, num momento ocioso, para guardar uma cópia do login",
    Reason.RECYCLED: "O navegador passou do limite de memória e está sendo trocado. Reconectando",
    Reason.ACKS_MISSING: "O WhatsApp não confirma as mensagens enviadas. As pendentes não se perdem",
    Reason.RESOURCE_LIMIT: "Falta disco ou memória para esta sessão. Libere: ela volta sozinha, sem QR Code",
    Reason.DAEMON_RESTARTED: "O serviço foi reiniciado. Reconectando",
    Reason.OWNERSHIP_UNPROVEN: "Esta máquina não pode provar no etcd que a sessão é dela. O navegador espera; volta sozinho",
    Reason.MACHINE_LOST: "A máquina da sessão caiu. Outra a retoma do último backup; mensagens recentes podem precisar de novo envio",
    Reason.ACTOR_FAILED: "Erro interno da sessão. Reconectando",
    Reason.ACTOR_HUNG: "A sessão parou de responder. Reconectando",
    Reason.RECONNECT_FAILED: "Dez tentativas de reconexão falharam. As tentativas continuam",
}

LOGIN_ENDED = {Reason.LOGGED_OUT, Reason.ACCOUNT_LOCKED, Reason.LINK_EXPIRED, Reason.LOGIN_NOT_SAVED}
"""Why a session that had a login shows codes again."""
UNUSED_SECONDS = 13 * 86_400.0
"""WhatsApp unlinks a device after about 14 days without use."""


def why_logged_out(whatsapps_word: str, unused_seconds: float) -> Reason:
    """From the page's own word for a logout, and how long the login was not connected before it."""
    if whatsapps_word == "account_locked":
        return Reason.ACCOUNT_LOCKED
    if whatsapps_word != "user_initiated" and unused_seconds >= UNUSED_SECONDS:
        return Reason.LINK_EXPIRED
    return Reason.LOGGED_OUT


RECOVERABLE = frozenset(
    {
        Reason.RECONNECT_FAILED,
        Reason.AUTH_FAILED,  # the next code follows
        Reason.REACHOUT_TIMELOCK,
        Reason.NEW_CHAT_QUOTA,
        Reason.ACKS_MISSING,
        Reason.WHATSAPP_CHANGED,
    }
)
"""The service recovers from these by itself (`recoverable` of an `error` event). Any other needs a person."""


def sentence(code: Reason, missing: str = "") -> str:
    """The sentence for the operator; `missing` names what a page that has changed does not have any more."""
    if code is Reason.WHATSAPP_CHANGED and missing:
        return f"{_SENTENCES[code]}. Falta: {missing}"
    return _SENTENCES[code]
