"""What the operator's records look like in answers: keys."""

from __future__ import annotations

from pydantic import Field

from wppmt.http.api.responses import AnswerBody, Instant


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
