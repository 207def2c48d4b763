"""Chrome's command line for one tenant: each switch with its reason. Pure.

Measured at 10 tenants on Chromium 156: the list saves about 55 MB PSS per tenant against Chrome's defaults.
Left out on purpose: --no-zygote costs memory; --single-process and NetworkServiceInProcess let one crash of what speaks
to the network take the whole browser along. What was tried, and what each gains and costs: docs/motores.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from wppmt.domain.engines import Engine

# One list: Chrome heeds only the last --disable-features.
DISABLED_FEATURES = (
    # Both names: without them Chrome keeps two invisible pages in a renderer of 33-49 MB, even headless.
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    # A renderer kept ready for the next site, and pages kept for "back": a tenant has one page for ever.
    "SpareRendererForSitePerProcess",
    "BackForwardCache",
    # One renderer for the one site; a frame of another site must not start its own.
    "IsolateOrigins",
    "site-per-process",
    # Services that look outward by themselves or that nobody can see in a headless browser.
    "Translate",
    "OptimizationHints",
    "OptimizationGuideModelDownloading",
    "MediaRouter",
    "DialMediaRouteProvider",
    "InterestFeedContentSuggestions",
    "AutofillServerCommunication",
    "GlobalMediaControls",
    "CalculateNativeWinOcclusion",
    "PaintHolding",
    "WebRtcHideLocalIpsWithMdns",
)

LEAN = (
    # Nobody looks at the window.
    "--headless=new",
    "--mute-audio",
    "--disable-notifications",
    "--disable-print-preview",
    # A server has no graphics card, and drawing by software costs memory and a tenth of the start's work.
    "--disable-gpu",
    "--disable-software-rasterizer",
    # Without a graphics card the process for it only puts pictures together: a thread of the browser's does as well. Both
    # switches or neither: with the process gone the zygote that it came from has no child left, and each program that
    # stands for itself keeps 12 MB of relocated addresses of its own. Together 17 MB less.
    "--in-process-gpu",
    "--no-unsandboxed-zygote",
    # What V8 keeps for new objects, thrice; up to 16 MB otherwise: 4 MB less at rest, 44 after busy seconds, for an eighth
    # more processor time where a page does nothing but make objects. With 1 MB it is a third.
    "--js-flags=--max-semi-space-size=2",
    # No extensions, and none of Chrome's own helpers in processes of their own.
    "--disable-extensions",
    "--disable-component-extensions-with-background-pages",
    "--disable-default-apps",
    # One site, one renderer.
    "--renderer-process-limit=1",
    "--disable-site-isolation-trials",
    # Nothing calls home, reports or updates behind the operator's back.
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-pings",
    # Cookies must be readable when the profile is moved or restored: no desktop keyring.
    "--password-store=basic",
    "--use-mock-keychain",
    # What the page puts into localStorage, its login above all, is on the disk after 1 s instead of 5 to 60: Chrome's own
    # timer, of which the page notices nothing.
    "--enable-aggressive-domstorage-flushing",
    # No first-run page, no dialog that waits for a person.
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-popup-blocking",
    "--disable-prompt-on-repost",
    "--disable-hang-monitor",
    # The page's heartbeat must keep its pace though the window is never "visible".
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
)


@dataclass(frozen=True, slots=True)
class Situation:
    """What differs between two installations."""

    profile: Path
    user_agent: str
    headless: bool = True
    sandbox: bool = True
    resolver_rules: str | None = None
    """Simulator mode: every host is mapped to the simulator, whose certificate is its own."""
    proxy: str | None = None
    engine: str = Engine.CHROME
    """For the chromedriver of "undetected" there is a port, on loopback, and no mark of automation."""


def command_line(situation: Situation) -> Sequence[str]:
    """Chrome's arguments, without the program. The first page is about:blank: Debian's start page is a web site."""
    arguments = [
        *(switch for switch in LEAN if situation.headless or switch != "--headless=new"),
        f"--disable-features={','.join(DISABLED_FEATURES)}",
        f"--user-data-dir={situation.profile}",
        f"--user-agent={situation.user_agent}",
        # No port: whoever reached it would hold the login.
        "--remote-debugging-pipe",
        # Never the proxy of an environment variable: it is a setting of the daemon, or there is none.
        f"--proxy-server={situation.proxy}" if situation.proxy else "--no-proxy-server",
    ]
    if situation.resolver_rules:
        # The proxy itself, which is on this machine, is no host of the simulator's.
        rules = situation.resolver_rules + (
            ", EXCLUDE 127.0.0.1, EXCLUDE localhost" if situation.proxy else ""
        )
        arguments += [f"--host-resolver-rules={rules}", "--ignore-certificate-errors"]
    if not situation.sandbox:
        arguments.append("--no-sandbox")
    if situation.engine == Engine.UNDETECTED:
        # Port 0: Chrome takes a free one and writes it into the profile.
        arguments += ["--remote-debugging-port=0", "--disable-blink-features=AutomationControlled"]
    return [*arguments, "about:blank"]


def user_agent(version: str) -> str:
    """Chrome's own, of its own version. Headless Chrome names itself HeadlessChrome, which WhatsApp Web turns away."""
    return f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major(version)}.0.0.0 Safari/537.36"


def major(version: str) -> int:
    """156 of "156.0.8078.79"; 0 where there is none."""
    found = re.match(r"\d+", version)
    return int(found[0]) if found else 0
