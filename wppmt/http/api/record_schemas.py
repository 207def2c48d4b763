"""What requests for the operator's records may say: keys."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from wppmt.http.api.schemas import Body
from wppmt.http.security.api_keys import network_of


def _a_network(text: str) -> str:
    try:
        return network_of(text)
    except ValueError:
        raise ValueError("deve ser um IP ou uma rede, como 203.0.113.7 ou 203.0.113.0/24") from None


KeySession = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$")]
Network = Annotated[str, Field(max_length=64), AfterValidator(_a_network)]


class ApiKeyBody(Body):
    """POST /api/admin/keys."""

    name: str = Field(
        min_length=1,
        max_length=64,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        examples=["n8n da loja"],
        description="para reconhecer a chave na lista e na auditoria",
    )
    sessions: list[KeySession] = Field(
        [],
        max_length=1000,
        examples=[["cliente-001"]],
        description="as sessões que ela alcança; vazia ou ausente: todas",
    )
    scopes: list[Literal["read", "send", "control", "admin"]] = Field(
        min_length=1, examples=[["read", "send"]]
    )
    days: int = Field(365, ge=1, le=3650, examples=[90], description="por quantos dias ela vale")
    ips: list[Network] = Field(
        [],
        max_length=100,
        examples=[["203.0.113.7", "10.0.0.0/8"]],
        description="de quais IPs ou redes ela pode ser usada; vazia ou ausente: de qualquer um",
    )
