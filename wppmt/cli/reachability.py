"""Whether what the service talks to can be reached: WhatsApp, Redis, the webhook, the keys' issuer. Connects, asks nothing."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from wppmt.app.settings import Settings
from wppmt.cli import cluster_checks
from wppmt.cli.findings import Check, Finding
from wppmt.domain.errors import SetupError
from wppmt.domain.system_errors import Explained, explain

SECONDS = 5.0
PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
MOST_HEAD_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class Proxy:
    host: str
    port: int
    tunnels: bool
    """It speaks plain HTTP: a CONNECT shows whether it opens the way. Of any other, only whether it is there."""


@dataclass(frozen=True, slots=True)
class Target:
    """A certificate is checked unless it `is_own`."""

    host: str
    port: int
    tls: bool = False
    proxy: Proxy | None = None
    is_own: bool = False

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


WHATSAPP = Target("web.whatsapp.com", 443, tls=True)


def checks(settings: Settings, *, whatsapp: Target = WHATSAPP, simulator_runs: bool) -> Iterator[Check]:
    """Those that these settings call for."""
    yield Check("whatsapp", lambda: whatsapp_of(settings, whatsapp, simulator_runs=simulator_runs))
    if settings.redis.url:
        yield Check("redis", lambda: [redis_server(settings.redis.url)])
    if settings.cluster.etcd:
        yield Check("etcd", lambda: cluster_checks.etcd(settings.cluster))
    if settings.webhooks.url:
        yield Check("webhook", lambda: [webhook(settings)])
    if settings.auth.jwks_url:
        yield Check("jwks", lambda: [place("Emissor dos tokens", settings.auth.jwks_url, "WPP_JWKS_URL")])


def whatsapp_of(settings: Settings, target: Target, *, simulator_runs: bool) -> Iterator[Finding]:
    """In simulator mode the simulator is WhatsApp; where it starts with the service there is nothing to reach yet."""
    if not settings.simulator.used:
        yield _reached("WhatsApp", through(target, settings.browser.proxy_url), _WHATSAPP_ADVICE)
    elif simulator_runs or settings.simulator.mode == "external":
        page = Target("127.0.0.1", settings.simulator.page_port, tls=True, is_own=True)
        yield _reached("Simulador", page, "Inicie o simulador: wppmt simulator")
    else:
        yield Finding(True, "Simulador: inicia junto com o serviço")


_WHATSAPP_ADVICE = "Verifique a rede, o DNS, o firewall (saída na porta 443) e o proxy (WPP_PROXY_URL)"


def through(target: Target, proxy_url: str) -> Target:
    """Raises SetupError for a proxy that cannot be read."""
    if not proxy_url:
        return target
    host, port = _host_and_port(proxy_url, "WPP_PROXY_URL")
    return replace(target, proxy=Proxy(host, port, proxy_url.partition("://")[0] in {"http", proxy_url}))


def redis_server(url: str) -> Finding:
    """Asked by the client that the service uses. The address may hold a password: only the host is shown."""
    import redis  # noqa: PLC0415 - the other commands start at once without it

    shown = urlsplit(url).hostname or urlsplit(url).path
    advice = "Verifique REDIS_URL e se o Redis está no ar; sem ele o serviço funciona, mas outros programas não leem QR e status"
    try:
        client = redis.Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)
        with closing(client):
            client.ping()
    except redis.AuthenticationError:
        return Finding(False, f"Redis em {shown}: a senha não foi aceita", "Corrija a senha em REDIS_URL")
    except redis.TimeoutError:
        return Finding(False, f"Redis em {shown}: tempo esgotado", advice)
    except (redis.RedisError, OSError) as failure:
        cause = failure if isinstance(failure, OSError) else failure.__cause__ or failure.__context__
        why = explain(cause) if isinstance(cause, OSError) else "não responde como um Redis"
        return Finding(False, f"Redis em {shown}: {why}", advice)
    return Finding(True, f"Redis em {shown}: responde")


def webhook(settings: Settings) -> Finding:
    """Raises SetupError for one that would never be called."""
    from wppmt.net.egress import Egress, policy  # noqa: PLC0415 - as above: it brings aiohttp

    url = settings.webhooks.url
    Egress(policy(settings.egress.allow, url)).require(url, "WEBHOOK_URL")
    return place("Webhook padrão", url, "WEBHOOK_URL")


def place(what: str, url: str, setting: str) -> Finding:
    """Raises SetupError for a URL that cannot be read."""
    host, port = _host_and_port(url, setting)
    tls = urlsplit(url).scheme == "https"
    return _reached(what, Target(host, port, tls), f"Verifique {setting}, a rede e se o destino está no ar")


def _host_and_port(url: str, setting: str) -> tuple[str, int]:
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        port, parts = None, urlsplit("")
    if not parts.hostname or port is None:
        raise SetupError(f"{setting} não é uma URL com host e porta")
    return parts.hostname, port


def _reached(what: str, target: Target, advice: str) -> Finding:
    try:
        _connect(target)
    except OSError as failure:
        return Finding(False, f"{what}: {target} não pode ser alcançado ({explain(failure)})", advice)
    except UnicodeError:
        return Finding(False, f"{what}: {target} não é um nome de host", advice)
    return Finding(True, f"{what}: {target} pode ser alcançado")


def _connect(target: Target) -> None:
    """Raises OSError; the name, the network, the proxy or the certificate may be what fails."""
    first: Target | Proxy = target.proxy or target
    with socket.create_connection((first.host, first.port), SECONDS) as plain:
        if target.proxy and not (target.proxy.tunnels and _opens_tunnel(plain, target)):
            return
        if target.tls:
            with _context(target).wrap_socket(plain, server_hostname=target.host):
                return


def _context(target: Target) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if target.is_own:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _opens_tunnel(plain: socket.socket, target: Target) -> bool:
    """False where the proxy wants the password that Chrome will give it. Raises OSError where it refuses."""
    plain.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head and len(head) < MOST_HEAD_BYTES and (received := plain.recv(4096)):
        head += received
    found = re.match(rb"HTTP/1\.\d (\d{3})", head)
    if found is None or found[1] not in {b"200", b"407"}:
        raise Explained(f"o proxy não abriu o caminho: {found[1].decode() if found else 'sem resposta'}")
    return found[1] == b"200"
