"""`wppmt token`: one JWT, as AvAdmin would make it, for people at a terminal (docs/contract.md 2)."""

from __future__ import annotations

import time
from collections.abc import Sequence

import click
import jwt

from wppmt.app import host
from wppmt.app.settings import AuthSettings
from wppmt.cli.context import SettingsSource, pass_source
from wppmt.cli.errors import CommandFailed

TTL_SECONDS = 1800
SUBJECT = "wppmt-cli"
SAME_KEY = (
    "O token só vale com a chave do serviço: rode com as variáveis dele, ou com ele no ar se for o simulador"
    " (wppmt run)"
)


def make_token(
    auth: AuthSettings,
    now: float,
    *,
    ttl: int,
    sessions: Sequence[str] = (),
    admin: bool = False,
    subject: str = SUBJECT,
) -> str:
    """A token that lives `ttl` seconds. Without `sessions` it is bound to none, so it may act for every one."""
    key = auth.secret.get_secret_value()
    if not key:
        raise CommandFailed(
            "O simulador desta pasta (WPP_STATE_DIR) ainda não tem chave: inicie antes o serviço"
        )
    claims: dict[str, object] = {"sub": subject, "iat": int(now), "exp": int(now) + ttl}
    if auth.issuer:
        claims["iss"] = auth.issuer
    if auth.audience:
        claims["aud"] = auth.audience
    if sessions:
        claims["sessions"] = list(sessions)
    elif auth.require_session_claim:
        claims["sessions"] = "*"
    if admin:
        claims["scope"] = "wpp:admin"
    return jwt.encode(claims, key, algorithm="HS256")


def signing_settings(source: SettingsSource) -> AuthSettings:
    """With the key that the daemon checks by: never one that it does not know."""
    if source.is_simulated:
        return source.load(makes_key=True).auth
    # The daemon of `wppmt run` has nothing in its environment that would tell this terminal.
    simulated = source.simulated().load()
    if host.runs_simulated(simulated.store.state_dir):
        return simulated.auth
    try:
        return source.load().auth
    except CommandFailed as refused:
        raise CommandFailed(f"{refused.message}\n{SAME_KEY}") from None


@click.command(short_help="Imprime um token de acesso à API.")
@click.option(
    "--session",
    "sessions",
    multiple=True,
    metavar="ID",
    help="Sessão permitida (pode ser repetido; padrão: todas).",
)
@click.option("--admin", is_flag=True, help="Com a permissão wpp:admin.")
@click.option(
    "--ttl", type=click.IntRange(1), default=TTL_SECONDS, show_default=True, help="Validade, em segundos."
)
@pass_source
def token(source: SettingsSource, sessions: tuple[str, ...], *, admin: bool, ttl: int) -> None:
    """Imprime um JWT assinado com WPP_SECRET ou, no modo simulador, com a chave dele."""
    auth = signing_settings(source)
    if auth.algorithm != "HS256":
        raise CommandFailed("Com WPP_JWT_PUBLIC_KEY ou WPP_JWKS_URL, só o emissor gera tokens")
    if auth.max_lifetime_seconds and ttl > auth.max_lifetime_seconds:
        click.echo(
            f"Aviso: a API recusa tokens que valem mais de {auth.max_lifetime_seconds} s (WPP_JWT_MAX_LIFETIME)",
            err=True,
        )
    click.echo(make_token(auth, time.time(), ttl=ttl, sessions=sessions, admin=admin))
