"""What `wppmt doctor` looks at on this machine: folders, ports, the sandbox, memory, disk."""

from __future__ import annotations

import os
import pwd
import socket
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from wppmt.app import capacity, pressure
from wppmt.app.disk import free_mb
from wppmt.app.settings import Settings
from wppmt.app.settings.model import ArchiveSettings
from wppmt.archive.key import archive_key
from wppmt.archive.refusal import ArchiveRefused
from wppmt.cli.findings import Finding
from wppmt.cli.gateway import Gateway, url_of
from wppmt.domain.system_errors import explain

SECONDS = 20
SOCKET_UNIT_ADVICE = (
    ". Se é o wppmt.socket do systemd que a guarda, ela está certa: veja por que o serviço não responde com"
    " systemctl status wppmt"
)


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
    running = Gateway(url_of(settings.http), lambda: "").is_ready()
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


def memory_pressure(file: Path) -> Finding:
    """Without it the service works, and learns of a lack of memory only when the kernel ends something."""
    percent = pressure.measured(file)
    if percent is None:
        text = f"O kernel não diz quanto se espera por memória ({file}, WPP_PRESSURE_FILE): sem ação antes de ela acabar"
        return Finding(True, f"{text}. Inicie-o com psi=1", is_notice=True)
    return Finding(True, f"Programas esperam por memória {percent:.0f} % do tempo ({file})")


def backup_key(archive: ArchiveSettings) -> Finding:
    """None is no problem until somebody wants a backup; one that is no good is."""
    given = archive.key.get_secret_value()
    try:
        archive_key(given, archive.key_file)
    except ArchiveRefused as refused:
        is_wanted = bool(given or archive.key_file)
        return Finding(not is_wanted, str(refused), is_notice=not is_wanted)
    return Finding(True, "a chave dos backups é válida")


def disk(folder: Path, min_free_mb: int) -> Finding:
    """The folder may be yet to be made."""
    free = free_mb(next(path for path in (folder, *folder.parents) if path.exists()))
    text = f"{free} MB livres no disco de {folder}; com menos de {min_free_mb} MB nenhum navegador abre"
    return Finding(free >= min_free_mb, text, "Libere espaço em disco ou diminua WPP_DISK_MIN_FREE_MB")
