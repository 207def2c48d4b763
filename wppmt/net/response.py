"""The bytes of an endpoint's answers, limited so that a status counts once it is there and no answer costs much."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError

OVERHEAD_BYTES = 256 * 1024
"""What may surround the chunks of a body, beyond an eighth of what is in them."""
HEAD_LIMIT = 32_768
"""Bytes of everything before the body, interim (1xx) answers included."""

_HEAD_END = re.compile(rb"\n\r?\n")
_LONGEST_END = 3
_INTERIM = re.compile(rb"HTTP/\d\.\d 1(?!01)\d\d[ \r\n]")
"""All of 1xx but 101, which is an answer."""


class StaleConnection(aiohttp.ServerDisconnectedError):
    """A kept connection that ended before the first byte of this answer: the request may be sent again."""


class BoundedResponseReader(ResponseHandler):
    """aiohttp's side of a connection, between the socket and aiohttp's parser.

    The parser throws away a status that comes in one piece with a bad body, and reads interim answers for ever.
    So it is given the final head by itself, then no more than `body_limit` bytes of the wire, and little that is no
    content, since what surrounds the chunks of a body may have no end, and of interim answers nothing.
    """

    _head = b""
    _is_head_over = False
    _head_bytes = 0
    _body_bytes = 0
    _requests = 0

    def __init__(self, body_limit: int, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._body_limit = body_limit

    def set_response_params(self, **params: Any) -> None:
        """A request begins."""
        self._head, self._is_head_over = b"", False
        self._head_bytes = self._body_bytes = 0
        self._requests += 1
        super().set_response_params(**params)

    def data_received(self, data: bytes) -> None:
        if self._is_head_over:
            self._take_body(data)
        else:
            self._take_head(data)

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._requests > 1 and not self._head_bytes and not self.is_eof():
            self.set_exception(StaleConnection())
        super().connection_lost(exc)

    def _take_head(self, data: bytes) -> None:
        searched = max(0, len(self._head) - _LONGEST_END)
        self._head += data
        self._head_bytes += len(data)
        while end := _HEAD_END.search(self._head, searched):
            head, self._head, searched = self._head[: end.end()], self._head[end.end() :], 0
            if not _INTERIM.match(head):
                self._begin_body(head)
                return
        if self._head_bytes > HEAD_LIMIT:
            self._refuse(HttpProcessingError(message="the head of the answer does not end"))

    def _begin_body(self, head: bytes) -> None:
        rest, self._head, self._is_head_over = self._head, b"", True
        if self._requests > 1 and not head.startswith(b"HTTP/"):
            self._refuse(StaleConnection())  # what is left of the answer before
            return
        super().data_received(head)
        if rest:
            self._take_body(rest)

    def _take_body(self, data: bytes) -> None:
        room = max(self._body_limit - self._body_bytes, 0)
        self._body_bytes += len(data)
        super().data_received(data[:room])
        if self.exception() is not None and self._payload is not None:
            # Otherwise the reader of the body would wait for more.
            self._payload.set_exception(aiohttp.ClientPayloadError())
        if self.transport is not None and (len(data) > room or self._is_mostly_overhead):
            self.transport.abort()

    @property
    def _is_mostly_overhead(self) -> bool:
        content = 0 if self._payload is None else self._payload.total_bytes
        return self._body_bytes - content > OVERHEAD_BYTES + content // 8

    def _refuse(self, reason: Exception) -> None:
        self.set_exception(reason)
        if self.transport is not None:
            self.transport.abort()
