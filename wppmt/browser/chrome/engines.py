"""What keeps an engine from opening a profile; said by name before anything opens.

Chromium's files are read by later versions, not always by earlier ones: an IndexedDB of a form that it does not know it
replaces by an empty one, and the login is gone. The two programs are two packages, which may be updated one without the
other; so whoever opens a profile notes in it what it is.
"""

from __future__ import annotations

from pathlib import Path

from wppmt.browser.chrome import launch
from wppmt.browser.chrome.flags import major
from wppmt.browser.chrome.settings import ChromeSettings
from wppmt.browser.port import StartFailed
from wppmt.browser.profile.folder import OPENED_BY
from wppmt.domain.engines import Engine

LAST_VERSION = "Last Version"
"""Where Chromium itself notes its version; headless-shell does not."""
SHELL_PACKAGE = "chromium-headless-shell"
"""Debian's."""


def check(settings: ChromeSettings, profile: Path) -> None:
    """Raises StartFailed where `settings.engine` must not open this profile, or is not installed."""
    if settings.undetected and not settings.accepts_ports:
        raise StartFailed(
            "ENGINE_UNUSABLE",
            "o motor undetected abre portas sem senha em 127.0.0.1: só com WPP_UNDETECTED_ACCEPT_LOCAL_PORTS=true",
        )
    version = _installed(settings)
    if settings.engine != Engine.HEADLESS_SHELL:
        return
    if not settings.headless:
        raise StartFailed("ENGINE_UNUSABLE", "o motor headless-shell não tem janela: WPP_HEADLESS=true")
    if is_newer(wrote := last_version(profile), version):
        raise StartFailed(
            "ENGINE_UNUSABLE",
            f"o perfil foi gravado pelo Chromium {wrote}, e o headless-shell instalado é o {version}:"
            f" apt-get install {SHELL_PACKAGE}, ou use o motor chrome",
        )


def _installed(settings: ChromeSettings) -> str:
    """The version of the engine's browser. Raises StartFailed, which names the package."""
    try:
        return launch.chrome_version(settings.program)
    except StartFailed as missing:
        package = SHELL_PACKAGE if settings.engine == Engine.HEADLESS_SHELL else "chromium"
        advice = f"instale com apt-get install {package}"
        raise StartFailed(missing.code, f"{missing.detail}; {advice}") from missing


def note(settings: ChromeSettings, profile: Path) -> None:
    """By the profile's writer: who opens it now."""
    version = launch.chrome_version(settings.program)
    (profile / OPENED_BY).write_text(f"{settings.engine} {version}\n")


def opened_by(profile: Path) -> tuple[str, str]:
    """The engine that opened it last, and its version; both empty where nobody has noted it."""
    engine, _, version = launch.read(profile / OPENED_BY).strip().partition(" ")
    return engine, version


def last_version(profile: Path) -> str:
    """The newest Chromium that is known to have written to it, such as "156.0.8078.79"; empty: none is."""
    known = (opened_by(profile)[1], launch.read(profile / LAST_VERSION).strip())
    return max(known, key=major)


def is_newer(wrote: str, opens: str) -> bool:
    """Whether a profile's files may be of a form that the program does not know: they change with the major number."""
    return major(wrote) > major(opens)
