"""How a command reaches the running daemon, by whose right, and with which exit code a refusal ends it."""

from __future__ import annotations

import functools
import os
import pwd
import time
from collections.abc import Callable
from typing import Concatenate, ParamSpec

import click

from wppmt.cli.context import SettingsSource, pass_source
from wppmt.cli.errors import CommandFailed, NoDaemon, OutcomeUnknown
from wppmt.cli.gateway import OUTCOME_UNKNOWN, UNREACHABLE, Gateway, GatewayError, url_of
from wppmt.cli.token import SUBJECT, TTL_SECONDS, make_token, signing_settings
from wppmt.domain.errors import Code

P = ParamSpec("P")

URL, TOKEN = "WPP_API_URL", "WPP_API_TOKEN"
HOW_TO_SIGN = f"Ou ponha em {TOKEN} um token, ou uma chave feita com wppmt key create"
NOT_YET = (
    "O serviço no ar não tem esta função: atualize-o para a versão deste comando (systemctl reload wppmt)"
)
REFUSED_TOKEN = f"O serviço usa outra chave: rode com as variáveis dele, ou com {TOKEN}"


def connect(source: SettingsSource) -> Gateway:
    """The API of these settings, or of WPP_API_URL. Raises CommandFailed, NoDaemon."""
    url = source.environ.get(URL) or url_of(source.simulated().load().http)
    try:
        return Gateway(url, _token_maker(source))
    except CommandFailed as refused:
        if not Gateway(url, lambda: "").is_there():
            raise NoDaemon(f"O serviço não responde em {url}") from None
        raise CommandFailed(f"{refused.message}\n{HOW_TO_SIGN}") from None


def _token_maker(source: SettingsSource) -> Callable[[], str]:
    if given := source.environ.get(TOKEN):
        return lambda: given
    auth = signing_settings(source)
    if auth.algorithm != "HS256":
        raise CommandFailed("Com WPP_JWT_PUBLIC_KEY ou WPP_JWKS_URL, só o emissor gera tokens")
    ttl = min(TTL_SECONDS, auth.max_lifetime_seconds or TTL_SECONDS)
    return lambda: make_token(auth, time.time(), ttl=ttl, admin=True, subject=f"{SUBJECT}:{_person()}")


def _person() -> str:
    """Who types, for the audit trail: as this machine knows them, which proves nothing."""
    if behind_sudo := os.environ.get("SUDO_USER"):
        return behind_sudo
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def ending(refusal: GatewayError) -> CommandFailed:
    """What ends the command."""
    match refusal.code:
        case code if code == UNREACHABLE:
            return NoDaemon(str(refusal))
        case code if code == OUTCOME_UNKNOWN:
            return OutcomeUnknown(f"{refusal}. Não se sabe se foi feito: confira com wppmt status")
        case Code.NOT_FOUND | Code.METHOD_NOT_ALLOWED:
            return CommandFailed(NOT_YET)
        case Code.UNAUTHENTICATED:
            return CommandFailed(f"{refusal}. {REFUSED_TOKEN}")
        case _:
            return CommandFailed(str(refusal))


def on_the_daemon(command: Callable[Concatenate[Gateway, P], None]) -> Callable[P, None]:
    """The command is handed the API; a refusal ends it with its exit code."""

    @pass_source
    @functools.wraps(command)
    def run(source: SettingsSource, /, *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(connect(source), *args, **kwargs)
        except GatewayError as refusal:
            raise ending(refusal) from None

    return run


def is_missing(refusal: GatewayError) -> bool:
    """Whether this daemon, or this token, does without what was asked for."""
    return refusal.code in {Code.NOT_FOUND, Code.METHOD_NOT_ALLOWED, Code.FORBIDDEN}


as_json = click.option("--json", "as_json", is_flag=True, help="Mostra a resposta em JSON, para programas.")
