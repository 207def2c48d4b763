"""How settings become the tenants' browsers, and what about them is refused."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from socket import socket
from typing import Protocol

from wppmt.app import logs
from wppmt.app.settings import Settings
from wppmt.browser.chrome import driver, engines, launch
from wppmt.browser.chrome.browsers import ChromeBrowsers
from wppmt.browser.chrome.cgroups import Cgroups, Limits
from wppmt.browser.chrome.settings import ChromeSettings
from wppmt.browser.keeper.guard import Guard, Unguarded
from wppmt.browser.keeper.lines import Keeper
from wppmt.browser.keeper.process import KeeperProcess
from wppmt.browser.keeper.systemd import SystemdStore
from wppmt.browser.port import Browsers, Right, StartFailed, Usage
from wppmt.domain.engines import Engine
from wppmt.domain.errors import SetupError
from wppmt.store.port import Store


class TenantBrowsers(Browsers, Protocol):
    """All that the daemon has, for as long as it lives."""

    @property
    def guard(self) -> Guard:
        """Who ends them in time where other machines may open their sessions."""

    def let_go(self) -> None:
        """Nothing is read from any browser any more: they are the next daemon's. Blocks."""


MakeBrowsers = Callable[[Settings, Mapping[str, str], Mapping[str, socket], Store, Right], TenantBrowsers]
"""Within the running loop: settings, environment, the lines that systemd has stored, the open store, whom to ask at each start."""


def always(_session_id: str, _profile: Path) -> int:
    """A Right: there is nobody else who could open a session's browser."""
    return 0


def chrome_settings(settings: Settings) -> ChromeSettings:
    """Raises SetupError for what is not safe, what nobody has said yes to, and what cannot be."""
    _require_usable_engine(settings)
    browser, simulated = settings.browser, settings.simulator.used
    return ChromeSettings(
        tokens_dir=settings.store.tokens_dir,
        snapshots_dir=login_copies(settings),
        wa_js_dir=settings.store.wa_js_dir,
        snapshots_kept=settings.store.login_copies,
        resolver_rules=f"MAP * 127.0.0.1:{settings.simulator.page_port}" if simulated else None,
        chrome_path=Path(browser.chrome) if browser.chrome else launch.CHROME,
        shell_path=Path(browser.headless_shell) if browser.headless_shell else launch.HEADLESS_SHELL,
        driver_path=Path(browser.driver) if browser.driver else driver.DRIVER,
        engine=browser.engine,
        accepts_ports=browser.undetected_accept_local_ports,
        headless=browser.headless,
        sandbox=_sandbox(settings),
        beat_seconds=browser.beat_seconds,
        unavailable_seconds=settings.sessions.unavailable_seconds,
        start_seconds=browser.start_deadline_seconds,
        stop_seconds=browser.stop_deadline_seconds,
    )


def make_browsers(
    settings: Settings,
    environ: Mapping[str, str],
    lines: Mapping[str, socket],
    store: Store,
    right: Right = always,
) -> ChromeBrowsers:
    """`lines`: what systemd has stored for an earlier daemon."""
    keeper, guard = _keeper_and_guard(settings, environ, lines)
    return ChromeBrowsers(
        chrome_settings(settings),
        keeper,
        proxy_of=partial(proxy_of, settings, store),
        engine_of=partial(engine_of, store),
        cgroups=_cgroups(settings),
        right=right,
        guard=guard,
    )


def _cgroups(settings: Settings) -> Cgroups | None:
    """Where systemd has delegated them, unless they are not wanted."""
    wish = settings.cgroups
    limits = Limits(wish.memory_mb, wish.memory_high_mb, wish.cpu_percent, wish.pids)
    found = Cgroups.delegated(limits) if wish.enabled else None
    prepared = found is not None and found.prepare()
    if found and not prepared:
        logs.log(
            "cgroups_not_used", level="warning", note="O cgroup do serviço não pôde ser dividido por sessão"
        )
    return found if prepared else None


def usage(session_id: str) -> Usage | None:
    """What the session's cgroup has used; None where it has none."""
    found = Cgroups.delegated(Limits())
    return found.usage(session_id) if found else None


def proxy_of(settings: Settings, store: Store, session_id: str) -> str:
    """The session's own, or the daemon's; empty: none. Asked at each start."""
    record = store.session(session_id)
    return (record.proxy if record else "") or settings.browser.proxy_url


def engine_of(store: Store, session_id: str) -> str:
    """The session's own; empty: it has none. Asked at each start."""
    record = store.session(session_id)
    return record.engine if record else ""


def engine_flaw(settings: Settings, session_id: str, engine: str) -> str:
    """Why this session's browser could not be opened by this engine, in Portuguese; empty: it could. Runs the program."""
    chosen = chrome_settings(settings).on(engine)
    try:
        engines.check(chosen, chosen.tokens_dir.absolute() / session_id)
    except StartFailed as refused:
        return refused.detail
    return ""


def _keeper_and_guard(
    settings: Settings, environ: Mapping[str, str], lines: Mapping[str, socket]
) -> tuple[Keeper, Guard]:
    """Systemd where it has room (FDSTORE, which from version 254 on it sets itself), else a process of our own; which alone can
    end browsers while the daemon is stopped.
    """
    folder = settings.store.tokens_dir
    if settings.cluster.etcd and settings.cluster.failover:
        process = KeeperProcess(folder, guards=True)
        return process, process
    if environ.get("NOTIFY_SOCKET") and environ.get("FDSTORE", "0") != "0":
        return SystemdStore(environ["NOTIFY_SOCKET"], lines), Unguarded()
    keeper = KeeperProcess(folder)
    if not settings.cluster.etcd:
        keeper.until(0, 0.0, 0.0)
    return keeper, Unguarded(keeper.until)


def _require_usable_engine(settings: Settings) -> None:
    browser = settings.browser
    if browser.engine == Engine.HEADLESS_SHELL and not browser.headless:
        raise SetupError(
            "O motor headless-shell não tem janela: WPP_HEADLESS=false só vale com WPP_BROWSER_ENGINE=chrome"
        )
    if browser.engine == Engine.UNDETECTED and not browser.undetected_accept_local_ports:
        raise SetupError(
            "O motor undetected abre portas sem senha em 127.0.0.1, por onde qualquer usuário desta máquina lê as"
            " conversas e roda programas como o wppmt. Para aceitar: WPP_UNDETECTED_ACCEPT_LOCAL_PORTS=true;"
            " sem isso, use WPP_BROWSER_ENGINE=chrome"
        )


def login_copies(settings: Settings) -> Path:
    return settings.store.state_dir / "logins"


def _sandbox(settings: Settings) -> bool:
    """Chrome's sandbox is given up only for root on the simulator. Raises SetupError for anything weaker."""
    wish, simulated, is_root = settings.browser.sandbox, settings.simulator.used, os.geteuid() == 0
    if not simulated and (wish == "off" or is_root):
        raise SetupError(
            "Com o WhatsApp real o Chrome roda com sandbox e nunca como root:"
            " use um usuário próprio (docs/operacao.md) e tire WPP_SANDBOX=off"
        )
    return wish == "on" or (wish == "auto" and not is_root)
