"""What requests about whole sessions may say: imports, moves."""

from __future__ import annotations

from pydantic import Field

from wppmt.http.api.record_schemas import KeySession
from wppmt.http.api.schemas import Body


class ImportBody(Body):
    """POST /api/admin/imports."""

    session_id: KeySession = Field(examples=["loja"], description="o nome da pasta do perfil, feito id")


class MoveBody(Body):
    """POST /api/admin/sessions/{sessionId}/move: to a machine of the cluster, or to any other instance."""

    machine: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        examples=["maquina-2"],
        description="a máquina do cluster; sem `to` e `token`",
    )
    to: str | None = Field(
        default=None,
        min_length=1,
        max_length=300,
        description="a outra instância: esquema, host e porta; http só nesta máquina; com `token`",
    )
    token: str | None = Field(
        default=None,
        min_length=1,
        max_length=8000,
        description="um token, ou uma chave, com a permissão `admin` na outra instância",
    )
