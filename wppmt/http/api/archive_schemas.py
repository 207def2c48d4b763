"""What requests about whole sessions may say: imports, moves."""

from __future__ import annotations

from pydantic import Field

from wppmt.http.api.record_schemas import KeySession
from wppmt.http.api.schemas import Body


class ImportBody(Body):
    """POST /api/admin/imports."""

    session_id: KeySession = Field(examples=["loja"], description="o nome da pasta do perfil, feito id")


class MoveBody(Body):
    """POST /api/admin/sessions/{sessionId}/move."""

    to: str = Field(
        min_length=1,
        max_length=300,
        examples=["https://wppconnect-4.avelarsys.com"],
        description="a outra instância: esquema, host e porta; http só nesta máquina",
    )
    token: str = Field(
        min_length=1,
        max_length=8000,
        examples=["eyJhbGciOiJIUzI1NiJ9…"],
        description="um token, ou uma chave, com a permissão `admin` na outra instância",
    )
