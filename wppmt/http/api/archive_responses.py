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
