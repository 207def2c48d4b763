"""The table, and docs/assumptions.md as it follows from it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from wppmt.browser.assumptions.connection import CONNECTION
from wppmt.browser.assumptions.login import LOGIN, PAIRING, SCREEN
from wppmt.browser.assumptions.modules import MODULES
from wppmt.browser.assumptions.people import AROUND, PEOPLE, RECEIVING
from wppmt.browser.assumptions.row import BUILD_READ, Assumption, Mark, Topic
from wppmt.browser.assumptions.sending import ACTS, SENDING

TOPICS = (CONNECTION, LOGIN, PAIRING, SCREEN, SENDING, ACTS, RECEIVING, AROUND, PEOPLE, MODULES)
HEAD = f"""# O que o wppmt supõe do WhatsApp

Gerado de `wppmt/browser/assumptions` por `make docs`: mude a tabela, não este arquivo.

A página do WhatsApp muda cerca de uma vez por mês, sem aviso. Aqui está, linha por linha, o que o wppmt dá por certo, com a
marca de quanto se sabe:

- **{Mark.BUILD}**: lido, e em parte executado sem rede, nos módulos do WhatsApp Web `{BUILD_READ}` (agosto de 2026). O que o
  servidor faz com isso continua fora da vista.
- **{Mark.ISSUES}**: em issues ou no código do wa-js, do wppconnect ou do whatsapp-web.js, ou medido por outros.
- **{Mark.GUESSED}**: nem um nem outro. É o primeiro lugar onde procurar quando algo falha só no WhatsApp.

O simulador segue os mesmos fatos ([simulador.md](simulador.md)), e por isso não mostra quando um deles está errado. O que falta
na página de hoje está na linha `inventory` do log e, com o motivo `WHATSAPP_CHANGED`, em `reason` do status da sessão.
"""


def document() -> str:
    return "\n".join([HEAD, _counts(), *(line for topic in TOPICS for line in _section(topic))])


def _counts() -> str:
    marks = Counter(row.mark for topic in TOPICS for row in topic.rows)
    return ", ".join(f"{marks[mark]} {mark}" for mark in Mark) + ".\n"


def _section(topic: Topic) -> Iterator[str]:
    yield f"## {topic.title}\n"
    yield "| suposição | marca | de onde | quem depende | se estiver errada |"
    yield "|---|---|---|---|---|"
    yield from map(_line, topic.rows)
    yield ""


def _line(row: Assumption) -> str:
    file, _, name = row.used_by.partition("#")
    return f"| {row.says} | {row.mark} | {row.source} | `{name}` em `{file}` | {row.if_wrong} |"
