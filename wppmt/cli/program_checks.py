"""What `wppmt doctor` looks at among the programs that a browser and its page need: Chromium, wa-js, ffmpeg."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from wppmt.app.settings import Settings
from wppmt.browser.chrome import engines
from wppmt.browser.chrome.driver import DRIVER
from wppmt.browser.chrome.launch import CHROME, HEADLESS_SHELL
from wppmt.browser.wa_js.shelf import BUNDLE, Shelf, Unusable
from wppmt.cli.findings import Finding
from wppmt.domain.engines import Engine
from wppmt.domain.wa_js import SHIPPED
from wppmt.media.probe import FFMPEG, FFPROBE

OLDEST_CHROMIUM = 156
"""The oldest major version that the tests have run with."""
SECONDS = 20


def programs(settings: Settings) -> Iterator[Finding]:
    browser, chrome = settings.browser, Path(settings.browser.chrome or CHROME)
    profiles = _profiles(settings.store.tokens_dir)
    used = {browser.engine, *(engines.opened_by(profile)[0] for profile in profiles)}
    if used & {Engine.CHROME, Engine.UNDETECTED}:
        yield from chromium(chrome)
    if Engine.HEADLESS_SHELL in used:
        by_default = browser.engine == Engine.HEADLESS_SHELL
        theirs = [one for one in profiles if by_default or engines.opened_by(one)[0] == Engine.HEADLESS_SHELL]
        yield from headless_shell(Path(browser.headless_shell or HEADLESS_SHELL), theirs)
    if browser.engine == Engine.UNDETECTED:
        accepted = browser.undetected_accept_local_ports
        yield from chromedriver(Path(browser.driver or DRIVER), chrome, accepted=accepted)


def chromium(chrome: Path) -> Iterator[Finding]:
    found = version(chrome)
    yield _program(chrome, found, "chromium")
    if found:
        yield recent(found)


def headless_shell(shell: Path, profiles: Sequence[Path]) -> Iterator[Finding]:
    """For the engine of that name: whether it is there, and may open these profiles."""
    found = version(shell)
    yield _program(shell, found, engines.SHELL_PACKAGE)
    if not found:
        return
    yield recent(found)
    newer = [one.name for one in profiles if engines.is_newer(engines.last_version(one), found)]
    yield Finding(
        not newer,
        f"headless-shell {found}: perfis gravados por um Chromium mais novo: {', '.join(newer) or 'nenhum'}",
        f"Atualize: apt-get update && apt-get install {engines.SHELL_PACKAGE}; ou use o motor chrome nessas sessões",
    )


def _profiles(tokens: Path) -> Sequence[Path]:
    """Of the sessions that have one."""
    with contextlib.suppress(OSError):
        return sorted(one for one in tokens.iterdir() if one.is_dir() and not one.name.startswith("."))
    return []


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
