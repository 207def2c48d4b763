"""A session's own proxy, of every kind, given at its start and changed later; a dead one is told by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proxy_server import ProxyServer, SocksServer, behind_tls
from tests.support import free_port, wait_until
from tests.system import processes
from tests.system.conftest import NewTenant
from tests.system.receiver import WAIT_SECONDS, Receiver
from wppmt.simulator.tls import server_context

pytestmark = pytest.mark.chrome


def test_one_kind_after_the_other_and_a_dead_one_by_name(
    new_tenant: NewTenant, receiver: Receiver, tmp_path: Path
):
    tenant = new_tenant()
    to = tenant.daemon.page_port

    def change(proxy: str) -> None:
        changed = tenant.daemon.api.call("PATCH", tenant.path, {"proxy": proxy})
        assert (changed.status, changed.json["proxy"]) == (200, proxy)
        assert tenant.post("restart").status == 202

    with (
        SocksServer(to) as socks,
        ProxyServer(to) as http,
        behind_tls(http.port, server_context(tmp_path)) as https,
    ):
        tenant.start(webhookUrl=receiver.sink.url, proxy=f"socks5://127.0.0.1:{socks.port}")
        tenant.scan(tenant.read_qr())
        tenant.reaches("connected")
        assert socks.tunnels > 0
        assert (http.seen, tenant.status()["proxy"]) == ([], f"socks5://127.0.0.1:{socks.port}")
        wait_until(lambda: tenant.status()["loginSaved"], WAIT_SECONDS)
        browser = tenant.browser
        change(f"https://127.0.0.1:{https}")
        wait_until(lambda: not processes.alive({browser}), WAIT_SECONDS)
        before = socks.tunnels
        wait_until(lambda: http.tunnels > 0, WAIT_SECONDS)
        tenant.reaches("connected")
        assert socks.tunnels == before, "nothing goes the old way"
        nobody = f"socks5://127.0.0.1:{free_port()}"
        change(nobody)
        wait_until(lambda: tenant.status()["reasonCode"] == "PROXY_FAILED", WAIT_SECONDS)
        [failed, *_] = tenant.daemon.logged("browser_failed", tenant.name)
        assert failed["details"]["detail"] == f"o proxy {nobody} não responde: conexão recusada"
        change(f"socks5://127.0.0.1:{socks.port}")
        tenant.reaches("connected")
        assert [event for event in tenant.logged_events() if event["event"] == "qr_code"][1:] == []
    tenant.close()
