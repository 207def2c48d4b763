"""Every refusal: its code, its HTTP status, its Portuguese text (docs/contract.md 6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Code(StrEnum):
    """Stable codes for programs; the text of each is for people and may change."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    TOKEN_EXPIRED = "TOKEN_EXPIRED"
    FORBIDDEN = "FORBIDDEN"
    INVALID_REQUEST = "INVALID_REQUEST"
    INVALID_SESSION_ID = "INVALID_SESSION_ID"
    INVALID_PHONE = "INVALID_PHONE"
    SESSION_ID_MISMATCH = "SESSION_ID_MISMATCH"
    SESSION_NOT_FOUND = "SESSION_NOT_FOUND"
    MESSAGE_NOT_FOUND = "MESSAGE_NOT_FOUND"
    GROUP_NOT_FOUND = "GROUP_NOT_FOUND"
    NOT_OWN_MESSAGE = "NOT_OWN_MESSAGE"
    CALL_NOT_FOUND = "CALL_NOT_FOUND"
    BUSINESS_ONLY = "BUSINESS_ONLY"
    NOT_GROUP_ADMIN = "NOT_GROUP_ADMIN"
    NOT_GROUP_MEMBER = "NOT_GROUP_MEMBER"
    AMBIGUOUS_MESSAGE_ID = "AMBIGUOUS_MESSAGE_ID"
    TOO_LATE_TO_EDIT = "TOO_LATE_TO_EDIT"
    TOO_LATE_TO_DELETE = "TOO_LATE_TO_DELETE"
    QR_NOT_AVAILABLE = "QR_NOT_AVAILABLE"
    NOT_FOUND = "NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    UNSUPPORTED_ENCODING = "UNSUPPORTED_ENCODING"
    RATE_LIMITED = "RATE_LIMITED"
    QUEUE_FULL = "QUEUE_FULL"
    NOT_CONNECTED = "NOT_CONNECTED"
    NOT_ON_WHATSAPP = "NOT_ON_WHATSAPP"
    REACHOUT_TIMELOCK = "REACHOUT_TIMELOCK"
    NEW_CHAT_QUOTA = "NEW_CHAT_QUOTA"
    NEW_CONTACT_BUDGET = "NEW_CONTACT_BUDGET"
    STRANGER_GAP = "STRANGER_GAP"
    QUIET_HOURS = "QUIET_HOURS"
    COULD_NOT_LOOK = "COULD_NOT_LOOK"
    WHATSAPP_CHANGED = "WHATSAPP_CHANGED"
    SEND_FAILED = "SEND_FAILED"
    TARGET_REFUSED = "TARGET_REFUSED"
    MEDIA_FETCH_FAILED = "MEDIA_FETCH_FAILED"
    UNSUPPORTED_MEDIA = "UNSUPPORTED_MEDIA"
    MEDIA_TOO_LARGE = "MEDIA_TOO_LARGE"
    MEDIA_TOO_LONG = "MEDIA_TOO_LONG"
    LOGIN_NOT_CORRUPT = "LOGIN_NOT_CORRUPT"
    NO_LOGIN_COPY = "NO_LOGIN_COPY"
    ALREADY_CONNECTED = "ALREADY_CONNECTED"
    NOT_RUNNING = "NOT_RUNNING"
    NO_ARCHIVE_KEY = "NO_ARCHIVE_KEY"
    ARCHIVE_REFUSED = "ARCHIVE_REFUSED"
    SESSION_EXISTS = "SESSION_EXISTS"
    MOVING = "MOVING"
    NOT_OWNER = "NOT_OWNER"
    CLUSTER_UNAVAILABLE = "CLUSTER_UNAVAILABLE"
    LINK_ENDED = "LINK_ENDED"
    WRONG_PHONE = "WRONG_PHONE"
    IDEMPOTENCY_MISMATCH = "IDEMPOTENCY_MISMATCH"
    IDEMPOTENCY_IN_FLIGHT = "IDEMPOTENCY_IN_FLIGHT"
    WEBHOOK_TEST_IN_FLIGHT = "WEBHOOK_TEST_IN_FLIGHT"
    RESOURCE_LIMIT = "RESOURCE_LIMIT"
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE"
    DRAINING = "DRAINING"
    SESSION_BUSY = "SESSION_BUSY"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    INTERNAL = "INTERNAL"


@dataclass(frozen=True, slots=True)
class Meaning:
    """The HTTP status and the text of a code."""

    http_status: int
    text: str


CATALOGUE: dict[Code, Meaning] = {
    Code.UNAUTHENTICATED: Meaning(401, "Token ausente ou inválido. Envie Authorization: Bearer <JWT>"),
    Code.TOKEN_EXPIRED: Meaning(401, "Token expirado. Peça um novo ao AvAdmin"),
    Code.FORBIDDEN: Meaning(403, "Este token ou esta chave não tem a permissão necessária. Veja details"),
    Code.INVALID_REQUEST: Meaning(400, "Requisição inválida. Veja details"),
    Code.INVALID_SESSION_ID: Meaning(
        400,
        "sessionId inválido: use de 1 a 64 letras minúsculas, dígitos e hífens, sem hífen no começo ou no fim",
    ),
    Code.INVALID_PHONE: Meaning(400, "Telefone inválido: use de 8 a 15 dígitos, com o código do país"),
    Code.SESSION_ID_MISMATCH: Meaning(400, "X-Session-ID não corresponde à sessão da URL"),
    Code.SESSION_NOT_FOUND: Meaning(404, "Sessão não encontrada"),
    Code.MESSAGE_NOT_FOUND: Meaning(404, "Mensagem não encontrada"),
    Code.GROUP_NOT_FOUND: Meaning(404, "Grupo não encontrado entre os desta conta"),
    Code.NOT_OWN_MESSAGE: Meaning(403, "Só vale para mensagens desta conta"),
    Code.CALL_NOT_FOUND: Meaning(404, "Chamada não encontrada: já terminou, ou foi de outra sessão"),
    Code.BUSINESS_ONLY: Meaning(409, "Só contas comerciais (WhatsApp Business) têm etiquetas"),
    Code.NOT_GROUP_ADMIN: Meaning(403, "Só administradores do grupo podem fazer isto"),
    Code.NOT_GROUP_MEMBER: Meaning(403, "Esta conta não participa do grupo"),
    Code.AMBIGUOUS_MESSAGE_ID: Meaning(
        409, "Mais de uma mensagem tem este id curto. Use um dos ids completos que estão em details"
    ),
    Code.TOO_LATE_TO_EDIT: Meaning(409, "O WhatsApp não permite mais editar esta mensagem"),
    Code.TOO_LATE_TO_DELETE: Meaning(409, "O WhatsApp não permite mais apagar esta mensagem para todos"),
    Code.QR_NOT_AVAILABLE: Meaning(404, "Não há QR Code para mostrar neste estado da sessão"),
    Code.NOT_FOUND: Meaning(404, "Recurso não encontrado"),
    Code.METHOD_NOT_ALLOWED: Meaning(405, "Método não permitido nesta rota"),
    Code.PAYLOAD_TOO_LARGE: Meaning(413, "Maior que o limite: 10 MB no corpo, WPP_MAX_MEDIA_MB em uma mídia"),
    Code.UNSUPPORTED_ENCODING: Meaning(415, "Content-Encoding não é aceito: envie o corpo sem compressão"),
    Code.RATE_LIMITED: Meaning(
        429, "Limite de requisições por minuto atingido (por sessão; fora delas, por token ou endereço)"
    ),
    Code.QUEUE_FULL: Meaning(429, "Fila de envio da sessão cheia. Aguarde e tente de novo"),
    Code.NOT_CONNECTED: Meaning(503, "WhatsApp não está conectado"),
    Code.NOT_ON_WHATSAPP: Meaning(422, "Este número não está no WhatsApp"),
    Code.REACHOUT_TIMELOCK: Meaning(429, "O WhatsApp pausou o envio a novos contatos desta conta"),
    Code.NEW_CHAT_QUOTA: Meaning(429, "Esta conta atingiu o limite de novas conversas do WhatsApp"),
    Code.NEW_CONTACT_BUDGET: Meaning(429, "O limite diário de novos contatos desta sessão foi atingido"),
    Code.STRANGER_GAP: Meaning(429, "Ainda não passou o intervalo desta sessão entre novos contatos"),
    Code.QUIET_HOURS: Meaning(429, "Esta sessão não escreve a quem nunca escreveu a ela neste horário"),
    Code.COULD_NOT_LOOK: Meaning(
        503, "Não foi possível consultar o WhatsApp agora. Nada foi feito; tente de novo"
    ),
    Code.WHATSAPP_CHANGED: Meaning(
        503, "O WhatsApp Web mudou e este envio não é possível agora. O login está guardado"
    ),
    Code.SEND_FAILED: Meaning(422, "O WhatsApp recusou a mensagem"),
    Code.TARGET_REFUSED: Meaning(422, "URL de destino não permitida"),
    Code.MEDIA_FETCH_FAILED: Meaning(422, "Não foi possível obter a mídia"),
    Code.UNSUPPORTED_MEDIA: Meaning(
        422, "Este tipo de arquivo não serve aqui. Veja em details o que é aceito"
    ),
    Code.MEDIA_TOO_LARGE: Meaning(422, "A mídia passa do limite de tamanho (WPP_MAX_MEDIA_MB)"),
    Code.MEDIA_TOO_LONG: Meaning(422, "O áudio passa da duração máxima (WPP_MAX_AUDIO_MINUTES)"),
    Code.LOGIN_NOT_CORRUPT: Meaning(
        409, "O login desta sessão está em uso: só depois de TOKEN_CORRUPT há o que restaurar ou descartar"
    ),
    Code.NO_LOGIN_COPY: Meaning(
        404, "Não há cópia boa do login desta sessão. Use reset para começar de novo com um QR Code"
    ),
    Code.ALREADY_CONNECTED: Meaning(
        409, "Esta sessão já tem um login. Para conectar outro número, faça logout antes"
    ),
    Code.NO_ARCHIVE_KEY: Meaning(
        409, "Este serviço não tem uma chave de backup válida (WPP_ARCHIVE_KEY). Veja details"
    ),
    Code.ARCHIVE_REFUSED: Meaning(
        422, "O arquivo não pode ser restaurado aqui. Nada foi mudado. Veja details"
    ),
    Code.SESSION_EXISTS: Meaning(409, "Esta sessão já existe aqui. Nada foi mudado"),
    Code.MOVING: Meaning(
        503, "Esta sessão está mudando de instância. Nada foi feito; tente de novo em instantes"
    ),
    Code.NOT_OWNER: Meaning(
        421, "Esta sessão é de outra instância: repita a chamada em owner, com a mesma Idempotency-Key"
    ),
    Code.CLUSTER_UNAVAILABLE: Meaning(
        503, "O etcd do cluster não responde, e sem ele nenhuma sessão nova começa. Nada foi feito"
    ),
    Code.NOT_RUNNING: Meaning(409, "O navegador desta sessão não está aberto: não há página para mostrar"),
    Code.LINK_ENDED: Meaning(410, "Este link de conexão não vale mais. Peça um novo a quem o enviou"),
    Code.WRONG_PHONE: Meaning(422, "Este link de conexão é de outro número"),
    Code.IDEMPOTENCY_MISMATCH: Meaning(422, "Esta Idempotency-Key já foi usada com outro conteúdo"),
    Code.IDEMPOTENCY_IN_FLIGHT: Meaning(409, "A requisição com esta Idempotency-Key ainda está em andamento"),
    Code.WEBHOOK_TEST_IN_FLIGHT: Meaning(409, "Outro teste do webhook desta sessão ainda está em andamento"),
    Code.RESOURCE_LIMIT: Meaning(503, "Limite de recursos atingido"),
    Code.STORE_UNAVAILABLE: Meaning(503, "Banco de dados indisponível (disco cheio?). Nada foi feito"),
    Code.DRAINING: Meaning(503, "O serviço está sendo encerrado. Tente de novo em instantes"),
    Code.SESSION_BUSY: Meaning(503, "A sessão não respondeu a tempo. Nada foi feito; tente de novo"),
    Code.OUTCOME_UNKNOWN: Meaning(
        504, "Resultado desconhecido: a operação pode ter sido feita. Consulte antes de repetir"
    ),
    Code.INTERNAL: Meaning(500, "Erro interno. Informe o requestId ao suporte"),
}


class Refusal(Exception):
    """A refusal that the caller can act on. `extra` is added to the answer's JSON, e.g. `reconnectRequired`."""

    def __init__(
        self,
        code: Code,
        *,
        details: Sequence[dict[str, Any]] = (),
        retry_after: float | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.details = list(details)
        self.retry_after = retry_after
        self.extra = extra or {}
        self.is_repeat = False
        """What was answered before, under the same idempotency key."""


class SetupError(Exception):
    """The daemon cannot start; the message is one Portuguese line that says what to do."""
