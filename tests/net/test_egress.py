"""The egress guard: forbidden targets in every disguise, and what it must let through."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Sequence
from ipaddress import ip_address

import aiohttp
import psutil
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from wppmt.domain.errors import Code, Refusal, SetupError
from wppmt.net.egress import Egress, TargetRefused, is_own, policy

PUBLIC = "93.184.216.34"
TURBOZAP = "avelarsys-turbozap:3000"
TIMEOUT = aiohttp.ClientTimeout(total=5)


class FakeDns(AbstractResolver):
    """Gives the next answer at each look-up, the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked.append(host)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if not found:
            raise OSError("no such name")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in found
        ]

    async def close(self) -> None:
        pass


class Sink:
    """A real server on loopback that counts who comes."""

    def __init__(self) -> None:
        self.hits: list[str] = []
        self.raw: list[str] = []
        """As they came over the wire."""
        self.port = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.hits.append(request.path)
        self.raw.append(request.raw_path)
        if request.path == "/redirect":
            raise web.HTTPTemporaryRedirect(f"http://127.0.0.1:{self.port}/secret")
        return web.Response(text="ok")


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    found = Sink()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", found.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    found.port = runner.addresses[0][1]
    yield found
    await runner.cleanup()


def egress(*allow: str, webhook_url: str = "", dns: FakeDns | None = None, own: Sequence[str] = ()) -> Egress:
    return Egress(policy(allow, webhook_url), dns or FakeDns([PUBLIC]), lambda address: str(address) in own)


def is_refused(guard: Egress, url: str) -> bool:
    try:
        guard.check_url(url)
    except Refusal as refusal:
        return refusal.code is Code.TARGET_REFUSED and bool(refusal.details)
    return False


async def fetch(guard: Egress, url: str, *, allow_redirects: bool = False) -> int:
    """Past check_url, as if the address had got into the database: the connector must hold alone."""
    async with guard.session(TIMEOUT, 65_536) as session:
        try:
            async with session.get(url, allow_redirects=allow_redirects) as response:
                return response.status
        except aiohttp.ClientConnectorError as error:
            raise error.os_error from None


async def blocked_at_connect(guard: Egress, url: str) -> None:
    with pytest.raises((TargetRefused, aiohttp.InvalidURL)):
        await fetch(guard, url)


LOOPBACK_HOSTS = [
    "127.0.0.1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "a.localhost",
    "[::1]",
    "0.0.0.0",
    "0",
    "127.8.9.1",
]
LOOPBACK_SPELLINGS = [
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.1",
    "127.0.1",
    "0x7f.1",
    "017700000001",
    "127.0.0.1.",
]
METADATA_HOSTS = [
    "169.254.169.254",
    "[fd00:ec2::254]",
    "[fd20:ce::254]",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "169.254.0.1",
]
INTERNAL_HOSTS = [
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[::ffff:0:a9fe:a9fe]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[fe80::1%25eth0]",
    "[fe80::1]",
    "100.64.0.1",
    "224.0.0.1",
    "[ff02::1]",
    "255.255.255.255",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "[fc00::1]",
    "[4000::1]",
    "192.88.99.1",
]


@pytest.mark.parametrize("host", LOOPBACK_HOSTS + LOOPBACK_SPELLINGS + METADATA_HOSTS + INTERNAL_HOSTS)
async def test_own_and_private_addresses_are_refused_in_any_disguise(host: str):
    url = f"http://{host}/webhook"
    assert is_refused(egress(), url)
    await blocked_at_connect(egress(dns=FakeDns(["127.0.0.1"])), url)


@pytest.mark.parametrize(
    "host",
    [
        *METADATA_HOSTS,
        "[::ffff:169.254.169.254]",
        "[fe80::1]",
        "224.0.0.1",
        "0.0.0.0",
        "[64:ff9b::a9fe:a9fe]",
        "[::ffff:0:a9fe:a9fe]",
    ],
)
async def test_metadata_even_if_a_network_that_has_it_is_allowed(host: str):
    guard = Egress(policy(["0.0.0.0/0", "::/0", f"{host}:80"]))
    assert is_refused(guard, f"http://{host}/")
    await blocked_at_connect(guard, f"http://{host}/")


@pytest.mark.parametrize("address", ["169.254.169.254", "fd00:ec2::254", "fe80::1%eth0"])
async def test_a_name_for_metadata_even_if_the_name_is_allowed(address: str):
    guard = egress("metadata.internal:80", "0.0.0.0/0", dns=FakeDns([address]))
    await blocked_at_connect(guard, "http://metadata.internal/")


async def test_public_when_configured_and_private_at_delivery():
    dns = FakeDns([PUBLIC], ["127.0.0.1"])
    guard = egress(dns=dns)
    await guard.check("http://rebinding.test/")
    await blocked_at_connect(guard, "http://rebinding.test/")
    assert dns.asked == ["rebinding.test"] * 2


@pytest.mark.parametrize("answer", [[PUBLIC, "127.0.0.1"], [PUBLIC, "::1"], ["10.0.0.1", PUBLIC]])
async def test_one_bad_address_among_good_ones(answer: list[str]):
    await blocked_at_connect(egress(dns=FakeDns(answer)), "http://mixed.test/")


async def test_what_was_judged_is_connected_to_without_a_second_look(sink: Sink):
    """The name leads to the sink at the first look-up only; the connection is made all the same."""
    dns = FakeDns(["127.0.0.1"], ["169.254.169.254"])
    guard = egress(f"turbozap.test:{sink.port}", dns=dns)
    assert await fetch(guard, f"http://turbozap.test:{sink.port}/") == 200
    assert dns.asked == ["turbozap.test"]


async def test_every_new_connection_is_judged_anew(sink: Sink):
    dns = FakeDns(["127.0.0.1"])
    guard = Egress(policy([f"rebinding.test:{sink.port}"]), dns)
    url = f"http://rebinding.test:{sink.port}/"
    async with guard.session(TIMEOUT, 65_536) as session:
        async with session.get(url, headers={"Connection": "close"}) as response:
            assert response.status == 200
        assert dns.asked == ["rebinding.test"]
        dns.answers = [["169.254.169.254"]]
        with pytest.raises(aiohttp.ClientConnectorError) as caught:
            await session.get(url)
    assert isinstance(caught.value.os_error, TargetRefused)


async def test_the_systems_own_resolver_is_guarded_too(sink: Sink):
    """No fake: `localhost` by way of /etc/hosts."""
    allowed = Egress(policy([f"localhost:{sink.port}"]))
    assert await fetch(allowed, f"http://localhost:{sink.port}/") == 200
    await blocked_at_connect(Egress(policy([])), f"http://localhost:{sink.port}/")
    assert len(sink.hits) == 1


async def test_a_redirect_that_someone_follows_is_judged_as_well(sink: Sink):
    dns = FakeDns(["127.0.0.1"])
    guard = egress(f"turbozap.test:{sink.port}", dns=dns)
    url = f"http://turbozap.test:{sink.port}/redirect"
    assert await fetch(guard, url) == 307
    with pytest.raises(TargetRefused):
        await fetch(guard, url, allow_redirects=True)
    assert sink.hits == ["/redirect", "/redirect"]


async def test_the_allowed_private_host_is_delivered_to(sink: Sink):
    guard = egress(f"avelarsys-turbozap:{sink.port}", dns=FakeDns(["127.0.0.1"]))
    url = f"http://avelarsys-turbozap:{sink.port}/webhooks/wpp"
    await guard.check(url)
    assert await fetch(guard, url) == 200
    assert await fetch(guard, url.replace("avelarsys-turbozap", "AVELARSYS-TURBOZAP.")) == 200


async def test_the_default_webhook_is_allowed_by_itself(sink: Sink):
    url = f"http://127.0.0.1:{sink.port}/webhook"
    guard = egress(webhook_url=url)
    guard.check_url(url)
    assert await fetch(guard, url) == 200
    assert is_refused(guard, f"http://127.0.0.1:{sink.port + 1}/webhook")


OUTSIDE = (
    "/", "/admin", "/api", "/api/webhookx", "/api/webhook/../admin", "/api/webhook/%2e%2e/admin", "/API/webhook/x",
    "/api/webhook/%252e%252e/admin", "/api/webhook/..%2fadmin", "/api/webhook/.%5c..%5cadmin",
    "/api%2fwebhookx",
)  # fmt: skip


@pytest.mark.parametrize("path", OUTSIDE)
@pytest.mark.parametrize("host", ["127.0.0.1", "avelarsys-turbozap"])
async def test_of_the_default_webhooks_place_its_folder_alone_is_allowed(sink: Sink, host: str, path: str):
    place = f"http://{host}:{sink.port}"
    guard = egress(webhook_url=f"{place}/api/webhook/default?secret=x", dns=FakeDns(["127.0.0.1"]))
    for inside in (
        "/api/webhook/default",
        "/api/webhook/cliente-001?a=..",
        "/api/webhook/a/b",
        "/api/webhook/",
    ):
        await guard.check(place + inside)
        assert await fetch(guard, place + inside) == 200
    assert is_refused(guard, place + path)
    await blocked_at_connect(guard, place + path)
    assert await fetch(egress(f"{host}:{sink.port}", dns=FakeDns(["127.0.0.1"])), place + path) == 200


async def test_a_default_webhook_without_a_folder_allows_itself_alone():
    guard = egress(webhook_url="http://10.0.0.1/hook")
    assert not is_refused(guard, "http://10.0.0.1/hook?a=b")
    assert not is_refused(guard, "http://10.0.0.1/hook/cliente-001")
    assert is_refused(guard, "http://10.0.0.1/hooks")
    assert not is_refused(egress(webhook_url="http://10.0.0.1"), "http://10.0.0.1/hooks")


@pytest.mark.parametrize(("address", "refused"), [("10.0.0.1", True), (PUBLIC, False)])
async def test_beside_the_default_webhook_a_name_is_what_it_leads_to(address: str, refused: bool):
    guard = egress(webhook_url="http://turbozap.test/api/webhook/default", dns=FakeDns([address]))
    beside = "http://turbozap.test/admin"
    if refused:
        with pytest.raises(Refusal):
            await guard.check(beside)
        await blocked_at_connect(guard, beside)
    else:
        await guard.check(beside)


async def test_a_kept_connection_to_the_default_webhook_serves_it_alone(sink: Sink):
    place = f"http://avelarsys-turbozap:{sink.port}"
    guard = egress(webhook_url=f"{place}/api/webhook/default", dns=FakeDns(["127.0.0.1"]))
    async with guard.session(TIMEOUT, 65_536) as session:
        async with session.get(f"{place}/api/webhook/default") as response:
            assert response.status == 200
            await response.read()
        with pytest.raises(TargetRefused):
            await session.get(f"{place}/admin")
    assert sink.hits == ["/api/webhook/default"]


@pytest.mark.parametrize("url", ["http://avelarsys-turbozap:6379/", "http://avelarsys-turbozap/"])
async def test_the_allowed_host_at_another_port(url: str):
    assert is_refused(egress(TURBOZAP), url)
    await blocked_at_connect(egress(TURBOZAP, dns=FakeDns(["10.0.0.7"])), url)


ODD_URLS = [
    "gopher://x.test/",
    "file:///etc/passwd",
    "ftp://x.test/",
    "javascript:alert(1)",
    "//x.test/",
    "x.test",
    "",
    "http://",
    "http:///x",
    "http:x.test",
    "http://a@127.0.0.1/",
    "http://a:b@x.test/",
    "http://@x.test/",
    "http://[example.com]/",
    "http://[::1]x/",
    "http://x.test\r\nX: y/",
    "http://x.test/\r\nHost: y",
    "http://x.test/a b",
    "http://x.test\\@127.0.0.1/",
    "http://x.test:0/",
    "http://x.test:65536/",
    "http://x.test:80:80/",
    "http://x..test/",
    "http://.test/",
    "http://%31%32%37.0.0.1/",
    "http://\uff11\uff12\uff17.0.0.1/",
    "http://x.test/\x7f",
    f"http://x.test/{'a' * 9000}",
    f"http://{'a' * 64}.test/",
]


@pytest.mark.parametrize("url", ODD_URLS, ids=range(len(ODD_URLS)))
def test_odd_addresses(url: str):
    assert is_refused(egress("0.0.0.0/0", "::/0"), url)


@pytest.mark.parametrize("port", [8005, 6379, 9515, 9222])
async def test_our_own_ports_are_refused_even_in_an_allowed_network(port: int):
    guard = egress("10.0.0.0/8", "127.0.0.0/8", own=["10.1.2.3", "fd12::3"])
    for host in ("10.1.2.3", "127.0.0.1", "[::ffff:10.1.2.3]", "[fd12::3]"):
        assert is_refused(guard, f"http://{host}:{port}/")
        await blocked_at_connect(guard, f"http://{host}:{port}/")
    assert not is_refused(guard, f"http://10.1.2.4:{port}/")


def test_the_machines_own_addresses_are_known():
    mine = {
        address.address
        for interface in psutil.net_if_addrs().values()
        for address in interface
        if address.family in {socket.AF_INET, socket.AF_INET6} and "%" not in address.address
    }
    assert "127.0.0.1" in mine
    assert all(is_own(ip_address(text)) for text in mine)
    assert not any(is_own(ip_address(text)) for text in (PUBLIC, "10.255.254.253", "2606:2800:220:1::1"))


def test_an_address_that_the_machine_gets_later_is_its_own_as_well():
    own: list[str] = []
    guard = egress("10.0.0.0/8", own=own)
    guard.check_url("http://10.1.2.3:6379/")
    own.append("10.1.2.3")
    assert is_refused(guard, "http://10.1.2.3:6379/")


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.cliente.com.br/wpp?x=1",
        "http://hooks.cliente.com.br:80/",
        "https://m\u00fcnchen.de/",
        f"https://{PUBLIC}/",
        "https://[2606:2800:220:1::1]/",
        "https://xn--mnchen-3ya.de/caminho/com/a\u00e7\u00e3o",
        "https://under_score.test/",
    ],
)
def test_the_public_internet_is_open(url: str):
    assert not is_refused(egress(), url)


WRITTEN = [
    "/%zz?a=%u1234",
    "/a%2Fb/%41?sig=a%2Bb%2F%3D&x=1+2%20",
    "/?a;b&c==",
    "/a/../b",
    "/[x]~'()!$&*,:@",
    "/?",
]


@pytest.mark.parametrize("written", WRITTEN)
async def test_an_address_is_called_as_it_is_written(sink: Sink, written: str):
    """A signature may hang on the very bytes of a path and a query."""
    guard = egress(f"turbozap.test:{sink.port}", dns=FakeDns(["127.0.0.1"]))
    async with (
        guard.session(TIMEOUT, 65_536) as session,
        session.get(guard.check_url(f"http://turbozap.test:{sink.port}{written}#teil")) as response,
    ):
        assert response.status == 200
    assert sink.raw == [written.removesuffix("?")]


async def test_what_no_request_may_carry_is_encoded(sink: Sink):
    guard = egress(f"turbozap.test:{sink.port}", dns=FakeDns(["127.0.0.1"]))
    url = guard.check_url(f'http://TURBOZAP.test:{sink.port}/ação|"?é=<1>')
    async with guard.session(TIMEOUT, 65_536) as session, session.get(url):
        assert sink.raw == ["/a%C3%A7%C3%A3o%7C%22?%C3%A9=%3C1%3E"]


def test_strangers_are_called_at_the_usual_ports_only():
    assert is_refused(egress(), "http://cliente.test:8443/")
    assert is_refused(egress(), f"http://{PUBLIC}:25/")
    assert not is_refused(egress("cliente.test:8443"), "http://cliente.test:8443/")


async def test_an_unusual_port_of_a_name_waits_for_its_look_up():
    url = "http://interno.test:8080/"
    await egress("10.0.0.0/8", dns=FakeDns(["10.0.0.7"])).check(url)
    with pytest.raises(Refusal):
        await egress("10.0.0.0/8", dns=FakeDns([PUBLIC])).check(url)


async def test_a_name_is_looked_up_when_it_is_configured():
    with pytest.raises(Refusal) as caught:
        await egress(dns=FakeDns(["10.0.0.7"])).check("http://interno.test/")
    assert caught.value.code is Code.TARGET_REFUSED
    await egress(dns=FakeDns([])).check("http://not-yet.test/")  # judged again when it is called


@pytest.mark.parametrize(
    "entry", ["turbozap", "http://x:80", "x:0", "x:80/path", "10.0.0.0/40", "a b:80", ""]
)
def test_a_bad_allow_list_refuses_the_start(entry: str):
    with pytest.raises(SetupError, match="WPP_EGRESS_ALLOW"):
        policy([entry])


def test_a_bad_default_webhook_refuses_the_start():
    with pytest.raises(SetupError, match="WEBHOOK_URL"):
        policy([], "ftp://x.test/")


@pytest.mark.parametrize("host", [*METADATA_HOSTS, "[fe80::1]", "[::ffff:169.254.169.254]"])
def test_a_default_webhook_that_would_never_be_called_refuses_the_start(host: str):
    url = f"http://{host}/webhook"
    with pytest.raises(SetupError, match="WEBHOOK_URL: A URL aponta para uma rede que nunca é permitida"):
        egress(webhook_url=url).require(url, "WEBHOOK_URL")


@given(st.ip_addresses(v=4), st.sampled_from(["http://{}/", "http://[::ffff:{}]/"]))
def test_what_python_calls_private_is_refused_in_every_form(address: object, form: str):
    if not address.is_global:  # type: ignore[attr-defined]
        assert is_refused(egress(), form.format(address))


@given(st.text(max_size=40))
def test_no_text_breaks_the_check(text: str):
    is_refused(egress(), text)
    is_refused(egress(), f"http://{text}/")
