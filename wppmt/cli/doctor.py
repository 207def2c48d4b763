"""`wppmt doctor`: what a start needs, looked at without starting anything; each trouble says what to do."""

from __future__ import annotations

import os
import re
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import psutil

from wppmt.app.disk import free_mb
from wppmt.app.settings import Settings
from wppmt.browser.chrome.driver import DRIVER
from wppmt.browser.chrome.injection import WA_JS
from wppmt.browser.chrome.launch import CHROME
from wppmt.browser.chrome.settings import UNDETECTED
from wppmt.browser.port import StartFailed
from wppmt.cli.context import SettingsSource, pass_origin
from wppmt.cli.errors import Trouble
from wppmt.cli.findings import Finding
from wppmt.cli.gateway import Gateway
from wppmt.domain.errors import SetupError

MB_PER_SESSION = 150
MB_DAEMON = 90
SECONDS = 20
SOCKET_UNIT_ADVICE = (
    ". Se é o wppmt.socket do systemd que a guarda, ela está certa: veja por que o serviço não responde com"
    " systemctl status wppmt"
)


def examine(settings: Settings) -> Iterator[Finding]:
    """Every check, in the order in which a start would need it."""
    browser, chrome = settings.browser, Path(settings.browser.chrome or CHROME)
    yield chromium(chrome)
    if browser.engine == UNDETECTED:
        accepted = browser.undetected_accept_local_ports
        yield from chromedriver(Path(browser.driver or DRIVER), chrome, accepted=accepted)
    yield wa_js(WA_JS)
    for name, folder in folders(settings):
        yield private_folder(name, folder)
    yield from ports(settings)
    yield sandbox(is_root=os.geteuid() == 0, settings=settings)
    yield memory(settings.sessions.max, psutil.virtual_memory().available >> 20)
    yield disk(settings.store.tokens_dir, settings.store.disk_min_free_mb)


def chromium(chrome: Path) -> Finding:
    return _program(chrome, "chromium")


def chromedriver(driver: Path, chrome: Path, *, accepted: bool) -> Iterator[Finding]:
    """For the engine "undetected" alone: whether it fits Chromium, and what it opens."""
    found = _program(driver, "chromium-driver")
    yield found
    if found.fine:
        yield Finding(
            version(chrome) == version(driver),
            "Chromium e chromedriver têm a mesma versão",
            "Atualize os dois juntos: apt-get install chromium chromium-driver",
        )
    yield Finding(
        accepted,
        "Motor undetected: cada sessão abre em 127.0.0.1 a porta DevTools do Chrome e a do chromedriver, sem senha,"
        " ao alcance de todo usuário desta máquina",
        "Use WPP_BROWSER_ENGINE=chrome, ou aceite com WPP_UNDETECTED_ACCEPT_LOCAL_PORTS=true",
    )


def _program(file: Path, package: str) -> Finding:
    found = version(file)
    return Finding(bool(found), f"{file}: {found or 'não encontrado'}", f"Instale: apt-get install {package}")


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


def wa_js(file: Path) -> Finding:
    return Finding(file.is_file(), "wa-js instalado", "Rode: make setup")


def folders(settings: Settings) -> tuple[tuple[str, Path], ...]:
    return (
        ("WPP_STATE_DIR", settings.store.state_dir),
        ("WPP_TOKENS_DIR", settings.store.tokens_dir),
        ("WPP_LOG_DIR", settings.logs.dir),
    )


def private_folder(name: str, folder: Path) -> Finding:
    """Whether we can write there, or make it, and whether others are kept out."""
    if not folder.exists():
        parent = next(above for above in folder.parents if above.exists())
        writable = os.access(parent, os.W_OK | os.X_OK)
        return Finding(writable, f"{folder} ({name}) será criada", f"Crie a pasta ou mude {name}")
    try:
        with tempfile.TemporaryFile(dir=folder):
            mode = stat.S_IMODE(folder.stat().st_mode)
    except OSError as failure:
        return Finding(
            False, f"{folder} ({name}): {failure.strerror}", f"Dê permissão ao usuário ou mude {name}"
        )
    text = f"{folder} ({name}) pode ser escrita, modo {mode:04o}"
    return Finding(not mode & 0o077, text, f"Outros usuários podem ler logins aí. Rode: chmod 700 {folder}")


def ports(settings: Settings) -> Iterator[Finding]:
    """A port that our own daemon listens on is as good as a free one."""
    wanted = [("WPP_PORT", settings.http.host, settings.http.port)]
    if settings.simulator.mode == "1":
        wanted.append(("WPP_SIMULATOR_PORT", "127.0.0.1", settings.simulator.port))
        wanted.append(("WPP_SIMULATOR_PAGE_PORT", "127.0.0.1", settings.simulator.page_port))
    running = Gateway(f"http://{settings.http.host}:{settings.http.port}", lambda: "").is_ready()
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
            return failure.strerror or str(failure)
    return ""


def sandbox(*, is_root: bool, settings: Settings, can_unshare: Callable[[], bool] | None = None) -> Finding:
    """Chromium's sandbox needs a user that is not root, and user namespaces."""
    if settings.browser.sandbox == "off":
        return Finding(False, "Sandbox do Chromium desligado (WPP_SANDBOX=off)", "Use WPP_SANDBOX=auto")
    if is_root:
        fine = settings.simulator.used and settings.browser.sandbox == "auto"
        return Finding(
            fine, "Como root o Chromium só roda sem sandbox: aceito só com o simulador", "Use outro usuário"
        )
    return Finding(
        (can_unshare or _can_unshare)(),
        "Sandbox do Chromium possível",
        "Permita user namespaces: sysctl kernel.unprivileged_userns_clone=1 (no Ubuntu, um perfil AppArmor)",
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


def memory(sessions: int, available_mb: int) -> Finding:
    needed = MB_DAEMON + sessions * MB_PER_SESSION
    text = f"{available_mb} MB de memória livres; {sessions} sessões pedem cerca de {needed} MB"
    return Finding(available_mb >= needed, text, "Diminua WPP_MAX_SESSIONS ou aumente a memória")


def disk(folder: Path, min_free_mb: int) -> Finding:
    """The folder may be yet to be made."""
    free = free_mb(next(path for path in (folder, *folder.parents) if path.exists()))
    text = f"{free} MB livres no disco de {folder}; abaixo de {min_free_mb} MB nenhum navegador abre"
    return Finding(free >= min_free_mb, text, "Libere espaço em disco, ou diminua WPP_DISK_MIN_FREE_MB")


@click.command()
@click.option("--whatsapp", type=click.Choice(["simulated", "real"]), default="simulated", show_default=True)
@click.option(
    "--sandbox",
    "probes",
    is_flag=True,
    help="Prova o isolamento dos navegadores que rodam, ou de um aberto para isso.",
)
@pass_origin
def doctor(origin: SettingsSource, whatsapp: str, *, probes: bool) -> None:
    """Confere o que o serviço precisa para rodar aqui; termina com 1 se algo falta."""
    settings = (origin.simulated() if whatsapp == "simulated" else origin).load()
    all_fine = True
    for notice in settings.notices:
        click.echo(f"! {notice}")
    try:
        for finding in _probe(settings) if probes else examine(settings):
            all_fine &= finding.fine
            finding.show()
    except (SetupError, StartFailed) as trouble:
        raise Trouble(str(trouble)) from None
    sys.exit(0 if all_fine else 1)


def _probe(settings: Settings) -> Iterator[Finding]:
    # Only here: the usual report needs no line to a browser.
    from wppmt.cli.sandbox_probe import probe  # noqa: PLC0415

    return probe(settings)
