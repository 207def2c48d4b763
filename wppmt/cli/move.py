"""`wppmt move`: a session goes to another instance, with its login, its events and its queue (docs/operacao.md)."""

from __future__ import annotations

import time
from pathlib import Path

import click

from wppmt.cli import archive_jobs
from wppmt.cli.context import SettingsSource, pass_source
from wppmt.cli.errors import CommandFailed, OutcomeUnknown
from wppmt.cli.gateway import Gateway, GatewayError, Json
from wppmt.cli.live import shown
from wppmt.cli.live.completion import session_id
from wppmt.cli.live.connection import as_json, connect, ending
from wppmt.cli.token import TTL_SECONDS, make_token, signing_settings
from wppmt.domain.system_errors import explain
from wppmt.moving.remote import instance_url

ONLY_ISSUER = "Sem WPP_SECRET comum às duas instâncias, dê um token da outra: --token-file ARQUIVO"


@click.command(short_help="Muda uma sessão para outra instância, ou outra máquina do cluster.")
@session_id
@click.option("--to", "to", metavar="URL", help="A outra instância: https://HOST[:PORTA].")
@click.option("--machine", metavar="MAQUINA", help="A outra máquina do cluster (WPP_CLUSTER_MACHINE dela).")
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="ARQUIVO",
    help="Um token ou uma chave da outra, com a permissão admin (padrão: assinado com a WPP_SECRET das duas).",
)
@as_json
@pass_source
def move(
    source: SettingsSource,
    session: str,
    *,
    to: str | None,
    machine: str | None,
    token_file: Path | None,
    as_json: bool,
) -> None:
    """Muda a sessão ID para a instância em URL, ou para a máquina MAQUINA do cluster: login, eventos, fila e webhooks vão
    juntos, sem QR Code. Se algo falha, ela continua aqui; depois, esta instância responde 421 com a outra. O perfil
    antigo é apagado em 24 h.
    """
    if machine and not to:
        _within(source, session, machine, as_json=as_json)
    elif to and not machine:
        _to_another(source, session, to, token_file, as_json=as_json)
    else:
        raise click.UsageError("Diga --to URL ou --machine MAQUINA, só um dos dois.")


def _within(source: SettingsSource, session: str, machine: str, *, as_json: bool) -> None:
    try:
        archive_jobs.move_within(connect(source), session, machine)
    except GatewayError as refusal:
        raise ending(refusal) from None
    if as_json:
        shown.echo_json({"sessionId": session, "machine": machine})
    else:
        click.echo(f"{session}: agora na máquina {machine}")


def _to_another(
    source: SettingsSource, session: str, to: str, token_file: Path | None, *, as_json: bool
) -> None:
    try:
        url = instance_url(to)
    except ValueError as wrong:
        raise click.BadParameter(str(wrong), param_hint="--to") from None
    token = _read(token_file) if token_file else _signed(source)
    try:
        archive_jobs.move(connect(source), session, url, token)
    except GatewayError as refusal:
        raise ending(refusal) from None
    status = _there(Gateway(url, lambda: token), session)
    if as_json:
        shown.echo_json({"sessionId": session, "owner": url, "status": status["status"]})
    else:
        click.echo(f"{session}: agora em {url}, {shown.state(str(status['status']))}")


def _there(gateway: Gateway, session: str) -> Json:
    """As the other instance shows it. Raises OutcomeUnknown."""
    try:
        return gateway.status(session)
    except GatewayError as refusal:
        raise OutcomeUnknown(
            f"{session}: já é de {gateway.url}, que não a mostra ainda ({refusal}). O serviço daqui continua tentando"
        ) from None


def _signed(source: SettingsSource) -> str:
    auth = signing_settings(source)
    if auth.algorithm != "HS256":
        raise CommandFailed(ONLY_ISSUER)
    return make_token(
        auth, time.time(), ttl=min(TTL_SECONDS, auth.max_lifetime_seconds or TTL_SECONDS), admin=True
    )


def _read(file: Path) -> str:
    try:
        token = file.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as failure:
        why = explain(failure) if isinstance(failure, OSError) else "não é texto"
        raise CommandFailed(f"{file} não pode ser lido: {why}") from None
    if not token:
        raise CommandFailed(f"{file} está vazio")
    return token
