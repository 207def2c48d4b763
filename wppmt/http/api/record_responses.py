"""What the operator's records look like in answers: keys, the audit trail."""

from __future__ import annotations

from pydantic import Field

from wppmt.http.api.responses import AnswerBody, Instant, absent


class ApiKeyShown(AnswerBody):
    """All about a key but the key itself."""

    id: str = Field(examples=["key_01HZX3V5Q4W8Y0T2R6N9M1K7J5"], description="id da chave, para revogá-la")
    name: str = Field(examples=["n8n da loja"], description="o nome que lhe foi dado")
    sessions: list[str] = Field(
        examples=[["cliente-001"]], description="as sessões que ela alcança; vazia: todas"
    )
    scopes: list[str] = Field(examples=[["read", "send"]])
    ips: list[str] = Field(
        examples=[["203.0.113.7/32"]], description="de quais redes ela pode ser usada; vazia: de qualquer uma"
    )
    created_at: Instant = Field(description="quando a chave foi criada")
    expires_at: Instant = Field(description="até quando a chave vale")
    last_used_at: Instant | None = Field(
        description="último uso, com até um minuto de atraso após uma queda; null: nenhum"
    )


class ApiKeyMade(ApiKeyShown):
    """201 of POST /api/admin/keys."""

    key: str = Field(
        examples=["wpk_Zk3v0c…"], description="a chave, mostrada só desta vez: só o hash dela é guardado"
    )


class ApiKeyList(AnswerBody):
    count: int = Field(examples=[1])
    keys: list[ApiKeyShown] = Field(description="as chaves cujas sessões este token ou esta chave alcança")


class AuditEntry(AnswerBody):
    """One thing that was done."""

    id: int = Field(
        examples=[4711], description="número do registro, que só cresce: o `after` de quem continua daqui"
    )
    at: Instant = Field(description="quando foi feito")
    who: str | None = Field(
        examples=["ana@avelar"],
        description="o `sub` do token, o nome da chave, ou `wppmt`: o próprio serviço; null: um token sem `sub`, ou alguém fora do serviço (no celular, o WhatsApp)",
    )
    address: str | None = Field(examples=["203.0.113.7"], description="IP de quem pediu")
    action: str = Field(
        examples=["session.restart"], description="o que foi feito, em uma palavra estável para programas"
    )
    session_id: str | None = Field(examples=["cliente-001"])
    target: str | None = Field(
        examples=[None], description="o nome da chave, o destino do webhook, o motivo de um reinício"
    )
    request_id: str | None = Field(
        examples=["5f0c8f5a4d1e4b7f9c3f6a2b1d0e9c8b"],
        description="o `requestId` da requisição, o mesmo do log",
    )


class AuditPage(AnswerBody):
    """Oldest first."""

    entries: list[AuditEntry] = Field(description="os registros, do mais antigo ao mais novo")
    next_cursor: int | None = Field(
        examples=[4711], description="o `after` da próxima página; null: não há mais"
    )


class Attempt(AnswerBody):
    """One try to deliver an event to its webhook."""

    at: Instant = Field(description="quando a tentativa começou")
    status: int | None = Field(
        examples=[500], description="status HTTP da resposta; null: não houve resposta"
    )
    duration_ms: int = Field(examples=[35], description="duração da chamada, em milissegundos")
    answer: str | None = Field(
        examples=["erro interno"],
        description="o começo da resposta (1 kB), se for texto; nunca a do webhook padrão do serviço",
    )


class Attempts(AnswerBody):
    attempts: list[Attempt] = Field(description="as tentativas, em ordem; no máximo as 100 mais novas")


class ExplainedMoment(AnswerBody):
    at: Instant = Field(description="quando aconteceu")
    text: str = Field(
        examples=["enviada ao WhatsApp"], description="o que aconteceu, em palavras para pessoas"
    )


class Explained(AnswerBody):
    """What happened, and what to do."""

    message_id: str | None = absent(
        examples=["3EB0F6F2E2E2E2E2E2E"],
        description="a mensagem, como na pergunta; ausente: a sessão inteira",
    )
    timeline: list[ExplainedMoment] = Field(
        description="em ordem; telefones mascarados, sem o texto das mensagens"
    )
    advice: str = Field(examples=["Nada a fazer: foi entregue."], description="o que fazer agora")
