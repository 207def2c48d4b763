"""One connection: aiohttp's protocol, with limits against clients that are slow, greedy or malformed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from aiohttp import hdrs, web
from aiohttp.http_exceptions import BadHttpMessage
from aiohttp.streams import StreamReader

from wppmt.domain.errors import Code, Refusal
from wppmt.http.api.json_responses import refusal_response, status_refusal
from wppmt.http.connections import Connections, whose
from wppmt.http.middleware import common_headers
from wppmt.http.ports import REQUEST_ID, Ports
from wppmt.http.security.guard import GRANT, HANGS_UP, SESSION_ID

HEAD_BYTES = 32 * 1024
HEADER_SECONDS = 10.0
"""From a head's first byte to its last; of the first one of a connection, from connecting on (Slowloris)."""
KEEPALIVE_SECONDS = 75.0
UNREAD_SECONDS = 30.0
"""An answer of which nothing is taken for so long is given up, and its memory with it."""
LINGER_SECONDS = 5.0
"""The rest of a body that nobody wanted is thrown away for so long: a reset would reach its sender before our answer."""
PIPELINED = 4
RETRY_SECONDS = 5
_LACKING = {"field": "connections", "problem": "conexões demais ao mesmo tempo (WPP_MAX_CONNECTIONS)"}
_HEAD_END = b"\r\n\r\n"
_CHUNKED_PIECE = 8 * 1024


class Protocol(web.RequestHandler):
    """Knows at every byte whether it belongs to a head or to a body, before aiohttp's parser sees it."""

    __slots__ = (
        "_body_left",
        "_chunked",
        "_connections",
        "_head_bytes",
        "_head_tail",
        "_head_timer",
        "_held",
        "_lost",
        "_ports",
        "_unread_timer",
    )

    def __init__(self, server: web.Server, ports: Ports, connections: Connections[Protocol]) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=None,  # type: ignore[arg-type]  # ours is the middleware `observe`
            auto_decompress=False,  # a few small gzip bodies would cost gigabytes
            keepalive_timeout=KEEPALIVE_SECONDS,
            lingering_time=LINGER_SECONDS,
        )
        # Requests sent ahead, each with a head of its own in memory.
        self._max_msg_queue_size, self._msg_queue_resume_size = PIPELINED, PIPELINED // 2
        self._ports = ports
        self._connections = connections
        self._head_timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        """Of the head that has begun and not ended."""
        self._head_tail = b""
        self._body_left = 0
        """Bytes, of a body whose length was told."""
        self._chunked: StreamReader | None = None
        """A body whose end only the parser sees."""
        self._lost: Callable[[], object] | None = None
        self._held = b""
        """What came while the parser was full; the transport has been told to wait by then."""

    @property
    def is_answering(self) -> bool:
        """A request is here, and its answer has not left us whole."""
        return self._request_count > 0 and not self._is_waiting

    @property
    def is_resting(self) -> bool:
        """Kept after an answer, and nothing of a next request is here: nobody loses anything when it is closed."""
        return self._request_count > 0 and self._is_waiting and not self._head_bytes

    @property
    def _is_waiting(self) -> bool:
        return self._waiter is not None and not self._waiter.done()

    # ---- coming and going

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._expect_head()
        peer = transport.get_extra_info("peername")
        leaving = self._connections.arrive(self, whose(peer[0]) if peer else "")
        if leaving is self:
            self._turn_away(Refusal(Code.RESOURCE_LIMIT, details=[_LACKING], retry_after=RETRY_SECONDS))
        elif leaving is not None:
            leaving.force_close()

    def when_lost(self, tell: Callable[[], object]) -> None:
        """Tell whoever answers without an end that nobody is there any more. The last one asked for counts."""
        self._lost = tell

    def connection_lost(self, exc: BaseException | None) -> None:
        self._connections.leave(self)
        for timer in (self._head_timer, self._unread_timer):
            if timer:
                timer.cancel()
        super().connection_lost(exc)
        if self._lost:
            self._lost()

    def _turn_away(self, refusal: Refusal, status: int | None = None) -> None:
        """An answer for what never becomes a request, and the end of the connection."""
        if self.transport is not None:
            self.transport.write(_raw(self._answer(self._ports.new_id(), refusal, status)))
        self.force_close()

    # ---- reading

    def data_received(self, data: bytes) -> None:
        if not data:
            # aiohttp's word for: there is room again. The parser may have kept something.
            self._feed(b"")
        data, self._held = self._held + data, b""
        while data and not self._is_over:
            if self._reading_paused or self._buffer_paused:
                self._held = data
                return
            data = self._take_body(data) if self._is_amid_body else self._take_head(data)

    def _resume_reading_if_drained(self) -> None:
        super()._resume_reading_if_drained()
        if self._held and not self._buffer_paused:
            self.data_received(b"")

    @property
    def _is_over(self) -> bool:
        return self._force_close or self._close

    @property
    def _is_amid_body(self) -> bool:
        return self._body_left > 0 or self._chunked is not None or self._upgraded

    def _take_head(self, data: bytes) -> bytes:
        """Give the parser the rest of this head, at most; what belongs to whatever follows is returned."""
        kept = len(self._head_tail)
        found = (self._head_tail + data).find(_HEAD_END)
        length = len(data) if found < 0 else found + len(_HEAD_END) - kept
        head, rest = data[:length], data[length:]
        if not self._head_bytes:
            self._expect_head()
        room = HEAD_BYTES - self._head_bytes
        self._head_bytes += length
        self._head_tail = (self._head_tail + head)[-len(_HEAD_END) + 1 :] if found < 0 else b""
        self._feed(head[:room])
        if self._head_bytes > HEAD_BYTES:
            self._refuse_head()
        return rest

    def _take_body(self, data: bytes) -> bytes:
        length = self._body_left or (_CHUNKED_PIECE if self._chunked else len(data))
        body, rest = data[:length], data[length:]
        self._body_left -= min(self._body_left, len(body))
        self._feed(body)
        return rest

    def _feed(self, data: bytes) -> None:
        before, chunked = self._request_count, self._chunked
        super().data_received(data)
        if self._request_count > before and chunked is not None and not chunked.is_eof():
            self._spoil(chunked)
        elif self._request_count > before:
            self._begin_body()
        elif chunked is not None and chunked.is_eof():
            self._chunked = None
            if not data.endswith(_HEAD_END):
                # The beginning of a next head may have come with the body's end: it has its time from here.
                self._head_bytes = 1
                self._expect_head()

    def _spoil(self, body: StreamReader) -> None:
        """The parser complains of a body as if it were a next request: who reads it would wait for more in vain."""
        self._messages.pop()
        body.set_exception(web.RequestPayloadError())
        body.feed_eof()
        self._close = True

    def _begin_body(self) -> None:
        """A head is complete."""
        self._connections.work(self)
        self._head_bytes, self._head_tail, self._chunked = 0, b"", None
        if self._head_timer:
            self._head_timer.cancel()
            self._head_timer = None
        message, payload = self._messages[-1]
        headers: Mapping[str, str] = getattr(message, "headers", {})  # none: the parser's complaint
        if payload.is_eof():
            return
        length = headers.get(hdrs.CONTENT_LENGTH)
        if length is None:
            self._chunked = payload
        else:
            self._body_left = int(length)

    # ---- limits

    def _expect_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self._loop.call_later(HEADER_SECONDS, self._give_up_head)

    def _give_up_head(self) -> None:
        self._head_timer = None
        if self.is_answering:
            self.close()  # after the answer
        else:
            self.force_close()

    def _refuse_head(self) -> None:
        if self.is_answering:
            self.close()
        else:
            self._turn_away(Refusal(Code.INVALID_REQUEST), 431)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread_timer = self._loop.call_later(UNREAD_SECONDS, self._abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._unread_timer:
            self._unread_timer.cancel()

    def _abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    # ---- answering

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        if isinstance(resp, web.HTTPException):
            # What aiohttp refuses before any middleware: an odd Expect at an unknown address, which it would repeat.
            resp = self._answer(self._id_of(request), status_refusal(resp.status), resp.status)
        if request.get(HANGS_UP):
            self._lingering_time = 0.0
        try:
            return await super().finish_response(request, resp, start_time)
        finally:
            if not self._messages:
                self._connections.rest(self, has_token=GRANT in request)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002  aiohttp's text may repeat what was sent
    ) -> web.StreamResponse:
        """Malformed HTTP, and what no handler expected: the contract's form, never a trace; closes the connection."""
        request_id = self._id_of(request)
        if isinstance(exc, BadHttpMessage):
            return self._answer(request_id, Refusal(Code.INVALID_REQUEST), status)
        self._ports.log(
            "http_failed", request.get(SESSION_ID), level="error", request_id=request_id, error=exc
        )
        return self._answer(request_id, Refusal(Code.INTERNAL))

    def _id_of(self, request: web.BaseRequest) -> str:
        return request.get(REQUEST_ID) or self._ports.new_id()

    def _answer(self, request_id: str, refusal: Refusal, status: int | None = None) -> web.Response:
        response = refusal_response(refusal, request_id, http_status=status)
        response.headers.update(common_headers(request_id))
        response.force_close()
        return response


def _raw(response: web.Response) -> bytes:
    """The whole answer as bytes, where aiohttp has no request to answer."""
    body = response.body
    assert isinstance(body, bytes), "refusals are short"  # noqa: S101
    headers = {**response.headers, hdrs.CONTENT_LENGTH: str(len(body)), hdrs.CONNECTION: "close"}
    lines = [f"HTTP/1.1 {response.status} {response.reason}", *(f"{n}: {v}" for n, v in headers.items())]
    return "\r\n".join(lines).encode() + _HEAD_END + body
