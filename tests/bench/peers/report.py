"""A race told: one table of all figures, one row a goal, and a drawing for the README."""

from __future__ import annotations

from collections.abc import Iterator

from tests.bench.drawing import Panel, bars, number
from tests.bench.figures import described
from tests.bench.peers import goals
from tests.bench.peers.goals import CHROME, PEER
from tests.bench.peers.results import Results

ROWS = (
    ("start_to_qr", "start → QR Code", "s"),
    ("scan_to_connected", "leitura → conectada", "s"),
    ("kept_login", "start com login guardado → conectada", "s"),
    ("send", "envio, um após o outro, p50", "ms"),
    ("at_once", "envio, dez sessões ao mesmo tempo, p50", "ms"),
    ("at_once_rate", "o mesmo, por segundo", "/s"),
    ("inbound", "recebida → webhook, p50", "ms"),
    ("inbound_callback", "recebida → callback, p50", "ms"),
    ("media_1", "documento de 1 MB em base64", "s"),
    ("media_16", "documento de 16 MB por URL", "s"),
    ("pss_1", "memória por sessão, 1 sessão (PSS)", "MB"),
    ("uss_1", "o mesmo (USS)", "MB"),
    ("pss_5", "com 5 (PSS)", "MB"),
    ("uss_5", "o mesmo (USS)", "MB"),
    ("pss_10", "com 10 (PSS)", "MB"),
    ("uss_10", "o mesmo (USS)", "MB"),
    ("gateway_10", "só o processo comum, com 10 (PSS)", "MB"),
    ("pss_heavy", "com 10, página com 100 MB e 500 conversas a mais (PSS)", "MB"),
    ("uss_heavy", "o mesmo (USS)", "MB"),
    ("send_heavy", "envio nessa página, p50", "ms"),
    ("inbound_heavy", "recebida → webhook nessa página, p50", "ms"),
    ("idle", "processador em repouso, 10 sessões", "% de um núcleo"),
    ("restart_1", "reinício do processo, 1 sessão", "s"),
    ("restart_10", "reinício do processo, 10 sessões", "s"),
    ("stop_10", "SIGTERM → tudo encerrado, 10 sessões", "s"),
    ("chrome_back", "`kill -9` de um Chrome: volta a enviar sozinha", "de 1"),
    ("chrome_back_seconds", "o mesmo, em", "s"),
    ("gateway_back", "`kill -9` do processo e novo início: sessões que voltam a enviar", "%"),
    ("gateway_back_seconds", "o mesmo, todas as que voltam, em", "s"),
    ("gateway_orphans", "o mesmo, Chromes órfãos", ""),
)
P95 = {"send": "envio, um após o outro, p95", "inbound": "recebida → webhook, p95"}
CAPTION = "One run on the simulator; a real page weighs several times as much. wppconnect, whatsapp-web.js: without HTTP."
DRAWN = (
    ("pss_10", "Memory per session at 10 (MB PSS)"),
    ("pss_heavy", "The same, page 100 MB heavier"),
    ("start_to_qr", "Start → QR code (s)"),
    ("restart_10", "Restart with 10 sessions (s)"),
    ("inbound", "Message → webhook (ms)"),
    ("idle", "Idle CPU, 10 sessions (% of a core)"),
)
SHORT = {"wppmt-headless-shell": "wppmt shell", "whatsapp-web.js": "wwebjs"}


def text(results: Results) -> str:
    """In Markdown, so that it can stand in docs/benchmarks.md as it is."""
    return "\n".join(
        [
            described(results.machine),
            "",
            *_figures(results),
            "",
            *goals.table(results),
            "",
            *_failures(results),
        ]
    )


def drawing(results: Results) -> str:
    labels = [SHORT.get(name, name) for name in results.names]
    panels = [
        Panel(title, labels, {title: [results.median(name, key) for name in results.names]})
        for key, title in DRAWN
    ]
    # Above 0.3 the machine had other work.
    return bars(f"{CAPTION} Load when it began: {results.machine['load']}.", panels)


def _figures(results: Results) -> Iterator[str]:
    names = results.names
    yield f"| mediana | {' | '.join(names)} | {CHROME} ÷ {PEER} |"
    yield "|---" * (2 + len(names)) + "|"
    for key, title, unit in ROWS:
        values = {name: results.median(name, key) for name in names}
        yield from _row(f"{title}{f' ({unit})' if unit else ''}", values)
        if key in P95:
            yield from _row(f"{P95[key]} ({unit})", {name: results.p95(name, key) for name in names})


def _row(title: str, values: dict[str, float | None]) -> Iterator[str]:
    """Nothing where nobody was measured."""
    if all(value is None for value in values.values()):
        return
    ours, theirs = values.get(CHROME), values.get(PEER)
    ratio = f"{number(ours / theirs)} ×" if ours is not None and theirs else ""
    cells = ["–" if value is None else number(value) for value in values.values()]
    yield f"| {title} | {' | '.join(cells)} | {ratio} |"


def _failures(results: Results) -> Iterator[str]:
    """What did not work, so that no gap is taken for a figure."""
    for one, step, why in results.failures():
        yield f"- {one.name}, rodada {one.round}, `{step}` falhou: {why}"
