"""How settings become parts, where a mistake would open a door."""

from __future__ import annotations

from pathlib import Path

import pytest

from wppmt import __version__
from wppmt.app import browsers, front_parts, front_policies, policies, wiring
from wppmt.app.settings import Settings, load
from wppmt.domain.errors import Code, Refusal, SetupError
from wppmt.store.sqlite.store import SqliteStore


def settings(folder: Path, **environ: str) -> Settings:
    folders = {"WPP_STATE_DIR": str(folder / "var"), "WPP_TOKENS_DIR": str(folder / "tokens")}
    return load({"WPP_SECRET": "s" * 32} | folders | environ)


async def test_the_default_webhook_s_address_is_closed_to_media(tmp_path: Path):
    """A tenant chooses what is fetched as media and reads it; the operator chose WEBHOOK_URL."""
    for place in ("http://127.0.0.1:9/", "http://10.1.2.3:9/", "http://turbozap:9/"):
        chosen = settings(tmp_path, WEBHOOK_URL=place)
        wiring.webhook_egress(chosen).check_url(place)
        with pytest.raises(Refusal) as refused:
            await front_parts.media(chosen).from_url(f"{place}admin.png")
        assert refused.value.code is Code.TARGET_REFUSED


async def test_what_the_operator_lists_is_open_to_both(tmp_path: Path):
    chosen = settings(tmp_path, WEBHOOK_URL="http://127.0.0.1:9/", WPP_EGRESS_ALLOW="127.0.0.1:9")
    with pytest.raises(Refusal) as refused:
        await front_parts.media(chosen).from_url("http://127.0.0.1:9/x.png")
    assert refused.value.code is Code.MEDIA_FETCH_FAILED


def test_a_default_webhook_that_the_guard_refuses_refuses_the_start(tmp_path: Path):
    with pytest.raises(SetupError, match="WEBHOOK_URL"):
        wiring.webhook_egress(settings(tmp_path, WEBHOOK_URL="http://169.254.169.254/hook"))


def test_no_media_is_offered_that_is_too_large_to_fetch(tmp_path: Path):
    chosen = settings(tmp_path, WPP_MAX_MEDIA_MB="2")
    store = SqliteStore(tmp_path / "wppmt.sqlite")
    assert wiring.tools(chosen, store).policy.media_bytes == wiring.received(chosen).limit == 2_000_000
    store.close()


def test_a_browser_that_has_longer_to_close_is_given_it_by_everyone(tmp_path: Path):
    for seconds in (15.0, 100.0):
        chosen = settings(tmp_path, WPP_STOP_DEADLINE=str(seconds), WPP_SIMULATOR="external")
        assert browsers.chrome_settings(chosen).stop_seconds == seconds
        session, http = policies.session_policy(chosen), front_policies.http_policy(chosen)
        assert seconds < session.close_deadline < policies.all_browsers_stop_seconds(chosen)
        assert session.close_deadline < http.close_deadline


@pytest.mark.parametrize(("uid", "sandbox"), [(0, "auto"), (0, "on"), (0, "off"), (1000, "off")])
def test_real_whatsapp_needs_the_sandbox_and_no_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uid: int, sandbox: str
):
    monkeypatch.setattr("os.geteuid", lambda: uid)
    with pytest.raises(SetupError, match="nunca como root"):
        browsers.chrome_settings(settings(tmp_path, WPP_SANDBOX=sandbox))


def test_the_engine_that_opens_ports_asks_for_a_yes(tmp_path: Path):
    undetected = {"WPP_SIMULATOR": "1", "WPP_BROWSER_ENGINE": "undetected"}
    with pytest.raises(SetupError, match="WPP_UNDETECTED_ACCEPT_LOCAL_PORTS=true"):
        browsers.chrome_settings(settings(tmp_path, **undetected))
    accepted = settings(tmp_path, **undetected, WPP_UNDETECTED_ACCEPT_LOCAL_PORTS="true")
    assert browsers.chrome_settings(accepted).undetected


def test_headless_shell_has_no_window(tmp_path: Path):
    with pytest.raises(SetupError, match="WPP_HEADLESS=false"):
        browsers.chrome_settings(
            settings(tmp_path, WPP_BROWSER_ENGINE="headless-shell", WPP_HEADLESS="false", WPP_SIMULATOR="1")
        )


def test_a_sessions_engine_is_tried_before_it_is_chosen(tmp_path: Path):
    chosen = settings(tmp_path, WPP_SIMULATOR="external", WPP_HEADLESS_SHELL=str(tmp_path / "none"))
    assert "apt-get install chromium-headless-shell" in browsers.engine_flaw(chosen, "a", "headless-shell")
    assert "WPP_UNDETECTED_ACCEPT_LOCAL_PORTS" in browsers.engine_flaw(chosen, "a", "undetected")


def test_whoever_is_not_root_has_a_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert browsers.chrome_settings(settings(tmp_path)).sandbox


def test_connections_leave_descriptors_for_store_browsers_and_webhooks(tmp_path: Path):
    chosen = settings(tmp_path)
    assert front_parts.connection_limits(chosen, 1 << 20).total == 1000
    assert front_parts.connection_limits(chosen, 1024).total == 1024 - 256 - 8 * 10
    assert front_parts.connection_limits(chosen, 64).total == front_parts.LEAST_CONNECTIONS


@pytest.mark.parametrize(
    ("former", "told"),
    [("", []), (__version__, []), ("0.0.1", [("service.version", f"0.0.1 → {__version__}")])],
)
def test_another_version_than_before_is_told_at_its_start(
    tmp_path: Path, former: str, told: list[tuple[str, str]]
):
    store = SqliteStore(tmp_path / "any.sqlite")
    wiring.audit_start(store, former)
    assert [(one.action, one.target) for one in store.audit_entries_after(0, 9)] == [
        *told,
        ("service.start", __version__),
    ]
    store.close()
