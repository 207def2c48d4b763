"""`wppmt doctor`: checks what a start needs, without starting anything; each problem comes with advice."""

from __future__ import annotations

import json
import os
import pwd
import re
import secrets
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import click

from wppmt import __version__
from wppmt.app import capacity
from wppmt.app.disk import free_mb
from wppmt.app.settings import Settings
from wppmt.browser.chrome.driver import DRIVER
from wppmt.browser.chrome.launch import CHROME
from wppmt.browser.chrome.settings import UNDETECTED
from wppmt.browser.wa_js.shelf import BUNDLE, PACKAGE, Shelf, Unusable
from wppmt.cli import reachability
from wppmt.cli.context import SettingsSource, pass_source
from wppmt.cli.errors import CommandFailed
from wppmt.cli.findings import Check, Finding, run
from wppmt.cli.gateway import Gateway, Json, url_of
from wppmt.cli.reachability import WHATSAPP, Target
from wppmt.domain.system_errors import explain
from wppmt.domain.wa_js import SHIPPED
from wppmt.media.probe import FFMPEG, FFPROBE

OLDEST_CHROMIUM = 156
"""The oldest major version that the tests have run with."""
SECONDS = 20
SOCKET_UNIT_ADVICE = (
    ". Se é o wppmt.socket do systemd que a guarda, ela está certa: veja por que o serviço não responde com"
    " systemctl status wppmt"
)


def checks(settings: Settings) -> Iterator[Check]:
    """What a start needs, in the order in which it needs it."""
    yield Check("programs", lambda: programs(settings))
    yield Check("wa-js", lambda: wa_js(Shelf(settings.store.wa_js_dir)))
    yield Check("sound", lambda: [sound()])
    for name, folder in folders(settings):
        yield Check(name, lambda name=name, folder=folder: [private_folder(name, folder)])  # type: ignore[misc]
    yield Check("ports", lambda: ports(settings))
    yield Check("sandbox", lambda: [sandbox(is_root=os.geteuid() == 0, settings=settings)])
    yield Check("memory", lambda: [memory(settings)])
    yield Check("disk", lambda: [disk(settings.store.tokens_dir, settings.store.disk_min_free_mb)])


def examine(settings: Settings) -> Iterator[Finding]:
    yield from run(checks(settings))


def programs(settings: Settings) -> Iterator[Finding]:
    browser, chrome = settings.browser, Path(settings.browser.chrome or CHROME)
    yield from chromium(chrome)
    if browser.engine == UNDETECTED:
        accepted = browser.undetected_accept_local_ports
        yield from chromedriver(Path(browser.driver or DRIVER), chrome, accepted=accepted)


def chromium(chrome: Path) -> Iterator[Finding]:
    found = version(chrome)
    yield _program(chrome, found, "chromium")
    if found:
        yield recent(found)


def chromedriver(driver: Path, chrome: Path, *, accepted: bool) -> Iterator[Finding]:
    """For the engine "undetected" alone: whether it fits Chromium, and what it opens."""
    versions = version(chrome), version(driver)
    yield _program(driver, versions[1], "chromium-driver")
    if all(versions):
        yield _fitting(*versions)
    yield Finding(
        accepted,
        "Motor undetected: cada sessão abre em 127.0.0.1 a porta DevTools do Chrome e a do chromedriver, sem senha,"
        " acessíveis a todo usuário desta máquina",
        "Use WPP_BROWSER_ENGINE=chrome, ou aceite com WPP_UNDETECTED_ACCEPT_LOCAL_PORTS=true",
    )


def _program(file: Path, found: str, package: str) -> Finding:
    return Finding(bool(found), f"{file}: {found or 'não encontrado'}", f"Instale: apt-get install {package}")


def _fitting(chrome: str, driver: str) -> Finding:
    if chrome == driver:
        return Finding(True, "Chromium e chromedriver têm a mesma versão")
    return Finding(False, f"Chromium {chrome} e chromedriver {driver} têm versões diferentes", _UPDATE)


_UPDATE = "Atualize os dois juntos: apt-get update && apt-get install chromium chromium-driver"


def recent(chrome: str) -> Finding:
    """WhatsApp Web ends its support for old browsers without notice."""
    if int(chrome.partition(".")[0]) >= OLDEST_CHROMIUM:
        return Finding(True, f"Chromium recente ({OLDEST_CHROMIUM} ou mais novo)")
    text = f"Chromium {chrome} é antigo: o wppmt foi testado a partir do {OLDEST_CHROMIUM}"
    return Finding(False, text, _UPDATE)


def version(program: Path) -> str:
    """Such as "156.0.8078.79"; empty when the program cannot be run."""
    try:
        answer = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"\d+(\.\d+)+", answer.stdout)
    return found[0] if found else ""


def wa_js(shelf: Shelf) -> Iterator[Finding]:
    """The shipped one, and those that the operator has chosen."""
    yield shipped_wa_js(shelf.package)
    try:
        chosen = shelf.plan().in_use
    except Unusable as why:
        yield Finding(False, str(why))
        return
    for name in sorted({chosen.everyone, *chosen.sessions.values()} - {SHIPPED}):
        flaw = shelf.flaw(name)
        yield Finding(not flaw, flaw or f"wa-js {name}, escolhido com wppmt wa-js use")


def shipped_wa_js(package: Path) -> Finding:
    if (package / BUNDLE).is_file():
        return Finding(True, "wa-js instalado")
    return Finding(False, f"wa-js não está em {package}", "Rode: make setup")


def sound() -> Finding:
    """Without it every recording and video goes out as a document."""
    missing = [program for program in (FFPROBE, FFMPEG) if not shutil.which(program, path=os.defpath)]
    text = f"não encontrado: {', '.join(missing)}" if missing else "ffprobe e ffmpeg instalados"
    return Finding(not missing, text, "Instale: apt-get install ffmpeg")


def folders(settings: Settings) -> tuple[tuple[str, Path], ...]:
    return (
        ("WPP_STATE_DIR", settings.store.state_dir),
        ("WPP_TOKENS_DIR", settings.store.tokens_dir),
        ("WPP_LOG_DIR", settings.logs.dir),
    )


def private_folder(name: str, folder: Path) -> Finding:
    """Whether we can write there, or make it, and whether others are kept out."""
    try:
        if not folder.exists():
            return _folder_to_be(name, folder)
        with tempfile.TemporaryFile(dir=folder):
            mode = stat.S_IMODE(folder.stat().st_mode)
    except OSError as failure:
        text = f"{folder} ({name}) não pode ser usada: {explain(failure)}"
        return Finding(False, text, f"Dê permissão ao usuário {_user()} ou mude {name}")
    if mode & 0o077:
        text = f"{folder} ({name}) está aberta a outros usuários, modo {mode:04o}: eles podem ler logins"
        return Finding(False, text, f"Rode: chmod 700 {folder}")
    return Finding(True, f"{folder} ({name}) pode ser escrita, modo {mode:04o}")


def _folder_to_be(name: str, folder: Path) -> Finding:
    parent = next(above for above in folder.parents if above.exists())
    if os.access(parent, os.W_OK | os.X_OK):
        return Finding(True, f"{folder} ({name}) será criada")
    text = f"{folder} ({name}) não existe e não pode ser criada em {parent}"
    return Finding(False, text, f"Crie a pasta, com o dono {_user()}, ou mude {name}")


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def ports(settings: Settings) -> Iterator[Finding]:
    """A port that our own daemon listens on is as good as a free one."""
    wanted = [("WPP_PORT", settings.http.host, settings.http.port)]
    if settings.simulator.mode == "1":
        wanted.append(("WPP_SIMULATOR_PORT", "127.0.0.1", settings.simulator.port))
        wanted.append(("WPP_SIMULATOR_PAGE_PORT", "127.0.0.1", settings.simulator.page_port))
    running = _gateway(settings).is_ready()
    for name, host, port in wanted:
        trouble = "" if running else _occupied(host, port)
        state = "em uso pelo wppmt, que está no ar" if running else trouble or "livre"
        # systemd keeps the port for the service, also while that is down; who listens is not for every user to see.
        kept = SOCKET_UNIT_ADVICE if name == "WPP_PORT" else ""
        yield Finding(
            not trouble, f"Porta {host}:{port} ({name}): {state}", f"Libere a porta ou mude {name}{kept}"
        )


def _occupied(host: str, port: int) -> str:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as failure:
            return explain(failure)
    return ""


def sandbox(*, is_root: bool, settings: Settings, can_unshare: Callable[[], bool] | None = None) -> Finding:
    """Chromium's sandbox needs a user that is not root, and user namespaces."""
    if settings.browser.sandbox == "off":
        return Finding(False, "Sandbox do Chromium desligado (WPP_SANDBOX=off)", "Use WPP_SANDBOX=auto")
    if is_root and settings.simulator.used and settings.browser.sandbox == "auto":
        return Finding(True, "Chromium sem sandbox, porque é root: aceito só com o simulador")
    if is_root:
        return Finding(
            False,
            "O Chromium não roda com sandbox como root",
            "Rode com o usuário do serviço: sudo -u wppmt …",
        )
    if (can_unshare or _can_unshare)():
        return Finding(True, "O sandbox do Chromium funciona para este usuário")
    return Finding(
        False,
        "O sandbox do Chromium não funciona: este usuário não pode criar user namespaces",
        "Permita: sysctl kernel.unprivileged_userns_clone=1 (no Ubuntu, um perfil AppArmor)",
    )


def _can_unshare() -> bool:
    try:
        return (
            subprocess.run(
                ["unshare", "--user", "true"], timeout=SECONDS, check=False, capture_output=True
            ).returncode
            == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


def memory(settings: Settings, there_is_mb: int | None = None) -> Finding:
    """What there is in all, not what is free just now: the sessions may be running already."""
    there_is = capacity.there_is_mb() if there_is_mb is None else there_is_mb
    plan = capacity.plan(settings.sessions.max, there_is, simulated=settings.simulator.used)
    return Finding(plan.fits, str(plan), "Diminua WPP_MAX_SESSIONS ou aumente a memória")


def disk(folder: Path, min_free_mb: int) -> Finding:
    """The folder may be yet to be made."""
    free = free_mb(next(path for path in (folder, *folder.parents) if path.exists()))
    text = f"{free} MB livres no disco de {folder}; com menos de {min_free_mb} MB nenhum navegador abre"
    return Finding(free >= min_free_mb, text, "Libere espaço em disco ou diminua WPP_DISK_MIN_FREE_MB")


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
    yield Check("programs", lambda: chromium(CHROME))
    yield Check("wa-js", lambda: [shipped_wa_js(PACKAGE)])
    yield Check("sound", lambda: [sound()])


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
    return _deployment(source.load()) if deploys else report(source)


def _deployment(settings: Settings) -> Iterator[Finding]:
    # Imported here: it needs what is above.
    from wppmt.cli.deployment import points  # noqa: PLC0415

    return points(settings)


def _probe(settings: Settings) -> Iterator[Finding]:
    # Imported here: the usual report needs no line to a browser.
    from wppmt.cli.sandbox_probe import probe  # noqa: PLC0415

    return run([Check("sandbox", lambda: probe(settings))])
