"""What requests about whole sessions may say: imports, moves."""

from __future__ import annotations

from pydantic import Field

from wppmt.http.api.record_schemas import KeySession
from wppmt.http.api.schemas import Body


class ImportBody(Body):
    """POST /api/admin/imports."""

    session_id: KeySession = Field(examples=["loja"], description="o nome da pasta do perfil, feito id")
