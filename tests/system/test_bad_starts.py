"""What cannot work says so in one Portuguese line that tells what to do: in the log, and in the session's reason."""

from __future__ import annotations

import re
import shutil
import socket
from pathlib import Path

import pytest

from tests.support import wait_until
from tests.system.conftest import NewDaemon, NewTenant
from tests.system.daemon import ROOT, Daemon
from tests.system.tenant import Tenant

pytestmark = pytest.mark.chrome


def refusal(daemon: Daemon) -> str:
    """The line that it said to whoever started it; the log has it, too, where it has begun."""
    said = daemon.refuses_to_start()
    assert "Traceback" not in said
    line = str(*re.findall(r"^Erro: (.+)$", said, re.MULTILINE))
    logged = [entry["details"]["note"] for entry in daemon.log() if entry["event"] == "start_refused"]
    assert logged in ([], [line])
    return line


def test_a_port_in_use(new_daemon: NewDaemon):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = refusal(new_daemon(WPP_PORT=str(port)))
    assert str(port) in line
    assert "Mude WPP_PORT" in line


@pytest.mark.parametrize("name", ["WPP_STATE_DIR", "WPP_TOKENS_DIR", "WPP_LOG_DIR"])
def test_a_folder_that_is_a_file(new_daemon: NewDaemon, tmp_path: Path, name: str):
    (tmp_path / "file").touch()
    line = refusal(new_daemon(**{name: str(tmp_path / "file")}))
    assert name in line
    assert str(tmp_path / "file") in line


@pytest.mark.parametrize("shared", ["WPP_STATE_DIR", "WPP_TOKENS_DIR"])
def test_a_second_daemon_on_the_same_folder(new_daemon: NewDaemon, new_tenant: NewTenant, shared: str):
    first = new_daemon()
    first.start()
    tenant = new_tenant(first)
    tenant.show_qr()
    browser = tenant.browser
    line = refusal(new_daemon(**{shared: first.environ[shared]}))
    assert line.startswith(f"Outro wppmt já usa a pasta {first.environ[shared]}")
    assert shared in line
    assert first.api.is_ready()
    assert tenant.browser == browser
    first.stop()


def test_a_refused_start_ends_no_browser_that_was_left(new_daemon: NewDaemon, new_tenant: NewTenant):
    daemon = new_daemon()
    daemon.start()
    tenant = new_tenant(daemon)
    tenant.show_qr()
    browser = tenant.browser
    daemon.kill()
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", daemon.port))
        taken.listen()
        assert str(daemon.port) in refusal(daemon)
        assert tenant.browser == browser
    daemon.environ["WPP_JWT_PUBLIC_KEY"] = "no key"
    assert "WPP_JWT_PUBLIC_KEY não é uma chave pública PEM" in daemon.refuses_to_start()
    assert tenant.browser == browser
    del daemon.environ["WPP_JWT_PUBLIC_KEY"]
    files = {f"WPP_CLUSTER_{name}": f"/none/{name}.pem" for name in ("CERT", "KEY", "CA")}
    cluster = files | {"WPP_CLUSTER_ETCD": "http://127.0.0.1:1", "WPP_CLUSTER_LISTEN": "127.0.0.1:8443"}
    daemon.environ |= cluster
    assert "Certificados do cluster (/none/CERT.pem" in daemon.refuses_to_start()
    assert tenant.browser == browser
    for name in cluster:
        del daemon.environ[name]
    daemon.start()
    assert tenant.browser == browser


def test_a_weak_secret_with_the_real_whatsapp(new_daemon: NewDaemon):
    line = refusal(new_daemon(WPP_SIMULATOR="0", WPP_SECRET="avelar-wpp-secret"))
    assert "WPP_SECRET" in line
    assert "avelar-wpp-secret" not in line


def test_a_daemon_without_chrome(new_daemon: NewDaemon, new_tenant: NewTenant):
    daemon = new_daemon(WPP_CHROME="/nonexistent/chromium")
    daemon.start()
    tenant = new_tenant(daemon)
    assert tenant.start().status == 201
    assert_tells(tenant, "CHROME_MISSING", "wppmt doctor diz que pacote instalar")


def test_a_daemon_without_wa_js(new_daemon: NewDaemon, new_tenant: NewTenant, tmp_path: Path):
    product = tmp_path / "product"
    for package in ("wppmt", "actors", "config"):
        shutil.copytree(ROOT / package, product / package, ignore=shutil.ignore_patterns("node_modules"))
    daemon = new_daemon(product=product)
    daemon.start()
    tenant = new_tenant(daemon)
    assert tenant.start().status == 201
    assert_tells(tenant, "INJECT_FAILED", "wppmt doctor")


@pytest.mark.long
@pytest.mark.timeout(90)
def test_a_page_that_wa_js_does_not_understand(new_tenant: NewTenant):
    tenant = new_tenant()
    tenant.daemon.phones.fault("missing_module", module="WAWebAuthUtils")
    assert tenant.start().status == 201
    assert_tells(tenant, "INJECT_FAILED", "wppmt doctor", limit=60)


@pytest.mark.long
@pytest.mark.timeout(150)
def test_a_page_that_never_shows_a_qr(new_tenant: NewTenant):
    tenant = new_tenant()
    tenant.daemon.phones.fault("qr_never")
    assert tenant.start().status == 201
    assert_tells(tenant, "QR_NEVER", "não mostrou o QR Code", limit=90)
    tenant.hears("qr_code", limit=60)


def test_a_page_that_does_not_load(new_tenant: NewTenant):
    tenant = new_tenant()
    tenant.daemon.phones.fault("page_load_error", count=1, status=503)
    assert tenant.start().status == 201
    tenant.hears("qr_code", limit=40)


def assert_tells(tenant: Tenant, code: str, words: str, limit: float = 20) -> None:
    """The webhook, the status and the log say the same, for people."""
    change = tenant.hears("connection_change", limit=limit, reasonCode=code)
    assert change["status"] == "reconnecting"
    assert words in change["reason"]
    status = tenant.status()
    if status["reasonCode"] == code:
        assert status["reason"] == change["reason"]

    def is_logged() -> bool:
        lines = [line for line in tenant.daemon.log() if line["sessionId"] == tenant.name]
        return any(line["level"] in {"warning", "error"} and words in str(line["details"]) for line in lines)

    wait_until(is_logged)
