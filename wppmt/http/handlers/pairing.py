"""A pairing link: made by who has a token, used by a customer who has nothing but the link (docs/contract.md 14)."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Literal

from aiohttp import web

from wppmt.domain import messages
from wppmt.domain.errors import Code, Refusal
from wppmt.domain.messages import ROOT_ACTOR, session_address
from wppmt.domain.phone_numbers import is_same_number
from wppmt.domain.reasons import Reason
from wppmt.domain.states import State
from wppmt.domain.times import iso
from wppmt.http.api import qr, responses
from wppmt.http.api.body_reader import read_body
from wppmt.http.api.json_responses import answer
from wppmt.http.api.phones import parse_phone
from wppmt.http.api.schemas import PairingCodeBody, PairingLinkBody
from wppmt.http.connections import whose
from wppmt.http.pairing.page import OWN, end_page, live_page
from wppmt.http.pairing.policy import digest_of, new_token
from wppmt.http.pairing.texts import Dead, texts_for
from wppmt.http.ports import PORTS
from wppmt.http.security.buckets import Buckets
from wppmt.http.security.guard import SESSION_ID, client_of
from wppmt.store.records import LinkEnd, PairingLink, SessionStatus

ASK_SECONDS = 15.0
GUESSES = web.AppKey("guesses", Buckets)
"""By address: tokens that no link has."""
GUESSES_PER_MINUTE = 20
VISITS = web.AppKey("visits", Buckets)
"""By link: a page asks 30 times a minute, and some people open it twice."""
VISITS_PER_MINUTE = 240
_FILES = {"page.js": "text/javascript", "page.css": "text/css"}
_LOCAL_DIGITS = {10, 11}
"""Of a Brazilian number as people say it, with its area and without its country."""
_DEAD_STATUS = {Dead.UNKNOWN: 404, Dead.TOO_MANY: 429}


async def make_link(request: web.Request) -> web.Response:
    """POST …/pairing-link: the session's one link; a closed session is started."""
    body, ports, session_id = (
        await read_body(request, PairingLinkBody),
        request.app[PORTS],
        request[SESSION_ID],
    )
    policy = ports.settings.pairing
    if body.return_url is not None and not policy.allows_return(body.return_url):
        raise Refusal(Code.TARGET_REFUSED, details=[{"field": "returnUrl", "problem": _NOT_LISTED}])
    expected = "" if body.expected_phone is None else parse_phone(body.expected_phone, "expectedPhone")
    token, expires_at = new_token(), ports.now() + body.ttl_seconds
    wish = messages.MakeLink(session_id, digest_of(token), expires_at, expected, body.return_url or "")
    await ports.front.ask(ROOT_ACTOR, wish, ASK_SECONDS)
    return answer(responses.PairingLinkMade(url=policy.address(token), expires_at=iso(expires_at)), 201)


async def revoke_link(request: web.Request) -> web.Response:
    address = session_address(request[SESSION_ID])
    await request.app[PORTS].front.ask(address, messages.RevokeLink(), ASK_SECONDS)
    return answer(responses.Confirmation(message=_REVOKED))


async def show_page(request: web.Request) -> web.Response:
    """For people: what is wrong with a link is a page, too."""
    texts = texts_for(request.query.get("lang"))
    found = await _look_up(request)
    if isinstance(found, Dead):
        return _html(request, end_page(texts, found), _DEAD_STATUS[found])
    status, end = _status(request, found), found.end_at(request.app[PORTS].now())
    description = status.record.description if status else ""
    if end:
        return _html(request, end_page(texts, end, description, found.return_url), 410)
    return _html(request, live_page(texts, description, found.expected_phone))


async def open_link(request: web.Request) -> web.Response:
    """Asked by the page's script, so not by what merely fetches an address to preview it."""
    link = await _living(request)
    if link.opened_at is None:
        wish = messages.OpenLink(link.session_id, link.digest)
        await request.app[PORTS].front.ask(ROOT_ACTOR, wish, ASK_SECONDS)
    return _answer_state(request, link)


async def show_state(request: web.Request) -> web.Response:
    return _answer_state(request, await _found(request))


async def ask_code(request: web.Request) -> web.Response:
    """The code comes with one of the next states."""
    link = await _living(request)
    body = await read_body(request, PairingCodeBody)
    wish = messages.AskPairingCode(link.digest, _number(link, body.phone))
    await request.app[PORTS].front.ask(session_address(link.session_id), wish, ASK_SECONDS)
    return _answer_state(request, link)


async def show_file(request: web.Request) -> web.Response:
    name = request.match_info["file"]
    if name not in _FILES:
        raise Refusal(Code.NOT_FOUND)
    return web.Response(body=_read(name), content_type=_FILES[name], charset="utf-8")


@lru_cache(maxsize=len(_FILES))
def _read(name: str) -> bytes:
    return (OWN / name).read_bytes()


async def _look_up(request: web.Request) -> PairingLink | Dead:
    """The link of the address. A token that no link has counts as a guess."""
    ports = request.app[PORTS]
    link = await asyncio.to_thread(ports.store.link, digest_of(request.match_info["token"]))
    if link is not None:
        is_restless = request.app[VISITS].wait(link.digest, ports.now()) > 0
        return Dead.TOO_MANY if is_restless else link
    client = client_of(request)
    is_too_many = request.app[GUESSES].wait(whose(client), ports.now()) > 0
    ports.log("pairing_link_unknown", level="warning", client=client, tooMany=is_too_many)
    return Dead.TOO_MANY if is_too_many else Dead.UNKNOWN


async def _found(request: web.Request) -> PairingLink:
    """Raises Refusal: NOT_FOUND, RATE_LIMITED."""
    match await _look_up(request):
        case Dead.UNKNOWN:
            raise Refusal(Code.NOT_FOUND)
        case Dead.TOO_MANY:
            raise Refusal(Code.RATE_LIMITED, retry_after=60)
        case PairingLink() as link:
            return link


async def _living(request: web.Request) -> PairingLink:
    """Raises Refusal(LINK_ENDED), too."""
    link = await _found(request)
    if link.end_at(request.app[PORTS].now()):
        raise Refusal(Code.LINK_ENDED)
    return link


def _answer_state(request: web.Request, link: PairingLink) -> web.Response:
    now = request.app[PORTS].now()
    status, end = _status(request, link), link.end_at(now)
    step = _step(status, end)
    is_scan = status is not None and step == "scan"
    shown = status.qr if status and is_scan and status.qr and status.qr.expires_at > now else None
    return answer(
        responses.PairingState(
            step=step,
            qr_code=qr.data_url(shown.text) if shown else None,
            pairing_code=(status.pairing_code or None) if status and is_scan else None,
            problem="passkey" if status and status.record.reason is Reason.PASSKEY_REQUIRED else None,
            expires_at=iso(link.expires_at),
            return_url=link.return_url or None,
        ),
        410 if end else 200,
    )


def _step(
    status: SessionStatus | None, end: LinkEnd | None
) -> Literal["preparing", "scan", "linking", "connected", "trouble", "ended"]:
    if end or status is None:
        return "connected" if end is LinkEnd.USED else "ended"
    match status.record.state:
        case State.WAITING_SCAN:
            return "linking" if status.is_linking else "scan"
        case State.ERROR:
            return "trouble"
        case _:
            return "preparing"


def _number(link: PairingLink, typed: str | None) -> str:
    """Digits. Raises Refusal: INVALID_PHONE, WRONG_PHONE."""
    if typed is None:
        if not link.expected_phone:
            raise Refusal(Code.INVALID_PHONE)
        return link.expected_phone
    bare = "".join(filter(str.isdigit, typed))
    is_local = len(bare) in _LOCAL_DIGITS and not typed.lstrip().startswith("+")
    phone = parse_phone(f"55{bare}" if is_local else typed)
    if link.expected_phone and not is_same_number(phone, link.expected_phone):
        raise Refusal(Code.WRONG_PHONE)
    return link.expected_phone or phone


def _status(request: web.Request, link: PairingLink) -> SessionStatus | None:
    return request.app[PORTS].front.status(link.session_id)


def _html(request: web.Request, page: str, status: int = 200) -> web.Response:
    headers = {
        "Content-Security-Policy": request.app[PORTS].settings.pairing.content_security(),
        "Referrer-Policy": "no-referrer",
    }
    if status == 429:
        headers["Retry-After"] = "60"
    return web.Response(text=page, content_type="text/html", status=status, headers=headers)


_NOT_LISTED = "a origem não está na lista de WPP_PAIRING_RETURN_ALLOW"
_REVOKED = "O link de conexão da sessão, se havia um, não vale mais."
