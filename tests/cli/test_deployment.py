"""The deployment checklist: eleven points, each one line with what to do, and who is to be asked."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.conftest import Call
from wppmt.app.settings import Settings, load
from wppmt.cli import deployment
from wppmt.cli.deployment import UNITS, Host, points
from wppmt.domain.actions import Action
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.store.operator_records import AuditEntry
from wppmt.store.records import SendState, SessionRecord
from wppmt.store.sqlite.peek import Evidence, evidence
from wppmt.store.sqlite.store import SqliteStore

DEPLOY = Path(__file__).parents[2] / "deploy"
SECRET = "s" * 32


@pytest.fixture
def settings(environ: dict[str, str]) -> Settings:
    return load(environ | {"WPP_SECRET": SECRET})


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A machine on which all is well."""
    (tmp_path / "wppmt.env").touch(mode=0o640)
    (tmp_path / "wppmt.env").chmod(0o640)
    (tmp_path / "cron.d").mkdir()
    (tmp_path / "cron.d" / "wppmt").write_text(
        "tar -C /var/lib/wppmt -cf - tokens-3\ncurl -sf http://127.0.0.1:8005/api/health\n"
    )
    return Host(
        UNITS,
        environment=tmp_path / "wppmt.env",
        schedules=(tmp_path / "cron.d",),
        evidence=Evidence(sent=3, restarted=1),
    )


def lines(settings: Settings, host: Host) -> list[str]:
    return [str(finding) for finding in points(settings, host)]


def test_eleven_points_in_the_documents_order(settings: Settings, host: Host):
    found = lines(settings, host)
    assert [int(line[2:4]) for line in found] == list(range(1, 12))
    assert not [line for line in found if line.startswith("✗")]
    assert "3 mensagens confirmadas pelo WhatsApp" in found[9]
    assert "1 sessões voltaram" in found[10]


@pytest.mark.parametrize(
    ("number", "change", "said"),
    [
        (1, {"enabled": ()}, "não inicia no boot: wppmt.service, wppmt.socket. Rode: systemctl enable --now"),
        (8, {"schedules": ()}, "nenhum backup de tokens-3 e var foi encontrado"),
        (10, {"evidence": Evidence()}, "nenhuma mensagem foi enviada ainda. Envie uma"),
        (11, {"evidence": Evidence()}, "nenhuma sessão voltou de um reinício ainda"),
    ],
)
def test_what_is_missing_is_said_with_what_to_do(
    settings: Settings, host: Host, number: int, change: dict[str, object], said: str
):
    line = lines(settings, replace(host, **change))[number - 1]  # type: ignore[arg-type]
    assert line.startswith(f"✗ {number:2}. {said}")
    assert "Responsável: " in line


def test_the_units_are_those_of_the_instance_that_was_asked_about(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("WPP_INSTANCE", "wppconnect-4")
    assert Host.look(settings).units == ("wppmt@wppconnect-4.service", "wppmt@wppconnect-4.socket")


def test_the_service_s_own_unit_is_no_backup(settings: Settings, host: Host, tmp_path: Path):
    """It names the folder; where it is enabled it lies among the administrator's units."""
    (tmp_path / "wants").mkdir()
    for name in ("wppmt.service", "wppmt@wppconnect-4.service"):
        shutil.copy(DEPLOY / "wppmt.service", tmp_path / "wants" / name)
    assert "tokens-3" in (DEPLOY / "wppmt.service").read_text()
    assert "✗  8. nenhum backup" in lines(settings, replace(host, schedules=(tmp_path / "wants",)))[7]
    shutil.copy(DEPLOY / "wppmt-backup.timer", tmp_path / "wants")
    assert "✓  8. backup agendado" in lines(settings, replace(host, schedules=(tmp_path / "wants",)))[7]


def test_in_a_container_what_is_out_of_sight_is_a_notice(settings: Settings, host: Host):
    """What starts the service, and what copies its folders, is on the host."""
    found = lines(settings, replace(host, enabled=(), schedules=(), has_systemd=False))
    assert found[0].startswith("!  1. sem systemd")
    assert found[7].startswith("!  8. sem systemd")


def test_rights_too_open_are_seen(settings: Settings, host: Host):
    host.environment.chmod(0o644)
    assert "✗  5. " in (line := lines(settings, host)[4])
    assert "modo 0644" in line
    assert "chmod 640" in line


def test_each_point_names_who_is_to_be_asked(environ: dict[str, str], host: Host):
    environ |= {
        "WPP_SECRET": SECRET, "WEBHOOK_URL": "http://127.0.0.1:1/hook", "WPP_CONTACT_BACKEND": "back@x.test",
        "WPP_CONTACT_INFRA": "infra@x.test", "WPP_CONTACT_SUPPORT": "help@x.test",
    }  # fmt: skip
    found = lines(load(environ), replace(host, enabled=(), evidence=Evidence()))
    assert found[0].endswith("Responsável: infra@x.test")
    assert found[6].endswith("Responsável: back@x.test")
    assert found[9].endswith("Responsável: help@x.test")


def test_no_contact_no_name(environ: dict[str, str], host: Host):
    settings = load(environ | {"WPP_SECRET": SECRET, "WPP_CONFIG": ""})
    nobody = settings.model_copy(update={"contacts": settings.contacts.model_copy(update={"infra": ""})})
    assert "Responsável" not in lines(nobody, replace(host, enabled=()))[0]


@pytest.mark.parametrize(
    ("host_name", "public", "is_fine"),
    [("0.0.0.0", "", False), ("0.0.0.0", "https://x.test", True), ("127.0.0.1", "", True)],
)
def test_an_address_that_clients_can_use(environ: dict[str, str], host_name: str, public: str, is_fine: bool):
    settings = load(environ | {"WPP_SECRET": SECRET, "WPP_HOST": host_name, "WPP_PUBLIC_URL": public})
    assert deployment.address(settings).fine is is_fine


def test_the_command_ends_with_1_where_something_is_missing(call: Call):
    done = call("doctor", "--deploy", "--whatsapp", "real", "--json", WPP_SECRET=SECRET)
    found = json.loads(done.output)
    assert (done.exit_code, found["ok"], len(found["checks"])) == (1, False, 11)


def test_what_has_been_seen_to_work_is_read_from_the_database(tmp_path: Path):
    path = tmp_path / "wppmt.sqlite"
    assert evidence(path) == Evidence()
    with closing(SqliteStore(path)) as store, store.transaction() as transaction:
        for name, state, restarts in (
            ("a", State.CONNECTED, 2),
            ("b", State.CONNECTED, 0),
            ("c", State.ERROR, 5),
        ):
            transaction.save(SessionRecord(name, 1.0, state=state, reason=Reason.READY, restarts=restarts))
    assert evidence(path) == Evidence(sent=0, restarted=1)
    # As doctor's advice has it done: asked for, instead of brought about by a failure.
    with closing(SqliteStore(path)) as store, store.transaction() as transaction:
        transaction.audit(AuditEntry(2.0, Action.RESTART_SESSION, who="ana", session_id="b"))
        transaction.audit(AuditEntry(2.0, Action.RESTART_SESSION, who="ana", session_id="c"))
    assert evidence(path) == Evidence(sent=0, restarted=2)
    with closing(sqlite3.connect(path)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(journal)")]
        values = {
            "session_id": "a",
            "id": "X",
            "ack": 2,
            "handover": SendState.SENT,
            "accepted_at": 1.0,
            "number": 1,
        }
        given = {name: values.get(name, "") for name in columns}
        marks = ", ".join("?" for _ in given)
        insert = f"INSERT INTO journal ({', '.join(given)}) VALUES ({marks})"  # noqa: S608 - names from the schema
        connection.execute(insert, list(given.values()))
        connection.commit()
    assert evidence(path).sent == 1
