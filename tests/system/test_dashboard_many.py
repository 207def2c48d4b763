"""The dashboard with five hundred sessions: how soon they are seen, how soon a change is, and what looking costs."""

from __future__ import annotations

import json
import time
from pathlib import Path

import psutil
import pytest

from tests.support import wait_until
from tests.system.chromeless import chromeless
from tests.system.customer import DESK
from tests.system.operator_browser import PICTURES, Operator
from wppmt.app.running import DATABASE
from wppmt.store.records import Desired, SessionRecord
from wppmt.store.sqlite.store import SqliteStore

pytestmark = [pytest.mark.chrome, pytest.mark.long, pytest.mark.timeout(120)]

MANY = 500
SEEN_SECONDS = 1.0
WATCHED_SECONDS = 20.0
PART_OF_A_CORE = 0.02
_DRAWN = """
const done = arguments[arguments.length - 1];
let first = 0;
const look = () => {
  const rows = document.querySelectorAll('.rows .row').length;
  first ||= rows && performance.now();
  if (rows === arguments[0]) done([first / 1000, performance.now() / 1000]);
  else requestAnimationFrame(look);
};
look();
"""
_NOTE_CHANGE = """
const row = document.querySelector('[data-session=cliente-250]');
new MutationObserver(() => { window.changedAt ??= Date.now(); }).observe(row, { attributes: true, attributeFilter: ['data-state'] });
"""


def record_sessions(state_dir: Path) -> None:
    """As an earlier daemon left them, closed."""
    state_dir.mkdir(mode=0o700, parents=True)
    store = SqliteStore(state_dir / DATABASE)
    with store.transaction() as transaction:
        for number in range(MANY):
            record = SessionRecord(
                f"cliente-{number:03d}",
                time.time() - 86_400,
                desired=Desired.STOPPED,
                since=time.time() - number * 60,
                description=f"Empresa {number}",
                has_login=True,
                phone=f"55119{number:08d}",
                messages_sent=number * 7,
            )
            transaction.save(record)
    store.close()


def test_five_hundred_are_seen_at_once_and_cost_little(tmp_path: Path):
    daemon, operator = chromeless(tmp_path / "many", WPP_MAX_SESSIONS="500"), Operator()
    record_sessions(tmp_path / "many" / "state")
    try:
        daemon.start()
        operator.looks()
        operator.opens(daemon.api.url, DESK)
        operator.does(f"sessionStorage.setItem('wppmt.token', {daemon.api.token()!r})")
        operator.reloads()
        first, rows = operator.waits_for(_DRAWN, MANY)
        paint = (
            operator.does("return performance.getEntriesByName('first-contentful-paint')[0].startTime") / 1000
        )
        operator.keeps_picture("quinhentas")

        operator.does(_NOTE_CHANGE)
        began = time.time()
        assert daemon.api.call("POST", "/api/sessions/cliente-250/start").status == 200
        changed = wait_until(lambda: operator.does("return window.changedAt"), 10) / 1000 - began
        assert daemon.api.call("DELETE", "/api/sessions/cliente-250").status == 200

        process = psutil.Process(daemon.pid)
        time.sleep(2)  # what the start and its end have cost is over
        before = sum(process.cpu_times()[:2])
        time.sleep(WATCHED_SECONDS)
        watched = (sum(process.cpu_times()[:2]) - before) / WATCHED_SECONDS
        operator.opens("about:blank", DESK)
        time.sleep(1)
        before = sum(process.cpu_times()[:2])
        time.sleep(WATCHED_SECONDS)
        alone = (sum(process.cpu_times()[:2]) - before) / WATCHED_SECONDS
        figures = {
            "paint": paint,
            "first": first,
            "rows": rows,
            "change": changed,
            "watched": watched,
            "alone": alone,
        }
        (PICTURES / "quinhentas.json").write_text(json.dumps(figures))
        operator.opens(daemon.api.url, DESK)
        operator.finds(".rows .row")
        daemon.kill()
        operator.shows("#banner", "Sem contato com o serviço", 15)
        operator.keeps_picture("sem-contato")
        daemon.start()
        operator.shows("#banner", "Serviço", 15)
        assert max(paint, first, rows, changed) <= SEEN_SECONDS
        assert watched - alone <= PART_OF_A_CORE
    finally:
        operator.leaves()
        daemon.end()
