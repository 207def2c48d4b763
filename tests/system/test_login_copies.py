"""A login that the disk has lost is set aside, told, and brought back from its last copy, or begun anew."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support import wait_until
from tests.system.conftest import NewTenant
from tests.system.tenant import Tenant, new_text

pytestmark = [pytest.mark.chrome, pytest.mark.timeout(90)]


def corrupt(profile: Path) -> None:
    """What holds the login is rubbish."""
    for name in ("IndexedDB", "Local Storage"):
        shutil.rmtree(profile / "Default" / name)
        (profile / "Default" / name).mkdir()
        (profile / "Default" / name / "CURRENT").write_text("rubbish")


def lose_login(tenant: Tenant) -> None:
    """Closed in order, corrupted, and started: an error that waits for a person."""
    assert tenant.close().status == 200
    corrupt(tenant.daemon.profile(tenant.name))
    assert tenant.start().status == 200
    error = tenant.hears("error")
    assert (error["code"], error["recoverable"]) == ("TOKEN_CORRUPT", False)
    status = tenant.reaches("error")
    assert status["reasonCode"] == "TOKEN_CORRUPT"


def test_a_corrupt_login_is_restored_without_qr(tenant: Tenant, stranger: str):
    device = tenant.devices()[0]["device"]
    lose_login(tenant)
    tokens = tenant.daemon.folder / "tokens"
    shelf = tokens / ".quarantine" / tenant.name
    wait_until(lambda: shelf.exists() and [path.name for path in shelf.iterdir()] == ["000001"])
    assert shelf.stat().st_mode & 0o077 == 0
    missed = new_text()
    tenant.daemon.phones.write(stranger, tenant.phone, missed)

    answer = tenant.post("restore")
    assert (answer.status, answer.json["status"]) == (202, "initializing")
    tenant.hears("connection_change", status="connected", limit=20)
    tenant.hears_message(missed)
    assert [event["event"] for event in tenant.webhooks().values()].count("qr_code") == 1
    assert [(one["device"], one["sockets"]) for one in tenant.devices()] == [(device, 1)]
    assert tenant.send(stranger, new_text()).status == 200
    again = tenant.post("restore")
    assert (again.status, again.json["code"]) == (409, "LOGIN_NOT_CORRUPT")

    tenant.purge()
    assert not shelf.exists()
    assert not (tenant.daemon.folder / "state" / "logins" / tenant.name).exists()


def test_a_corrupt_login_can_be_begun_anew(tenant: Tenant):
    lose_login(tenant)
    assert tenant.post("reset").status == 202
    tenant.hears("qr_code")
    tenant.scan(tenant.read_qr())
    tenant.hears("connection_change", status="connected")


def test_without_a_good_copy_a_restore_is_refused_and_reset_still_works(tenant: Tenant):
    lose_login(tenant)
    for file in (tenant.daemon.folder / "state" / "logins" / tenant.name).rglob("000003.log"):
        file.write_bytes(b"x")
    answer = tenant.post("restore")
    assert (answer.status, answer.json["code"]) == (404, "NO_LOGIN_COPY")
    assert "reset" in answer.json["error"]
    assert tenant.post("reset").status == 202
    tenant.hears("qr_code")


def test_a_profile_replaced_by_a_link_to_anothers_is_refused(new_tenant: NewTenant):
    victim, thief = new_tenant().connect(), new_tenant().connect()
    assert victim.close().status == 200
    assert thief.close().status == 200
    own, others = (victim.daemon.profile(tenant.name) for tenant in (thief, victim))
    shutil.rmtree(own)
    own.symlink_to(others)
    try:
        assert thief.start().status == 200
        refused = thief.hears("connection_change", status="reconnecting")
        assert refused["reasonCode"] == "PROFILE_UNUSABLE"
        assert thief.close().status == 200
    finally:
        own.unlink()
    assert victim.start().status == 200
    victim.hears("connection_change", status="connected")
    assert [device["sockets"] for device in victim.devices()] == [1]


def test_a_restart_in_between_takes_the_copy_from_nobody(tenant: Tenant, stranger: str):
    lose_login(tenant)
    crashed = tenant.daemon.api.call("POST", "/api/admin/sessions/restart-crashed")
    assert crashed.status == 202
    assert [one["reasonCode"] for one in crashed.json["skipped"] if one["sessionId"] == tenant.name] == [
        "TOKEN_CORRUPT"
    ]
    assert tenant.reaches("error")["reasonCode"] == "TOKEN_CORRUPT"
    assert tenant.post("restart").status == 202
    tenant.hears("qr_code")
    assert tenant.post("restore").status == 202
    tenant.hears("connection_change", status="connected", limit=20)
    assert tenant.send(stranger, new_text()).status == 200
