"""What answers say of a machine that is emptied."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wppmt.http.api.responses import AnswerBody


class Drained(AnswerBody):
    success: Literal[True] = True
    machine: str = Field(examples=["maquina-1"], description="a máquina do cluster (WPP_CLUSTER_MACHINE)")
    drained: bool = Field(
        examples=[True],
        description="`true`: nenhuma sessão vem, e as que há vão; GET /api/admin/cluster mostra quantas faltam",
    )
