"""One webhook attempt over HTTP: signed, checked against the egress guard, with a deadline and a limit on the answer."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from wppmt.domain.errors import Refusal
from wppmt.net.egress import Egress, TargetRefused
from wppmt.net.response import HEAD_LIMIT, StaleConnection
from wppmt.store.outbox_records import Delivery, SigningSecrets
from wppmt.store.records import EventRecord
from wppmt.webhook.classify import Answered, AttemptResult, Fault, Unanswered
from wppmt.webhook.signature import headers

ANSWER_SECONDS = 1.0
"""For the body, once the status is there."""
CONNECT_SECONDS = 5.0
"""DNS, TCP and TLS together."""
HEADERS = 500
BODY_LIMIT = 65_536
"""Bytes on the wire: of a chunked body a little less is left."""
STALE_CONNECTIONS = 2
"""So many kept connections may turn out closed within one attempt, before the last try; nothing was sent on them."""


class WebhookTransport:
    """Lives on one event loop; any number of attempts at once, none of which waits for another."""

    def __init__(
        self,
        egress: Egress,
        timeout_seconds: float,
        now: Callable[[], float],
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._egress = egress
        self._timeout_seconds = timeout_seconds
        self._now = now
        self._answer_seconds = answer_seconds
        self._session: aiohttp.ClientSession | None = None

    async def post(self, delivery: Delivery, attempt: int, secrets: SigningSecrets | None) -> AttemptResult:
        """Never raises for what the endpoint or the network does."""
        try:
            url = self._egress.check_url(delivery.endpoint)
            async with asyncio.timeout(self._timeout_seconds):
                for _ in range(STALE_CONNECTIONS):
                    with suppress(StaleConnection):
                        return await self._exchange(url, delivery.event, attempt, secrets)
                return await self._exchange(url, delivery.event, attempt, secrets)
        except Refusal:
            return Unanswered(Fault.FORBIDDEN, "URL de destino não permitida")
        except (OSError, aiohttp.ClientError, ValueError) as failure:  # TimeoutError is an OSError
            return _explain(failure)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _exchange(
        self, url: URL, event: EventRecord, attempt: int, secrets: SigningSecrets | None
    ) -> Answered:
        now = self._now()
        sent = headers(event.id, event.body, attempt, now, secrets.live(now) if secrets else [])
        request = self._client().post(
            url,
            data=event.body,
            headers=sent | {"Accept-Encoding": "identity"},
            allow_redirects=False,
            max_field_size=HEAD_LIMIT,
            max_headers=HEADERS,
        )
        async with request as response:
            body = await _read(response, self._answer_seconds)
            return Answered(response.status, response.headers.get("Retry-After", ""), body)

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            connect = min(CONNECT_SECONDS, self._timeout_seconds / 2)
            self._session = self._egress.session(
                aiohttp.ClientTimeout(total=None, connect=connect), BODY_LIMIT
            )
        return self._session


async def _read(response: aiohttp.ClientResponse, seconds: float) -> bytes:
    """What comes of the body within `seconds` and BODY_LIMIT; only the status matters.

    After a longer or slower answer the connection is closed.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            while len(body) < BODY_LIMIT and (chunk := await response.content.read(BODY_LIMIT - len(body))):
                body += chunk
    except (TimeoutError, aiohttp.ClientError, HttpProcessingError):
        response.close()
    if not response.content.at_eof():
        response.close()
    return bytes(body)


def _explain(failure: Exception) -> Unanswered:
    match failure:
        case TargetRefused() | aiohttp.ClientConnectorError(os_error=TargetRefused()):
            return Unanswered(Fault.REFUSED_TARGET, "O nome leva a um endereço não permitido")
        case ssl.SSLError() | aiohttp.ClientSSLError():
            return Unanswered(Fault.INSECURE, "TLS recusado: certificado inválido ou protocolo incompatível")
        case aiohttp.ConnectionTimeoutError():
            return Unanswered(Fault.UNREACHABLE, "Sem conexão com o destino a tempo")
        case aiohttp.ClientConnectorDNSError():
            return Unanswered(Fault.UNREACHABLE, "Nome do destino não encontrado")
        case aiohttp.ClientConnectorError():
            return Unanswered(Fault.UNREACHABLE, "O destino recusou a conexão")
        case TimeoutError():
            return Unanswered(Fault.TIMEOUT, "O destino não respondeu a tempo")
        case aiohttp.ClientResponseError() | ValueError():
            return Unanswered(Fault.BROKEN, "A resposta do destino não é HTTP válido")
        case _:
            return Unanswered(Fault.BROKEN, "A conexão com o destino caiu")
