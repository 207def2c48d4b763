"""What a page can tell apart between the engines: asks each of them the same, prints where the answers differ.

    .venv/bin/python -m tests.bench.fingerprints [--all]

The page is a blank one, served over TLS under WhatsApp's name, which also notes the headers of its request.
"""

from __future__ import annotations

import argparse
import json
import ssl
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.browser.ground import Life, chrome_settings
from tests.browser.test_chrome import evaluate
from wppmt.browser.chrome.browsers import ChromeBrowsers
from wppmt.domain.engines import Engine
from wppmt.simulator.tls import server_context

PROBE = Path(__file__).with_name("fingerprints.js")
ENGINES = (Engine.CHROME, Engine.HEADLESS_SHELL)

Answers = Mapping[str, Any]


class Page(ThreadingHTTPServer):
    """Blank; `seen` are the headers of the document's request, in their order."""

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext) -> None:
        self.seen: list[tuple[str, str]] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        self.socket = context.wrap_socket(self.socket, server_side=True)


class _Handler(BaseHTTPRequestHandler):
    server: Page

    def do_GET(self) -> None:
        if self.headers.get("Sec-Fetch-Dest") == "document":
            self.server.seen = self.headers.items()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>x</title><body>x")

    def log_message(self, *_: object) -> None:
        """Silent."""


def ask(engine: Engine, folder: Path) -> Answers:
    """Each question's name, and what this engine answers."""
    with _served(folder) as page:
        rules = f"MAP * 127.0.0.1:{page.server_address[1]}"
        settings = chrome_settings(folder / "tokens", resolver_rules=rules, beat_seconds=60.0, engine=engine)
        life = Life(ChromeBrowsers(settings).open("page"), "page")
        try:
            life.start()
            told = json.loads(evaluate(life, PROBE.read_text()).get(timeout=30))
        finally:
            life.browser.stop()
    headers = {f"cabeçalho {name}": value for name, value in page.seen if name != "Host"}
    return {**told, **headers, "ordem dos cabeçalhos": [name for name, _ in page.seen]}


@contextmanager
def _served(folder: Path) -> Iterator[Page]:
    with Page(server_context(folder)) as page:
        threading.Thread(target=page.serve_forever, daemon=True).start()
        yield page
        page.shutdown()


def lines(found: Mapping[Engine, Answers], *, everything: bool) -> Iterator[str]:
    """A table; of two long lists what only one of them has."""
    yield "| pergunta | " + " | ".join(found) + " |"
    yield "|---|" + "---|" * len(found)
    names = list(dict.fromkeys(name for answers in found.values() for name in answers))
    for name in names:
        answers = [answers.get(name) for answers in found.values()]
        if everything or any(answer != answers[0] for answer in answers):
            yield f"| {name} | " + " | ".join(_shown(answer, answers) for answer in answers) + " |"


def _shown(answer: Any, answers: list[Any]) -> str:
    if isinstance(answer, list) and all(isinstance(one, list) for one in answers):
        common = set.intersection(*(set(map(str, one)) for one in answers))
        if len(common) > 3:
            alone = [str(one) for one in answer if str(one) not in common]
            return f"{len(answer)}; só aqui: {', '.join(alone) or 'nenhum'}"
    return json.dumps(answer, ensure_ascii=False)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.fingerprints", description=__doc__)
    parser.add_argument("--all", dest="everything", action="store_true", help="also what does not differ")
    everything = parser.parse_args().everything
    found = {}
    for engine in ENGINES:
        with tempfile.TemporaryDirectory(prefix="wppmt-prints-", ignore_cleanup_errors=True) as folder:
            found[engine] = ask(engine, Path(folder))
    print("\n".join(lines(found, everything=everything)))  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
