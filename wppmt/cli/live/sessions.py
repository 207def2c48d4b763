"""`wppmt sessions`: the list, and what is done to a session: start, restart, restore, reset, close, logout."""

from __future__ import annotations

import time
from collections.abc import Sequence

import click

from wppmt.cli.errors import CommandFailed
from wppmt.cli.gateway import Gateway, GatewayError, Json
from wppmt.cli.live import shown
from wppmt.cli.live.completion import session_id
from wppmt.cli.live.connection import as_json, is_missing, on_the_daemon
from wppmt.cli.live.shown import Column
from wppmt.cli.live.status import rows
from wppmt.domain.engines import Engine

LOST = (
    "Isto desvincula {session} do WhatsApp e apaga o login deste servidor, com as cópias. Só volta com um QR Code novo,"
    " lido no celular."
)


@click.group(short_help="Lista as sessões e age em uma.", invoke_without_command=True)
@click.pass_context
def sessions(context: click.Context) -> None:
    """Lista as sessões (sem comando, o mesmo que list) e age em uma delas."""
    if context.invoked_subcommand is None:
        context.invoke(show_list)


@sessions.command("list")
@as_json
@on_the_daemon
def show_list(gateway: Gateway, *, as_json: bool = False) -> None:
    """Lista todas as sessões, em ordem de nome."""
    found = sorted(rows(gateway), key=lambda row: str(row["sessionId"]))
    if as_json:
        shown.echo_json({"count": len(found), "sessions": found})
    else:
        shown.echo_lines(session_lines(found, time.time(), shown.width()))


COLUMNS = (
    Column("SESSÃO", least=12),
    Column("ESTADO"),
    Column("HÁ", right=True),
    Column("TELEFONE"),
    Column("ATIVIDADE", right=True),
    Column("MB", right=True),
    Column("PERFIL", right=True),
    Column("WEBHOOKS", right=True),
)


def session_lines(found: Sequence[Json], now: float, room: int) -> list[str]:
    """Beside the state: whose phone, when it was last active, memory and profile in MB, deliveries that wait + are dead."""
    cells = [
        (
            row["sessionId"],
            shown.state(row["status"]),
            shown.ago(row.get("since"), now),
            row.get("phone") or "-",
            shown.ago(row.get("lastActivity"), now),
            row.get("memoryMb"),
            row.get("profileMb"),
            f"{row['webhooks']['pending']}+{row['webhooks']['dead']}" if "webhooks" in row else "-",
        )
        for row in found
    ]
    if not cells:
        return ["Nenhuma sessão. A primeira: wppmt sessions start ID"]
    titles, *lines = shown.table(COLUMNS, cells, room)
    colours = [shown.STATES.get(row["status"], ("", ""))[1] for row in found]
    return [titles, *map(shown.paint, lines, colours)]


def _told(answer: Json, done: str, *, as_json: bool) -> None:
    if as_json:
        shown.echo_json(answer)
    else:
        click.echo(done)


@sessions.command(short_help="Inicia; uma encerrada volta com o login.")
@session_id
@click.option("--webhook-url", metavar="URL", help="Para onde vão os eventos desta sessão.")
@click.option(
    "--phone", metavar="NÚMERO", help="Pede um código de pareamento para este número, em vez de QR Code."
)
@click.option(
    "--engine",
    type=click.Choice([*Engine]),
    help="Em que a página roda (docs/motores.md); sem isto, como antes.",
)
@as_json
@on_the_daemon
def start(
    gateway: Gateway,
    session: str,
    *,
    webhook_url: str | None,
    phone: str | None,
    engine: str | None,
    as_json: bool,
) -> None:
    """Inicia a sessão ID; uma encerrada volta com o login que tem."""
    wanted = {"webhookUrl": webhook_url, "phone": phone, "engine": engine}
    answer = gateway.call("POST", session, "start", {name: value for name, value in wanted.items() if value})
    _told(
        answer,
        f"{session}: {shown.state(str(answer['status']))}. QR Code, se for preciso: wppmt qr {session}",
        as_json=as_json,
    )
    if secret := answer.get("webhookSecret"):
        click.echo(f"Segredo das assinaturas do webhook, mostrado só agora: {secret}", err=True)


@sessions.command(short_help="Troca o navegador, com o mesmo login.")
@session_id
@as_json
@on_the_daemon
def restart(gateway: Gateway, session: str, *, as_json: bool) -> None:
    """Troca o navegador da sessão ID, com o mesmo login, em qualquer estado; zera as contagens."""
    try:
        answer = gateway.ask("POST", f"/api/admin/sessions/{session}/restart")
    except GatewayError as refusal:
        if not is_missing(refusal):
            raise
        answer = gateway.call("POST", session, "restart")
    _told(answer, f"{session}: reiniciando. Acompanhe: wppmt status --watch", as_json=as_json)


@sessions.command("restart-crashed", short_help="Reinicia todas em erro ou travadas.")
@as_json
@on_the_daemon
def restart_crashed(gateway: Gateway, *, as_json: bool) -> None:
    """Reinicia todas as sessões em erro ou travadas, menos as que esperam uma escolha (TOKEN_CORRUPT)."""
    answer = gateway.ask("POST", "/api/admin/sessions/restart-crashed")
    if as_json:
        shown.echo_json(answer)
        return
    click.echo(f"Reiniciando: {', '.join(answer['restarted']) or 'nenhuma'}")
    for skipped in answer["skipped"]:
        text = f"Fora: {skipped['sessionId']}: {skipped['reason']} ({skipped['reasonCode']})"
        shown.echo_lines(shown.wrapped(text, "  ", shown.width(), ""))


@sessions.command(short_help="Traz de volta a última cópia boa do login.")
@session_id
@as_json
@on_the_daemon
def restore(gateway: Gateway, session: str, *, as_json: bool) -> None:
    """Depois de TOKEN_CORRUPT, traz de volta a última cópia boa do login da sessão ID, sem QR Code."""
    _told(gateway.call("POST", session, "restore"), f"{session}: restaurando o login", as_json=as_json)


@sessions.command(short_help="Recomeça com um QR Code.")
@session_id
@as_json
@on_the_daemon
def reset(gateway: Gateway, session: str, *, as_json: bool) -> None:
    """Depois de TOKEN_CORRUPT, recomeça a sessão ID com um QR Code."""
    _told(
        gateway.call("POST", session, "reset"),
        f"{session}: recomeçando. O QR Code: wppmt qr {session}",
        as_json=as_json,
    )


@sessions.command()
@session_id
@as_json
@on_the_daemon
def close(gateway: Gateway, session: str, *, as_json: bool) -> None:
    """Encerra a sessão ID; o login fica guardado."""
    _told(gateway.close(session), f"{session}: encerrada; o login está guardado", as_json=as_json)


@sessions.command(short_help="Desvincula do WhatsApp e apaga o login.")
@session_id
@click.option("--yes", is_flag=True, help="Confirma sem perguntar.")
@as_json
@on_the_daemon
def logout(gateway: Gateway, session: str, *, yes: bool, as_json: bool) -> None:
    """Desvincula a sessão ID do WhatsApp e apaga o login. Pergunta antes, e diz o que se perde."""
    if not yes:
        _confirm(LOST.format(session=session))
    answer = gateway.call("POST", session, "logout")
    _told(answer, f"{session}: desconectada, login apagado", as_json=as_json)
    if answer.get("unlinked") is False:
        note = "Aviso: o WhatsApp não foi alcançado. O cliente remove o aparelho no celular, em Aparelhos conectados"
        click.echo(note, err=True)


def _confirm(what_is_lost: str) -> None:
    """Click's own question takes only English letters. Raises CommandFailed."""
    click.echo(what_is_lost, err=True)
    said = click.prompt("Continuar? [s/N]", default="n", show_default=False, err=True)
    if said.strip().lower() not in {"s", "sim"}:
        raise CommandFailed("Nada foi feito (--yes confirma sem perguntar)")
