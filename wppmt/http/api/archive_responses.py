"""What answers say of whole sessions: imports, moves."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from wppmt.domain.states import State
from wppmt.http.api.responses import AnswerBody


class Imported(AnswerBody):
    success: Literal[True] = True
    session_id: str = Field(examples=["loja"])
    status: State = Field(
        examples=["disconnected"], description="encerrada, com o login: inicie-a quando quiser"
    )


class MayCome(AnswerBody):
    success: Literal[True] = True
    session_id: str = Field(examples=["cliente-001"])


class ArrivalShown(AnswerBody):
    session_id: str = Field(examples=["cliente-001"])
    taken: bool = Field(
        examples=[True], description="a sessão é desta instância; `false`: o arquivo espera a origem"
    )
    status: State | None = Field(examples=["connected"], description="`null` enquanto o arquivo espera")


class Dropped(AnswerBody):
    success: Literal[True] = True
    session_id: str = Field(examples=["cliente-001"])
