"""`wppmt cluster`: the machines of the cluster, the sessions of each, and what is on its way (docs/escala.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import click

from wppmt.cli.gateway import Gateway, Json
from wppmt.cli.live import shown
from wppmt.cli.live.connection import as_json, on_the_daemon
from wppmt.cli.live.shown import Column

ALONE = "Esta instância não é parte de um cluster: WPP_CLUSTER_ETCD está vazio (docs/escala.md)"
FROZEN = "! O etcd não responde: o que segue pode ser de antes, e nada muda de máquina"
MACHINES = (
    Column("MÁQUINA", least=8), Column("SESSÕES", right=True), Column("LIVRES", right=True), Column("VERSÃO"),
    Column("URL", least=12), Column("", least=8),
)  # fmt: skip
SESSIONS = (Column("SESSÃO", least=12), Column("MÁQUINA", least=8), Column("", least=12))
WHY = {"asked": "a pedido", "drain": "para esvaziar", "balance": "para equilibrar", "lost": "máquina perdida"}

STATES = {"stopping": "parando", "short": "sem disco ou memória", "failing": "muitas sessões falham"}


@click.command(short_help="As máquinas do cluster, e quantas sessões há em cada uma.")
@click.option("--sessions", "lists", is_flag=True, help="Também cada sessão, com a máquina dela.")
@as_json
@on_the_daemon
def cluster(gateway: Gateway, *, lists: bool, as_json: bool) -> None:
    """Mostra as máquinas do cluster, as vagas, quem é a líder e o que está mudando de máquina."""
    answer = gateway.ask("GET", "/api/admin/cluster")
    if as_json:
        shown.echo_json(answer)
    else:
        shown.echo_lines(page(answer, shown.width(), lists=lists))


def page(answer: Json, room: int, *, lists: bool) -> Iterator[str]:
    if not answer["enabled"]:
        yield ALONE
        return
    if answer["frozen"]:
        yield from (shown.paint(line, shown.RED) for line in shown.wrapped(FROZEN, "  ", room))
        yield ""
    yield from _machines(answer, room)
    yield from _moves(answer, room)
    if lists:
        yield ""
        rows = [(one["sessionId"], one["machine"], _note(one)) for one in answer["sessions"]]
        yield from shown.table(SESSIONS, rows, room)


def _machines(answer: Json, room: int) -> Iterator[str]:
    """Those that live, and those that are gone and have sessions."""
    counts = Counter(one["machine"] for one in answer["sessions"])
    rows: list[tuple[object, ...]] = [
        (
            one["name"], counts.pop(one["name"], 0), max(one["places"] - one["used"], 0), one["version"],
            one["url"], ", ".join(_remarks(answer, one)),
        )
        for one in answer["machines"]
    ]  # fmt: skip
    rows += [(name, count, "-", "-", "-", "não responde") for name, count in sorted(counts.items())]
    yield from shown.table(MACHINES, rows, room)


def _remarks(answer: Json, machine: Json) -> Iterator[str]:
    if machine["isHere"]:
        yield "esta"
    if machine["name"] == answer["leader"]:
        yield "líder"
    if machine["isDrained"]:
        yield "sendo esvaziada"
    state = str(machine["state"])
    if state != "ok":
        yield STATES.get(state, state)


def _moves(answer: Json, room: int) -> Iterator[str]:
    for one in answer["moves"]:
        why = WHY.get(one["why"], one["why"])
        line = f"{one['sessionId']}: de {one['from']} a {one['to']}, {why}"
        refused = one.get("refused")
        yield from shown.wrapped(f"{line}; recusada: {refused}" if refused else line, "    ", room, "  → ")


def _note(session: Json) -> str:
    return "" if session["owned"] else "sem dona agora: a caminho, ou a máquina não responde"
