"""The one guard of everything that goes out (webhooks, media): which addresses may be called, checked where we connect.

A name says nothing until it is resolved, so the last word is spoken in the connector: every address that a name leads
to is judged, and exactly the judged ones are connected to, without a second look-up.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import aiohttp
import psutil
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from wppmt.domain.errors import Code, Refusal, SetupError
from wppmt.net.resolver import Lookups
from wppmt.net.response import BoundedResponseReader
from wppmt.net.special_purpose import is_special
from wppmt.net.urls import Address, Place, is_below, is_host, is_name, literal_of, parse, place_of, prefix_of

Network = IPv4Network | IPv6Network

DNS_SECONDS = 5.0
PORTS = frozenset({80, 443})
"""Of strangers; any other port must be on the allow list."""

_NEVER: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # "this host"
        "169.254.0.0/16",  # link-local: the clouds' metadata services
        "100.100.100.200/32",  # Alibaba's
        "168.63.129.16/32",  # Azure's
        "192.0.0.192/32",  # Oracle's
        "192.88.99.0/24",  # 6to4's relays
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
        "::/96",  # unspecified, loopback is told apart before, and IPv4 in an old disguise
        "::ffff:0:0:0/96",  # IPv4 translated by SIIT
        "64:ff9b::/96",  # IPv4 behind NAT64: Python calls it global, whatever is inside
        "64:ff9b:1::/48",
        "2001::/32",  # Teredo
        "2002::/16",  # 6to4
        "fd00:ec2::/32",  # Amazon's metadata
        "fd20:ce::254/128",  # Google's
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
_GLOBAL_IPV6 = ip_network("2000::/3")
_INVALID = "não é http(s) válida"
_OWN = "aponta para este próprio servidor (WPP_EGRESS_ALLOW só o permite por host:porta)"


_OUTSIDE = "fica fora do caminho de WEBHOOK_URL (WPP_EGRESS_ALLOW permite o host:porta inteiro)"


class TargetRefused(aiohttp.ClientOSError):
    """An address that may not be connected to. Of this kind because aiohttp lets no other through unchanged."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator allows beyond the public internet."""

    places: frozenset[Place] = frozenset()
    """Exact host and port, whatever private or loopback address is behind the name."""
    networks: tuple[Network, ...] = ()
    """Private networks, at any port; never loopback, nor this machine itself."""
    default: tuple[Place, str] | None = None
    """The place of WEBHOOK_URL, and the only paths there that are allowed by it."""

    @property
    def named(self) -> Iterable[Place]:
        """All places that are allowed by name."""
        return {*self.places, self.default[0]} if self.default else self.places

    def lists(self, place: Place) -> bool:
        return place in self.named

    def is_outside(self, url: URL) -> bool:
        """At the place of WEBHOOK_URL, but not below its path: there may be much more than a webhook."""
        if self.default is None or self.default[0] != place_of(url) or place_of(url) in self.places:
            return False
        return not is_below(url, self.default[1])


def policy(allow: Iterable[str], webhook_url: str = "") -> Policy:
    """From settings; for webhooks the place of WEBHOOK_URL, the operator's own word, is allowed by itself.

    For them only: what a tenant has fetched as media is answered with. Raises SetupError.
    """
    places: set[Place] = set()
    default: tuple[Place, str] | None = None
    networks: list[Network] = []
    for entry in allow:
        try:
            networks.append(ip_network(entry))
        except ValueError:
            places.add(_place(entry))
    if webhook_url:
        url = parse(webhook_url)
        if url is None or not is_host(place_of(url)[0]):
            raise SetupError(f"WEBHOOK_URL {_INVALID}")
        default = place_of(url), prefix_of(url)
    return Policy(frozenset(places), tuple(networks), default)


def is_own(address: Address) -> bool:
    """Whether it is this machine's at this moment: Redis and chromedriver listen here too.

    Asked of the interfaces: where `ip_nonlocal_bind` is set, any address can be bound. What can't be told is ours.
    """
    try:
        interfaces = psutil.net_if_addrs().values()
    except OSError:
        return True
    return any(
        ip_address(own.address.partition("%")[0]) == address
        for addresses in interfaces
        for own in addresses
        if own.family in {socket.AF_INET, socket.AF_INET6}
    )


class Egress:
    """Judges addresses and opens client sessions that cannot get around it."""

    def __init__(
        self,
        policy: Policy,
        resolver: AbstractResolver | None = None,
        is_own: Callable[[Address], bool] = is_own,
    ) -> None:
        self._policy = policy
        self._is_own = is_own
        resolver = resolver or Lookups()
        self._resolver = _GuardedResolver(self.judge, resolver)
        self._strict_resolver = _GuardedResolver(partial(self._judge, is_listed=False), resolver)

    def check_url(self, url: str) -> URL:
        """The parsed address, if it may be called as far as its text tells. Raises Refusal(TARGET_REFUSED)."""
        parsed = parse(url)
        complaint = _INVALID if parsed is None else self._complaint(parsed)
        if parsed is None or complaint:
            raise Refusal(Code.TARGET_REFUSED, details=[{"field": "url", "problem": f"A URL {complaint}"}])
        return parsed

    def require(self, url: str, setting: str) -> None:
        """For an address that the operator has set: raises SetupError if it would never be called."""
        try:
            self.check_url(url)
        except Refusal as refusal:
            raise SetupError(f"{setting}: {refusal.details[0]['problem']}") from None

    async def check(self, url: str) -> None:
        """`check_url`, and where its name leads today. A name that leads nowhere yet is not refused."""
        parsed = self.check_url(url)
        if literal_of(place_of(parsed)[0]) is None:
            try:
                await self._resolver_for(parsed).resolve(*place_of(parsed))
            except TargetRefused:
                details = [{"field": "url", "problem": "A URL leva a uma rede não permitida"}]
                raise Refusal(Code.TARGET_REFUSED, details=details) from None
            except OSError:
                return

    def session(self, timeout: aiohttp.ClientTimeout, body_limit: int) -> aiohttp.ClientSession:
        """A client for guarded requests, without cookies, proxies of the environment or decompression.

        Of a body no more than `body_limit` bytes of the wire are read; the connection ends there.

        Make it on the running loop. Requests raise TargetRefused, alone or as the cause of a ClientConnectorError.
        Redirects are the caller's to forbid; each one that is followed is judged like the first address.
        """
        connector = aiohttp.TCPConnector(
            resolver=self._resolver,
            use_dns_cache=False,
            limit=0,
            # Shorter than any server's patience: a POST on a connection that is just being closed would be lost.
            keepalive_timeout=1.0,
        )
        # aiohttp has no public word for it.
        reader = partial(BoundedResponseReader, body_limit, asyncio.get_running_loop())
        connector._factory = reader  # type: ignore[assignment] # noqa: SLF001
        return aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=timeout,
            trust_env=False,
            auto_decompress=False,
            middlewares=(self._judge_request,),
        )

    async def _judge_request(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Addresses written as numbers never meet a resolver, so they are judged here, as is every redirect."""
        if complaint := self._complaint(request.url):
            raise TargetRefused(complaint)
        if self._policy.is_outside(request.url) and is_name(place_of(request.url)[0]):
            # A kept connection to an allowed path would serve this one, too.
            await self._strict_resolver.resolve(*place_of(request.url))
        return await handler(request)

    def _resolver_for(self, url: URL) -> _GuardedResolver:
        return self._strict_resolver if self._policy.is_outside(url) else self._resolver

    def _complaint(self, url: URL) -> str:
        """What speaks against the address before any look-up; empty when nothing does."""
        host, port = place_of(url)
        is_outside = self._policy.is_outside(url)
        is_listed = self._policy.lists((host, port)) and not is_outside
        if (literal := literal_of(host)) is not None:
            complaint = self._judge(literal, host, port, is_listed=is_listed)
            return _OUTSIDE if complaint and is_outside else complaint
        if not is_name(host):
            return _INVALID
        if is_listed:
            return ""
        if is_outside and port not in PORTS:
            return _OUTSIDE
        if host == "localhost" or host.endswith(".localhost"):
            return _OWN
        if not is_outside and any(name == host for name, _ in self._policy.named):
            return "usa uma porta não permitida para este host"
        if port not in PORTS and not self._policy.networks:
            return "usa uma porta não permitida (WPP_EGRESS_ALLOW)"
        return ""

    def judge(self, address: Address, host: str, port: int) -> str:
        """What speaks against connecting to `address`, to which `host` led; empty when nothing does."""
        return self._judge(address, host, port, is_listed=self._policy.lists((host, port)))

    def _judge(self, address: Address, _: str, port: int, *, is_listed: bool) -> str:
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        if not address.is_loopback and any(address in network for network in _NEVER):
            return "aponta para uma rede que nunca é permitida"
        if address.is_loopback or self._is_own(address):
            return "" if is_listed else _OWN
        if is_listed or any(address in network for network in self._policy.networks):
            return ""
        if not _is_global(address):
            return "aponta para uma rede privada (WPP_EGRESS_ALLOW)"
        return "" if port in PORTS else "usa uma porta não permitida (WPP_EGRESS_ALLOW)"


class _GuardedResolver(AbstractResolver):
    """Between aiohttp and the real resolver: one bad address among several spoils the whole answer."""

    def __init__(self, judge: Callable[[Address, str, int], str], resolver: AbstractResolver) -> None:
        self._judge = judge
        self._resolver = resolver

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        async with asyncio.timeout(DNS_SECONDS):
            found = await self._resolver.resolve(host, port, family)
        for result in found:
            address = ip_address(result["host"].partition("%")[0])
            if complaint := self._judge(address, host.lower().rstrip("."), port):
                raise TargetRefused(complaint)
        return found

    async def close(self) -> None:
        await self._resolver.close()


def _is_global(address: Address) -> bool:
    """As IANA has it; Python adds what a later release may know."""
    is_unicast = isinstance(address, IPv4Address) or address in _GLOBAL_IPV6
    return is_unicast and not is_special(address) and address.is_global


def _place(entry: str) -> tuple[str, int]:
    url = parse(f"http://{entry}/")
    if url is None or url.explicit_port is None or url.path != "/" or not is_host(place_of(url)[0]):
        raise SetupError(f"WPP_EGRESS_ALLOW: {entry!r} não é host:porta nem CIDR")
    return place_of(url)
