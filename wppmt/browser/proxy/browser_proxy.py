"""How one browser reaches the network: directly, by a proxy, or by its forwarder to a proxy that wants a password."""

from __future__ import annotations

import socket
from pathlib import Path

from wppmt.browser.port import StartFailed
from wppmt.browser.proxy import diagnosis, forwarder_process
from wppmt.net.proxies import BadProxy, Proxy, parse


class BrowserProxy:
    """Of one life of one browser. `url` is empty where there is no proxy.

    With the simulator only a proxy on this machine is used: any other would lead to the real WhatsApp.
    """

    def __init__(self, url: str, profile: Path, *, simulated: bool) -> None:
        self._url = url
        self._profile = profile
        self._simulated = simulated
        self._listener: socket.socket | None = None

    def prepare(self) -> str:
        """The proxy as Chrome's command line names it; empty: none. Raises StartFailed."""
        proxy = self._proxy()
        if proxy is None or not proxy.has_password:
            return str(proxy) if proxy else ""
        self._listener = forwarder_process.reserve()
        return forwarder_process.address(self._listener)

    def started(self, chrome: int) -> None:
        """Chrome runs: what belongs beside it does, too. Raises StartFailed."""
        proxy = self._proxy()
        if proxy and self._listener:
            forwarder_process.start(proxy, self._listener, self._profile, chrome)
        self.close()

    def adopted(self) -> str:
        """What the command line of one that was left must name. Raises StartFailed."""
        proxy = self._proxy()
        if proxy is None or not proxy.has_password:
            return str(proxy) if proxy else ""
        return forwarder_process.noted(self._profile, proxy)

    def failure(self, error: str, target: str) -> StartFailed | None:
        """What Chrome's network error means, if it is about the proxy. Takes some seconds."""
        proxy = self._proxy()
        if proxy is None or not diagnosis.is_of_proxy(error):
            return None
        return StartFailed("PROXY_FAILED", diagnosis.why(proxy, target, error))

    def close(self) -> None:
        if self._listener:
            self._listener.close()
            self._listener = None

    def _proxy(self) -> Proxy | None:
        if not self._url:
            return None
        try:
            proxy = parse(self._url)
        except BadProxy as bad:
            raise StartFailed("PROXY_FAILED", f"o endereço do proxy {bad}") from bad
        if self._simulated and not proxy.is_loopback:
            raise StartFailed("PROXY_FAILED", "com o simulador só um proxy em 127.0.0.1 é usado")
        return proxy
