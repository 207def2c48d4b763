"""The page of `wppmt status`: what the API says at one moment, as a person reads it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from wppmt.cli.gateway import Json
from wppmt.cli.live import shown
from wppmt.cli.live.alerts import alert_lines
from wppmt.cli.live.shown import Column

_SERVICE = {
    "ok": "ok",
    "degraded": "com problemas",
    "starting": "iniciando",
    "draining": "sendo encerrado",
    "unreachable": "não responde agora; o que segue é de antes",
}
_OF_A_STATE = {"SESSION_IN_ERROR", "WHATSAPP_CHANGED"}
_WORST_FIRST = (
    "error",
    "reconnecting",
    "phone_disconnected",
    "waiting_scan",
    "initializing",
    "connected",
    "disconnected",
)


@dataclass(frozen=True, slots=True)
class Overview:
    """What the API says at one moment; `alerts` is None where this daemon or token has none."""

    health: Json
    sessions: Sequence[Json]
    alerts: Json | None
    figures: Json | None = None
    """Only an admin's."""

    @property
    def for_programs(self) -> dict[str, Any]:
        return {
            "health": self.health,
            "figures": self.figures,
            "alerts": self.alerts,
            "sessions": list(self.sessions),
        }


def page(overview: Overview, now: float, *, trouble_first: bool = False) -> list[str]:
    """What a person reads; trouble is last, beside the prompt, unless it is to be first."""
    room = shown.width()
    sessions = sorted(overview.sessions, key=lambda row: (_rank(row), row["sessionId"]))
    firing = overview.alerts["firing"] if overview.alerts else ()
    has_figures, known = overview.figures is not None, {alert["code"] for alert in firing}
    lines = service_lines(overview.health, room, has_figures=has_figures, known=known)
    if overview.figures:
        lines += shown.wrapped(" · ".join(figures_shown(overview.figures)), "  ", room)
    told = _told_by_their_sessions(firing, sessions)
    lines += [line for alert in firing if alert not in told for line in alert_lines(alert, now, room)]
    table, trouble = ["", *session_lines(sessions, now, room)], _attention_lines(sessions, told, now, room)
    return [*lines, *trouble, *table] if trouble_first else [*lines, *table, *trouble]


def _told_by_their_sessions(firing: Sequence[Json], sessions: Sequence[Json]) -> list[Json]:
    """Alerts of which the lines of a session in trouble say the same: why, since when, and what to do."""
    shown_anyway = {row["sessionId"] for row in sessions if _is_in_trouble(row)}
    return [alert for alert in firing if alert["code"] in _OF_A_STATE and alert["sessionId"] in shown_anyway]


def _attention_lines(sessions: Sequence[Json], told: Sequence[Json], now: float, room: int) -> list[str]:
    alerts = {alert["sessionId"]: str(alert["code"]) for alert in told}
    lines = [
        line
        for row in sessions
        if needs_attention(row)
        for line in trouble_lines(row, now, room, alerts.get(row["sessionId"], ""))
    ]
    return ["", "O que pede atenção:", *lines] if lines else []


def _rank(row: Json) -> int:
    return _WORST_FIRST.index(row["status"]) if row["status"] in _WORST_FIRST else 0


def service_lines(
    health: Json, room: int, *, has_figures: bool = False, known: Collection[str] = ()
) -> list[str]:
    """The service as a whole, as `/api/health` counts it; of its figures and of `known` reasons more is said elsewhere."""
    sessions, webhooks = health["sessions"], health["webhooks"]
    colour = {"ok": shown.GREEN, "degraded": shown.RED, "unreachable": shown.RED}.get(
        health["status"], shown.YELLOW
    )
    facts = (
        f"wppmt {health['version']}: {_SERVICE.get(health['status'], health['status'])}",
        f"no ar há {shown.lasting(health['uptimeSeconds'])}",
        f"{sessions['connected']} de {sessions['total']} sessões conectadas (no máximo {health['maxSessions']})",
        *(() if has_figures else (f"memória {shown.megabytes(health['memoryMb'])}",)),
        f"webhooks: {webhooks['pending']} na fila, {webhooks['dead']} abandonados",
    )
    lines = [shown.paint(line, colour) for line in shown.wrapped(" · ".join(facts), "  ", room, "")]
    for reason in health.get("reasons", ()):
        if reason["reasonCode"] not in known:
            lines += shown.wrapped(f"{reason['reason']} ({reason['reasonCode']})", "  ", room, "! ")
    return lines


def figures_shown(figures: Json) -> Iterator[str]:
    """Those that alerts judge by (docs/MULTI_TENANT_ARCHITECTURE.md 10.1)."""
    limit = figures["memoryLimitMb"]
    share = f" ({100 * figures['memoryMb'] / limit:.0f} %)" if limit else ""
    yield f"memória {shown.megabytes(figures['memoryMb'])} de {shown.megabytes(limit)}{share}"
    yield f"CPU {shown.decimal(figures['cpuPercent'])} %"
    asleep = f", {figures['hibernating']} hibernando" if figures.get("hibernating") else ""
    yield f"{figures['connected']} conectadas de {figures['wanted']} que deveriam{asleep}"
    yield f"erros {shown.decimal(figures['errorPercent'])} % de {figures['requests']} em 5 min"
    yield f"respostas em até {shown.decimal(round(figures['responseSeconds'], 2))} s"
    yield f"webhooks sem sucesso no último minuto: {figures['webhooksFailed']}"
    yield f"disco {shown.megabytes(figures['diskFreeMb'])} livres"


COLUMNS = (
    Column("SESSÃO", least=12),
    Column("ESTADO"),
    Column("HÁ", right=True),
    Column("MB", right=True),
    Column("FILA", right=True),
    Column("ENV", right=True),
    Column("REC", right=True),
    Column("REIN", right=True),
    Column("MOTIVO", least=8),
)


def session_lines(sessions: Sequence[Json], now: float, room: int) -> list[str]:
    if not sessions:
        return ["Nenhuma sessão. A primeira: wppmt sessions start ID"]
    cells = [
        (
            row["sessionId"], shown.state(row["status"]), shown.ago(row.get("since"), now), row.get("memoryMb"),
            row.get("queue"), row.get("messagesSent"), row.get("messagesReceived"), row.get("restarts"),
            row.get("reasonCode"),
        )
        for row in sessions
    ]  # fmt: skip
    titles, *lines = shown.table(COLUMNS, cells, room)
    colours = [shown.STATES.get(row["status"], ("", ""))[1] for row in sessions]
    return [titles, *map(shown.paint, lines, colours)]


def needs_attention(row: Json) -> bool:
    """Not what is well, on its way there, or stopped on purpose; but whoever has lost events."""
    return _is_in_trouble(row) or bool(_dead(row))


def _is_in_trouble(row: Json) -> bool:
    match row["status"]:
        case "connected" if row.get("hibernation"):
            return False
        case "connected":
            return not all((row.get("abilities") or {}).values())
        case "disconnected":
            return row.get("reasonCode") != "STOPPED"
        case _:
            return bool(row["status"] != "initializing")


def _dead(row: Json) -> int:
    found: int = (row.get("webhooks") or {}).get("dead", 0)
    return found


def trouble_lines(row: Json, now: float, room: int, alert: str = "") -> list[str]:
    """Which, since when, why; and what to do. `alert`: the code of the one that fires for it."""
    name, code = row["sessionId"], row.get("reasonCode") or ""
    head = f"{name}: {shown.state(row['status'])} há {shown.ago(row.get('since'), now)}. {row.get('reason') or ''} ({code})"
    lines = shown.wrapped(f"{head}. Alerta: {alert}" if alert else head, "  ", room, "")
    if row["status"] != "connected" and _is_in_trouble(row) and row.get("remedy"):
        lines += shown.wrapped(row["remedy"], "    ", room, "  → ")
    lacking = [name for name, can in (row.get("abilities") or {}).items() if not can]
    if row["status"] == "connected" and lacking:
        lines += shown.wrapped(f"Não consegue agora: {', '.join(lacking)}", "    ", room, "  → ")
    if dead := _dead(row):
        counted = shown.counted(dead, "evento abandonado", "eventos abandonados")
        lines += shown.wrapped(f"{counted}: veja wppmt dead-letters list {name}", "    ", room, "  → ")
    return [*lines, *shown.wrapped(f"O que houve: wppmt explica {name}", "    ", room, "  → ")]
