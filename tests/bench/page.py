"""What the gateway's own looks cost in the page, timed there: with as many chats as a business has."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.bench.measures import Bench
from tests.browser.conftest import pair
from tests.browser.ground import ChromeGround, Life
from tests.browser.test_chrome import evaluate
from tests.support import wait_until
from tests.system.tenant import new_phone

CHATS = 2000
RUNS = 20
TIMED = """async () => {
  const times = [];
  for (let run = 0; run < %d; run += 1) {
    const began = performance.now();
    await %s;
    times.push(performance.now() - began);
  }
  return times;
}"""
LOOKS = (
    (
        "server_question",
        "pergunta ao servidor (`WAComms.sendPing`), ida e volta",
        "wppmt.call('ask_server', '{}')",
    ),
    ("inventory", f"inventário da página, {CHATS} conversas", "wppmt.takeInventory()"),
    ("facts", "leitura dos fatos da página", "wppmt.call('facts', '{}')"),
    (
        "audit",
        f"conferência do que a página guarda, {CHATS} conversas",
        """wppmt.call('messages_after', `{"t": ${Math.floor(Date.now() / 1000) - 720}, "limit": 500}`)""",
    ),
)


def measure_page(bench: Bench) -> None:
    """In a browser of its own: a daemon's page answers nobody but the daemon."""
    bench.progress(f"a página com {CHATS} conversas")
    with tempfile.TemporaryDirectory(prefix="wppmt-bench-", ignore_cleanup_errors=True) as folder:
        ground = ChromeGround(Path(folder), bench.daemon.phones, bench.daemon.page_port)
        life, phone = Life(ground.browsers.open("looks"), "looks"), new_phone()
        try:
            pair(ground, life, phone)
            bench.daemon.phones.fault("history_sync", phone=phone, chats=CHATS, messages=1)
            wait_until(lambda: _count_chats(life) >= CHATS, 60)
            for key, text, code in LOOKS:
                times = evaluate(life, TIMED % (RUNS, code)).get(timeout=30)
                bench.report.add(key, text, "ms", times)
        finally:
            life.browser.stop()


def _count_chats(life: Life) -> int:
    return int(evaluate(life, "() => WPP.whatsapp.ChatStore.length").get(timeout=30))
