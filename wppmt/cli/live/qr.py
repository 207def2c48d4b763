"""`wppmt qr`: a session's QR code in the terminal, as long as it takes until a phone has read it."""

from __future__ import annotations

import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import datetime

import click

from wppmt.cli.errors import CommandFailed
from wppmt.cli.gateway import Gateway, Json
from wppmt.cli.live import shown
from wppmt.cli.live.completion import session_id
from wppmt.cli.live.connection import as_json, on_the_daemon
from wppmt.cli.live.qr_blocks import blocks

ASK_SECONDS = 1.5
"""Below the session's rate limit, and soon enough for a code that lives 20 s."""
_NO_MORE_TO_COME = {"disconnected", "error"}


@click.command(short_help="O QR Code de uma sessão, no terminal.")
@session_id
@as_json
@on_the_daemon
def qr(gateway: Gateway, session: str, *, as_json: bool) -> None:
    """Desenha o QR Code da sessão ID, troca-o quando o WhatsApp o troca, e termina quando um celular o lê."""
    if as_json:
        shown.echo_json(gateway.qr_code(session))
        return
    for lines in following(lambda: gateway.qr_code(session), session, lambda: time.sleep(ASK_SECONDS)):
        shown.echo_lines(lines)


def following(ask: Callable[[], Json], session: str, pause: Callable[[], None]) -> Iterator[list[str]]:
    """What is to be shown, whenever that changes, up to the last: it is connected. Raises CommandFailed."""
    last: list[str] = []
    while (answer := ask())["status"] != "connected":
        if answer["status"] in _NO_MORE_TO_COME:
            raise CommandFailed(_why_none(session, answer))
        if (lines := page(session, answer)) != last:
            yield lines
        last = lines
        pause()
    phone = answer.get("phone")
    yield [f"{session}: conectada{f', {phone}' if phone else ''}"]


def _why_none(session: str, answer: Json) -> str:
    state = shown.state(str(answer["status"]))
    hint = f" Inicie-a: wppmt sessions start {session}" if answer["status"] == "disconnected" else ""
    return f"Sem QR Code: {session} está {state}. {answer.get('reason') or ''}{hint}"


def page(session: str, answer: Json) -> list[str]:
    """The picture, in the colours that a camera expects whatever the terminal's own are; or what it waits for."""
    if code := answer.get("pairingCode"):
        return [f"Código de pareamento de {session}, para digitar no celular: {code}"]
    if not (picture := answer.get("qrCode")):
        return [f"{session}: {shown.state(str(answer['status']))}. {answer.get('reason') or ''}"]
    lines = [
        click.style(line, fg=(255, 255, 255), bg=(0, 0, 0))
        for line in blocks(b64decode(picture.partition(",")[2]))
    ]
    until = datetime.fromisoformat(answer["expiresAt"]).astimezone()
    how = "No celular: WhatsApp → Aparelhos conectados → Conectar um aparelho."
    return [*lines, f"{session}: vale até {until:%H:%M:%S}. {how}"]
