"""What the composition root tells the tenants' Chromes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from wppmt.browser.cdp.connection import Command
from wppmt.browser.chrome import driver, launch, likeness, patched_driver
from wppmt.browser.chrome.flags import Situation, command_line, major, user_agent
from wppmt.browser.chrome.launch import Programs
from wppmt.domain.engines import Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class ChromeSettings:
    """Values that the composition root passes in."""

    tokens_dir: Path
    snapshots_dir: Path
    wa_js_dir: Path
    """Where the operator's own wa-js lie, and the plan who gets which."""
    snapshots_kept: int
    """Copies of a login, and as many profiles in quarantine."""
    engine: str
    """Of sessions that have none of their own."""
    accepts_ports: bool = False
    """Whether the operator has said yes to what "undetected" opens."""
    headless: bool
    sandbox: bool
    beat_seconds: float
    unavailable_seconds: float
    """After what it last typed or sent, a session is shown as not there; 0: never."""
    start_seconds: float
    """For Chrome to come up."""
    stop_seconds: float
    """For Chrome to flush the login and end by itself."""
    page_url: str = "https://web.whatsapp.com/"
    resolver_rules: str | None = None
    """Simulator mode, such as "MAP * 127.0.0.1:8443"."""
    chrome_path: Path = launch.CHROME
    shell_path: Path = launch.HEADLESS_SHELL
    driver_path: Path = driver.DRIVER
    environment: Mapping[str, str] = field(default_factory=dict)
    """More of it for Chrome, beside PATH and LANG; never the daemon's, which holds secrets."""
    load_seconds: float = 60.0
    """For WhatsApp's page to load."""

    @property
    def origin(self) -> str:
        """WhatsApp's."""
        parts = urlsplit(self.page_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def page_settings(self) -> Mapping[str, object]:
        """For the bridge in the page."""
        return {"beatSeconds": self.beat_seconds, "unavailableSeconds": self.unavailable_seconds}

    @property
    def undetected(self) -> bool:
        return self.engine == Engine.UNDETECTED

    @property
    def program(self) -> Path:
        """The engine's browser."""
        return self.shell_path if self.engine == Engine.HEADLESS_SHELL else self.chrome_path

    def on(self, engine: str) -> ChromeSettings:
        """The same for a session with an engine of its own; empty: it has none."""
        return replace(self, engine=engine) if engine else self

    def programs(self) -> Programs:
        """What the launcher runs."""
        return Programs(self.program, {**launch.ENVIRONMENT, **self.environment})

    def likeness(self) -> Sequence[Command[None]]:
        """What the page's session is told before the first page. Raises StartFailed."""
        if self.engine != Engine.HEADLESS_SHELL:
            return ()
        version = launch.chrome_version(self.program)
        return (likeness.override_user_agent(user_agent(version), major(version)),)

    def command(self, profile: Path, proxy: str = "") -> Sequence[str]:
        """A tenant's whole command line, the program first; asks Chrome for its version. Raises StartFailed.

        `proxy` is what Chrome is told of it, and so without a password.
        """
        situation = Situation(
            profile=profile,
            user_agent=user_agent(launch.chrome_version(self.program)),
            headless=self.headless,
            sandbox=self.sandbox,
            resolver_rules=self.resolver_rules,
            proxy=proxy or None,
            engine=self.engine,
        )
        return [str(self.program), *command_line(situation)]

    def patched_driver(self) -> Path:
        """For the engine "undetected". Raises StartFailed."""
        return patched_driver.patched(self.driver_path, self.tokens_dir.absolute() / ".chromedriver")
