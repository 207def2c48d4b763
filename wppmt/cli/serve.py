"""`wppmt serve`, the daemon, and `wppmt run`, the daemon with a first screen for people."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from textwrap import dedent, indent
from types import ModuleType

import click

from wppmt import __version__
from wppmt.app import loading
from wppmt.app.settings import Settings, keys
from wppmt.cli.context import SettingsSource, pass_source
from wppmt.cli.errors import CommandFailed
from wppmt.cli.gateway import url_of
from wppmt.cli.token import TTL_SECONDS, make_token
from wppmt.domain.errors import SetupError


@click.command()
@pass_source
def serve(source: SettingsSource) -> None:
    """Roda o serviço em primeiro plano, até SIGTERM ou Ctrl+C."""
    _serve(source.load(makes_key=True))


@click.command(short_help="O mesmo que `serve`, com os primeiros passos.")
@click.option("--whatsapp", type=click.Choice(["simulated", "real"]), default="simulated", show_default=True)
@pass_source
def run(source: SettingsSource, whatsapp: str) -> None:
    """O mesmo que `serve`, com o simulador (ou o WhatsApp real) e as instruções dos primeiros passos."""
    source = _for_people(source.simulated() if whatsapp == "simulated" else source)
    settings = source.load(makes_key=True)
    _serve(settings, lambda: click.echo(first_screen(source, settings)))


def _serve(settings: Settings, on_ready: Callable[[], None] = lambda: None) -> None:
    try:
        sys.exit(_daemon().serve(settings, on_ready))
    except SetupError as failure:
        raise CommandFailed(str(failure)) from None


def _daemon() -> ModuleType:
    """Only for these commands: the others need neither Selenium nor the actors, and start at once without them."""
    with loading.at_once():
        from wppmt.app import daemon  # noqa: PLC0415
    return daemon


def _for_people(source: SettingsSource) -> SettingsSource:
    """Settings for a terminal: fewer log lines there, readable ones, and webhooks to `wppmt sink` are allowed."""
    settings = source.load()
    environ = {"WPP_LOG_STDERR_LEVEL": "error", "LOG_FORMAT": "pretty", **source.environ}
    if settings.simulator.used:
        sink = f"127.0.0.1:{settings.simulator.sink_port}"
        environ["WPP_EGRESS_ALLOW"] = ",".join((*settings.egress.allow, sink))
    return replace(source, environ=environ)


def first_screen(source: SettingsSource, settings: Settings) -> str:
    """Address, token, docs, and the few commands that walk a newcomer through the main job."""
    url = url_of(settings.http)
    signs = settings.auth.algorithm == "HS256"
    token = make_token(settings.auth, time.time(), ttl=TTL_SECONDS) if signs else "(só o emissor pode gerar)"
    walk = _SIMULATED_WALK if settings.simulator.used else _REAL_WALK
    sink = settings.simulator.sink_port
    return (
        f"\nwppmt {__version__} no ar em {url}  (Ctrl+C encerra)\n"
        f"Token, vale {TTL_SECONDS // 60} min: {token}\n"
        f"API: {url}/api-docs   Operação: docs/operacao.md   Log: {settings.logs.dir / 'wppmt.log'}\n\n"
        + dedent(walk).format(url=url, sink=sink, wppmt=_program(), exports=_exports(source))
    )


def _program() -> str:
    """How this program was called, as another terminal in the same folder can call it."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m wppmt"
    here = Path.cwd()
    return shlex.quote(str(called.relative_to(here) if called.is_relative_to(here) else called))


def _exports(source: SettingsSource) -> str:
    """A line that gives another terminal the settings of this one's environment; empty if there are none."""
    shared = ("http", "store", "simulator")
    named = [env.name for section, _, env in keys() if section in shared and not env.hidden]
    given = {name: source.environ[name] for name in [*named, "WPP_CONFIG"] if source.environ.get(name)}
    given.pop("WPP_SIMULATOR", None)
    if source.config:
        given["WPP_CONFIG"] = str(source.config)
    if not given:
        return ""
    line = " ".join(f"{name}={shlex.quote(value)}" for name, value in given.items())
    return indent(f"export {line}\n", "   ")


_SIMULATED_WALK = """\
Primeiros passos, em outros dois terminais, nesta pasta. No segundo, para ver os webhooks chegarem:

{exports}   {wppmt} sink

No terceiro, um bloco por vez:

1. Iniciar uma sessão e ver o QR Code
{exports}   TOKEN=$({wppmt} token)
   curl -sw '\\n' -X POST {url}/api/sessions/loja/start -H "Authorization: Bearer $TOKEN" \\
     -H 'Content-Type: application/json' -d '{{"webhookUrl": "http://127.0.0.1:{sink}/"}}'
   {wppmt} sim qr loja

2. "Escanear" com um celular simulado
   {wppmt} sim account 5511911110001 Loja
   {wppmt} sim scan 5511911110001 loja

3. Enviar uma mensagem e vê-la no outro celular
   {wppmt} sim account 5511922220002 Maria
   curl -sw '\\n' -X POST {url}/api/sessions/loja/send-message -H "Authorization: Bearer $TOKEN" \\
     -H 'Content-Type: application/json' -d '{{"phone": "5511922220002", "message": "Olá, Maria!"}}'
   {wppmt} sim inbox 5511922220002

4. Receber a resposta por webhook (aparece no segundo terminal)
   {wppmt} sim message 5511922220002 5511911110001 'Oi! Recebi.'

5. Ver como estão o serviço e cada sessão
   {wppmt} status

Tudo isso sozinho, com tempos: {wppmt} demo
"""

_REAL_WALK = """\
ATENÇÃO: isto fala com o WhatsApp real. Automação não oficial pode levar ao bloqueio do número.
Em outro terminal, nesta pasta, com a mesma WPP_SECRET no ambiente:

{exports}   {wppmt} sessions start loja
   {wppmt} qr loja

Leia o QR Code com o celular: WhatsApp → Aparelhos conectados. Depois:

   {wppmt} status
"""
