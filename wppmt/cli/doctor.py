"""`wppmt doctor`: checks what a start needs, without starting anything; each problem comes with advice."""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterator
from dataclasses import replace

import click

from wppmt import __version__
from wppmt.app.settings import Settings
from wppmt.browser.chrome.launch import CHROME
from wppmt.browser.wa_js.shelf import PACKAGE, Shelf
from wppmt.cli import deployment, machine_checks, program_checks, reachability
from wppmt.cli.context import SettingsSource, pass_source
from wppmt.cli.errors import CommandFailed
from wppmt.cli.findings import Check, Finding, run
from wppmt.cli.gateway import Gateway, Json, url_of
from wppmt.cli.reachability import WHATSAPP, Target
from wppmt.domain.system_errors import explain


def checks(settings: Settings) -> Iterator[Check]:
    """What a start needs, in the order in which it needs it."""
    yield Check("programs", lambda: program_checks.programs(settings))
    yield Check("wa-js", lambda: program_checks.wa_js(Shelf(settings.store.wa_js_dir)))
    yield Check("sound", lambda: [program_checks.sound()])
    for name, folder in machine_checks.folders(settings):
        yield Check(name, lambda name=name, folder=folder: [machine_checks.private_folder(name, folder)])  # type: ignore[misc]
    yield Check("ports", lambda: machine_checks.ports(settings))
    yield Check("sandbox", lambda: [machine_checks.sandbox(is_root=os.geteuid() == 0, settings=settings)])
    yield Check("memory", lambda: [machine_checks.memory(settings)])
    yield Check("pressure", lambda: [machine_checks.memory_pressure(settings.sessions.pressure_file)])
    yield Check(
        "disk", lambda: [machine_checks.disk(settings.store.tokens_dir, settings.store.disk_min_free_mb)]
    )
    yield Check("backup-key", lambda: [machine_checks.backup_key(settings.archive)])


def examine(settings: Settings) -> Iterator[Finding]:
    yield from run(checks(settings))


def report(source: SettingsSource, whatsapp: Target = WHATSAPP) -> Iterator[Finding]:
    """Everything. Where the settings are no good, what can be looked at all the same."""
    try:
        settings = source.load()
        yield Finding(True, "Configuração válida", check="settings")
    except (CommandFailed, OSError) as trouble:
        said = (
            trouble.format_message()
            if isinstance(trouble, CommandFailed)
            else f"Pasta de trabalho: {explain(trouble)}"
        )
        for line in said.splitlines():
            yield Finding(False, line, check="settings")
        found = _without_secret(source)
        if found is None:
            yield from run(_of_the_machine())
            return
        settings = found
    for notice in settings.notices:
        yield Finding(True, notice, check="settings", is_notice=True)
    yield from examine(settings)
    runs = _gateway(settings).is_ready()
    yield from run(reachability.checks(settings, whatsapp=whatsapp, simulator_runs=runs))
    if runs:
        yield from run([Check("service", lambda: services(_gateway(settings).health()))])


def _without_secret(source: SettingsSource) -> Settings | None:
    """With a missing or weak WPP_SECRET, the most common problem, the rest can still be checked."""
    stand_in = {"WPP_SECRET": secrets.token_hex(32)}
    try:
        return replace(source, environ={**source.environ, **stand_in}).load()
    except (CommandFailed, OSError):
        return None


def _of_the_machine() -> Iterator[Check]:
    """What no setting changes."""
    yield Check("programs", lambda: program_checks.chromium(CHROME))
    yield Check("wa-js", lambda: [program_checks.shipped_wa_js(PACKAGE)])
    yield Check("sound", lambda: [program_checks.sound()])


def _gateway(settings: Settings) -> Gateway:
    return Gateway(url_of(settings.http), lambda: "")


def services(health: Json) -> Iterator[Finding]:
    yield service(health)
    if (runs := str(health.get("version"))) != __version__:
        text = f"O serviço no ar é a versão {runs}; este comando é da {__version__}"
        yield Finding(False, text, "Ponha a instalada em uso: systemctl reload wppmt")


def service(health: Json) -> Finding:
    """How the daemon that runs here is."""
    reasons = "; ".join(str(reason.get("reason")) for reason in health.get("reasons", ()))
    fine = health.get("status") == "ok"
    return Finding(
        fine,
        f"Serviço no ar: {health.get('status')}" + (f" ({reasons})" if reasons else ""),
        'Veja docs/operacao.md, "O que cada motivo significa"',
    )


@click.command(short_help="Verifica se a máquina tem tudo de que o serviço precisa.")
@click.option(
    "--whatsapp",
    type=click.Choice(["simulated", "real"]),
    default="simulated",
    show_default=True,
    help="Com qual WhatsApp o serviço vai falar: o simulador ou o real.",
)
@click.option(
    "--sandbox",
    "probes",
    is_flag=True,
    help="Prova o isolamento dos navegadores em execução ou de um aberto só para isso.",
)
@click.option(
    "--deploy",
    "deploys",
    is_flag=True,
    help="Percorre os onze pontos da lista de implantação (docs/implantacao.md).",
)
@click.option("--json", "as_json", is_flag=True, help="Mostra o resultado em JSON, para programas.")
@pass_source
def doctor(source: SettingsSource, whatsapp: str, *, probes: bool, deploys: bool, as_json: bool) -> None:
    """Verifica se esta máquina tem tudo de que o serviço precisa; sai com código 1 se faltar algo."""
    chosen = source.simulated() if whatsapp == "simulated" else source
    findings = []
    for finding in _asked(chosen, probes=probes, deploys=deploys):
        findings.append(finding)
        if not as_json:
            click.echo(finding)
    all_fine = all(finding.fine for finding in findings)
    if as_json:
        shown = {"ok": all_fine, "checks": [finding.for_programs for finding in findings]}
        click.echo(json.dumps(shown, ensure_ascii=False, indent=2))
    sys.exit(0 if all_fine else 1)


def _asked(source: SettingsSource, *, probes: bool, deploys: bool) -> Iterator[Finding]:
    if probes:
        return _probe(source.load())
    return deployment.points(source.load()) if deploys else report(source)


def _probe(settings: Settings) -> Iterator[Finding]:
    # Imported here: the usual report needs no line to a browser.
    from wppmt.cli.sandbox_probe import probe  # noqa: PLC0415

    return run([Check("sandbox", lambda: probe(settings))])
