"""The engine by setting, and one for a session: what a caller and an operator see of it, with the whole daemon."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from tests.support import wait_until
from tests.system import files, processes
from tests.system.conftest import NewDaemon, NewTenant
from tests.system.files import base64_of, sha256
from tests.system.tenant import Tenant, new_phone, new_text

pytestmark = pytest.mark.chrome


def program(browser: psutil.Process) -> str:
    return Path(f"/proc/{browser.pid}/exe").readlink().name


def choose(tenant: Tenant, engine: str | None) -> None:
    changed = tenant.daemon.api.call("PATCH", tenant.path, {"engine": engine})
    assert (changed.status, changed.json["engine"]) == (200, engine)


def test_a_daemon_on_headless_shell(new_daemon: NewDaemon, new_tenant: NewTenant):
    """Texts, a film, a picture of the page, a death of the daemon; then one session goes back to chrome, login kept."""
    daemon = new_daemon(WPP_BROWSER_ENGINE="headless-shell")
    daemon.start()
    tenant, friend = new_tenant(daemon).connect(), new_phone()
    daemon.phones.register(friend, "Maria")
    daemon.private.add(friend)
    assert program(tenant.browser) == "chromium-headless-shell"
    assert tenant.status()["engine"] is None
    assert tenant.send(friend, new_text()).status == 200
    film = files.video(200_000)
    assert (
        tenant.post("send-file", {"phone": friend, "base64": base64_of(film), "fileName": "f.mp4"}).status
        == 200
    )
    lines = wait_until(lambda: found if len(found := daemon.phones.inbox(friend)) == 2 else None) or []
    assert (lines[-1]["type"], lines[-1]["sha256"]) == ("video", sha256(film))
    daemon.phones.write(friend, tenant.phone, text := new_text())
    tenant.hears_message(text)

    before = tenant.browser
    daemon.kill()
    daemon.start()
    assert tenant.browser == before, "adopted"
    assert tenant.send(friend, new_text()).status == 200

    choose(tenant, "chrome")
    assert tenant.browser == before, "not before its next start"
    tenant.post("restart")
    wait_until(lambda: not processes.alive({before}))
    tenant.reaches("connected")
    assert program(tenant.browser) == "chromium"
    assert tenant.status()["engine"] == "chrome"
    choose(tenant, None)


def test_an_engine_that_is_not_installed_is_told_before_anything_opens(
    new_daemon: NewDaemon, new_tenant: NewTenant
):
    daemon = new_daemon(WPP_HEADLESS_SHELL="/nonexistent/shell")
    daemon.start()
    tenant = new_tenant(daemon)
    refused = tenant.start(engine="headless-shell")
    assert (refused.status, refused.json["code"]) == (400, "INVALID_REQUEST")
    [problem] = refused.json["details"]
    assert problem["field"] == "engine"
    assert "apt-get install chromium-headless-shell" in problem["problem"]
    assert daemon.api.call("GET", f"{tenant.path}/status").status == 404
