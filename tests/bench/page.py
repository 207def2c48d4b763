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
WA_JS_RUNS = 3
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


WATCHED = """async () => {
  const since = async (isSo) => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 2));
    return performance.now();
  };
  const began = await since(() => self.require && self.__d);
  return (await since(() => self.WPP && WPP.isReady)) - began;
}"""


def measure_page(bench: Bench) -> None:
    """In browsers of their own: a daemon's page answers nobody but the daemon."""
    with tempfile.TemporaryDirectory(prefix="wppmt-bench-", ignore_cleanup_errors=True) as folder:
        ground = ChromeGround(Path(folder), bench.daemon.phones, bench.daemon.page_port)
        _measure_wa_js(bench, ground)
        _measure_looks(bench, ground)


def _measure_wa_js(bench: Bench, ground: ChromeGround) -> None:
    """What is WhatsApp's and wa-js's own, and nobody's gateway can make shorter."""
    bench.progress("wa-js até estar pronto")
    times = []
    for run in range(WA_JS_RUNS):
        life = Life(ground.browsers.open(f"wa-js-{run}"), f"wa-js-{run}")
        try:
            life.start()
            times.append(evaluate(life, WATCHED).get(timeout=30) / 1000)
        finally:
            life.browser.stop()
    bench.report.add("wa_js", "tabela de módulos à vista → wa-js pronto (tempo do próprio wa-js)", "s", times)


def _measure_looks(bench: Bench, ground: ChromeGround) -> None:
    bench.progress(f"a página com {CHATS} conversas")
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
