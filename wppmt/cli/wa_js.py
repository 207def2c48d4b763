"""`wppmt wa-js`: another wa-js than the one that came with the gateway, for when WhatsApp has changed."""

from __future__ import annotations

import getpass
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from wppmt.app import host, running
from wppmt.browser.wa_js import npm
from wppmt.browser.wa_js.shelf import LARGEST, VERSION, Shelf, Unusable, file_name
from wppmt.cli.context import SettingsSource, pass_source
from wppmt.cli.errors import CommandFailed
from wppmt.domain.actions import Action
from wppmt.domain.system_errors import explain
from wppmt.domain.wa_js import SHIPPED, Choice, Plan
from wppmt.store.operator_records import AuditEntry
from wppmt.store.sqlite import beside

POLL_SECONDS = 0.3
UNTAKEN_SECONDS = 10.0
"""Within which the daemon takes the first session, where there is one."""
LATER = "Nenhum serviço no ar: a troca começa quando ele iniciar"
GOES_ON = "A troca continua no serviço; acompanhe com: wppmt wa-js list"


@click.group("wa-js", short_help="Lista, guarda e troca o wa-js das sessões.")
def wa_js() -> None:
    """Troca o wa-js das sessões sem esperar uma versão nova do wppmt, quando o WhatsApp muda.

    Rode como o usuário do serviço, com as variáveis dele. A versão que vem com o wppmt é o padrão.
    """


@wa_js.command("list", short_help="As versões guardadas e quem usa cada uma.")
@pass_source
def list_kept(source: SettingsSource) -> None:
    """Mostra as versões guardadas, se estão inteiras, quem usa cada uma e a última troca."""
    with _refusals():
        shelf, plan = _shelf(source), _shelf(source).plan()
        for line in _table(shelf, plan):
            click.echo(line)


@wa_js.command(short_help="Guarda uma versão do npm, ou um arquivo.")
@click.argument("what", metavar="VERSÃO|ARQUIVO")
@pass_source
def add(source: SettingsSource, what: str) -> None:
    """Guarda uma VERSÃO do wa-js, trazida do npm, ou um ARQUIVO (wppconnect-wa.js). Nada muda até `use`."""
    with _refusals():
        shelf, now = _shelf(source), time.time()
        if VERSION.fullmatch(what) and not Path(what).exists():
            name, package = what, npm.fetch(what, source.environ)
            shelf.add(name, package.bundle, "npm", now, package.integrity)
        else:
            content = _content(Path(what))
            name = file_name(content)
            shelf.add(name, content, str(Path(what).absolute()), now)
        _audit(source, Action.KEEP_WA_JS, name)
        click.echo(f"Guardado: {name}. Para usar: wppmt wa-js use {name}")


@wa_js.command(short_help="Troca o wa-js das sessões, uma por vez.")
@click.argument("version", metavar="VERSÃO")
@click.option("--session", metavar="ID", help="Só esta sessão (padrão: todas, também as que tinham outra).")
@pass_source
def use(source: SettingsSource, version: str, session: str | None) -> None:
    """Troca o wa-js por uma VERSÃO guardada, uma sessão por vez, sem perder o login.

    Para e volta sozinho à anterior na primeira sessão que deixar de conseguir algo que conseguia. A versão instalada com o
    wppmt também pode ser usada.
    """
    with _refusals():
        shelf = _shelf(source)
        name = SHIPPED if version == shelf.shipped_name else version
        if flaw := shelf.flaw(name):
            raise Unusable(flaw)
        what = f"{version} ({session})" if session else version
        _change(
            source,
            shelf,
            (Action.USE_WA_JS, what),
            lambda plan: plan.want(_chosen(plan.settled, name, session)),
        )


@wa_js.command(short_help="Volta ao wa-js de antes.")
@pass_source
def rollback(source: SettingsSource) -> None:
    """Desfaz a troca em andamento; sem nenhuma, volta ao que era usado antes da última."""
    with _refusals():
        _change(source, _shelf(source), (Action.ROLL_BACK_WA_JS, None), Plan.want_back)


def _chosen(settled: Choice, name: str, session: str | None) -> Choice:
    return settled.with_session(session, name) if session else Choice(name)


def _change(
    source: SettingsSource, shelf: Shelf, deed: tuple[Action, str | None], change: Callable[[Plan], Plan]
) -> None:
    with shelf.changing() as changing:
        before, plan = changing.plan, change(changing.plan)
        changing.plan = plan
    if plan != before:
        _audit(source, *deed)
    if plan.is_quiet:
        click.echo("Já é o que as sessões usam: nada a trocar")
    elif host.running(_state_dir(source)) is None:
        click.echo(LATER)
    else:
        _follow(shelf)


def _audit(source: SettingsSource, action: Action, target: str | None) -> None:
    """It is done: an audit trail that cannot be written now does not undo it."""
    entry = AuditEntry(time.time(), action, getpass.getuser(), target=target)
    try:
        beside.audit(_state_dir(source) / running.DATABASE, entry)
    except sqlite3.Error as failure:
        click.echo(f"Aviso: não foi anotado na auditoria ({failure})", err=True)


def _follow(shelf: Shelf) -> None:
    """Tells what happens until the change is done or undone."""
    click.echo("Trocando, uma sessão por vez (Ctrl+C só deixa de acompanhar)")
    told: set[str] = set()
    begun = time.monotonic()
    try:
        while not (plan := shelf.plan()).is_quiet:
            if not plan.taken and time.monotonic() - begun > UNTAKEN_SECONDS:
                click.echo(f"Nenhuma sessão com a página aberta: a troca espera pela primeira. {GOES_ON}")
                return
            for session_id, taken in plan.taken.items():
                if taken.has_proved and session_id not in told:
                    told.add(session_id)
                    click.echo(f"  {session_id}: ok")
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:
        click.echo(f"\n{GOES_ON}")
        return
    if plan.outcome and plan.outcome.why:
        raise CommandFailed(f"A troca foi desfeita. {plan.outcome.why}")
    click.echo("Pronto")


def _table(shelf: Shelf, plan: Plan) -> Iterator[str]:
    rows = [("versão", "de onde", "estado", "usada por")]
    rows.append((shelf.shipped_name, "vem com o wppmt", "ok", _users(plan.in_use, SHIPPED)))
    for name in shelf.names():
        flaw = shelf.flaw(name)
        origin = "?" if flaw else Path(shelf.kept(name).origin).name
        rows.append((name, origin, "recusada" if flaw else "ok", _users(plan.in_use, name)))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
    yield from filter(None, map(shelf.flaw, shelf.names()))
    if not plan.is_quiet:
        proved = sum(taken.has_proved for taken in plan.taken.values())
        yield f"Troca em andamento para {_shown(plan.wanted, shelf)}: {proved} sessões prontas"
    elif plan.outcome:
        when = datetime.fromtimestamp(plan.outcome.at).astimezone().strftime("%d/%m/%Y %H:%M")
        how = f"desfeita. {plan.outcome.why}" if plan.outcome.why else "concluída"
        yield f"Última troca, para {_shown(plan.outcome.choice, shelf)}, {when}: {how}"


def _users(choice: Choice, name: str) -> str:
    sessions = sorted(session for session, chosen in choice.sessions.items() if chosen == name)
    others = ["as demais" if choice.sessions else "todas"] if choice.everyone == name else []
    return ", ".join(others + sessions)


def _shown(choice: Choice, shelf: Shelf) -> str:
    everyone = choice.everyone or shelf.shipped_name
    sessions = [
        f"{session}: {name or shelf.shipped_name}" for session, name in sorted(choice.sessions.items())
    ]
    return f"{', '.join(sessions)} (as demais: {everyone})" if sessions else everyone


def _content(file: Path) -> bytes:
    if not file.exists():
        raise Unusable(f"{file} não é uma versão, como 4.6.0, nem um arquivo que exista")
    if file.stat().st_size > LARGEST:
        raise Unusable(f"{file} é grande demais para ser um wa-js")
    return file.read_bytes()


def _state_dir(source: SettingsSource) -> Path:
    # As with `handover`: what belongs to the real WhatsApp alone is not asked for here.
    return source.simulated().load().store.state_dir


def _shelf(source: SettingsSource) -> Shelf:
    """Of the service, by its own user: what another one wrote it could not change."""
    settings = source.simulated().load()
    state_dir = settings.store.state_dir
    if not state_dir.is_dir():
        raise Unusable(f"A pasta {state_dir} não existe (WPP_STATE_DIR): inicie antes o serviço")
    if state_dir.stat().st_uid != os.geteuid():
        raise Unusable(f"A pasta {state_dir} é de outro usuário, o do serviço: rode como ele (sudo -u)")
    return Shelf(settings.store.wa_js_dir)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except Unusable as refusal:
        raise CommandFailed(str(refusal)) from None
    except OSError as failure:
        what = f"{failure.filename}: " if failure.filename else ""
        raise CommandFailed(f"{what}{explain(failure)}") from None
