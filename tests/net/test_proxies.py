"""A proxy's address is understood, or refused with a reason that repeats no password."""

from __future__ import annotations

import pytest

from wppmt.net.proxies import BadProxy, Proxy, parse, shown


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://proxy.test:3128", Proxy("http", "proxy.test", 3128)),
        ("proxy.test:3128", Proxy("http", "proxy.test", 3128)),
        ("https://proxy.test", Proxy("https", "proxy.test", 443)),
        ("http://u:p%40%3A@proxy.test:3128/", Proxy("http", "proxy.test", 3128, "u", "p@:")),
        ("socks5://10.0.0.1", Proxy("socks5", "10.0.0.1", 1080)),
        ("http://[::1]:3128", Proxy("http", "::1", 3128)),
    ],
)
def test_what_it_is(url: str, proxy: Proxy):
    assert parse(url) == proxy


@pytest.mark.parametrize(
    "url",
    [
        "http://", "ftp://proxy.test", "http://proxy.test:99999", "http://proxy.test/path", "http://proxy.test:1?x=segredo",
        "socks5://u:segredo@proxy.test:1080", "http://proxy.test;x=segredo", "http://u%0a:segredo@proxy.test",
        "http://a b.test", "http://prôxy.test",
    ],
)  # fmt: skip
def test_what_is_none_is_refused_without_its_password(url: str):
    with pytest.raises(BadProxy) as refused:
        parse(url)
    assert "segredo" not in str(refused.value)
    assert shown(url) == ""


def test_it_is_shown_without_user_and_password():
    proxy = parse("http://u:segredo@proxy.test:3128")
    assert str(proxy) == shown("http://u:segredo@proxy.test:3128") == "http://proxy.test:3128"
    assert "segredo" not in repr(proxy)


@pytest.mark.parametrize(("host", "is_own"), [("127.0.0.1", True), ("localhost", True), ("10.0.0.1", False)])
def test_one_on_this_machine_is_known(host: str, is_own: bool):
    assert parse(f"http://{host}:1").is_loopback is is_own
