"""etcd over its JSON gateway, as its documents describe it for version 3.4 and later. Each call is tried at one endpoint after the
other; the one that answered last comes first.

No gRPC client: those for asyncio know neither TLS nor a second endpoint, and bring threads of their own.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from typing import Any

import aiohttp

from wppmt.cluster import gateway
from wppmt.cluster.etcd import (
    Change,
    Committed,
    Compacted,
    Compare,
    Entry,
    LeaseGone,
    Operation,
    Snapshot,
    Unavailable,
)
from wppmt.cluster.tree import require_acceptable

CONNECT_SECONDS, ANSWER_SECONDS = 0.5, 1.5
"""At one endpoint."""
RENEWAL_SECONDS = 0.9
"""As ANSWER_SECONDS: it can be tried at three endpoints before a machine that fences has to close its browsers, and writes nothing
that a disk could be slow with.
"""
SILENCE_SECONDS = 10.0
"""A watch that heard nothing for so long may be one that the network forgot: it is opened again, where it was."""
PAGE = 1_000
"""Entries in one answer."""
_STREAM = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS)
_WITH_A_LEADER = {"Grpc-Metadata-hasleader": "true"}
"""A member that is cut off from the others ends its watches, rather than be silent."""
_NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class EtcdClient:
    """For one event loop. `endpoints` are URLs without a path; `tls` is for those with https."""

    def __init__(
        self,
        endpoints: Sequence[str],
        tls: ssl.SSLContext | None = None,
        *,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._endpoints = list(endpoints)
        self._tls = tls
        self._answer_seconds = answer_seconds
        self._opened: aiohttp.ClientSession | None = None

    async def grant(self, ttl: int) -> int:
        return int((await self._ask("lease/grant", {"TTL": ttl}))["ID"])

    async def renew(self, lease: int) -> None:
        seconds = min(self._answer_seconds, RENEWAL_SECONDS)
        answer = await self._ask("lease/keepalive", {"ID": str(lease)}, seconds=seconds)
        if not int(answer.get("result", {}).get("TTL", 0)):
            raise LeaseGone

    async def revoke(self, lease: int) -> None:
        try:
            await self._ask("lease/revoke", {"ID": str(lease)})
        except LeaseGone:
            return

    async def commit(self, compares: Sequence[Compare], operations: Sequence[Operation]) -> Committed:
        require_acceptable(compares, operations)
        # Not tried again once it may have arrived: the second time its compares would fail by the first.
        answer = await self._ask("kv/txn", gateway.transaction(compares, operations), once=True)
        return Committed(bool(answer.get("succeeded")), gateway.revision(answer))

    async def read(self, prefix: str) -> Snapshot:
        while True:
            try:
                return await self._read(prefix)
            except Compacted:
                continue  # between two of its pages

    async def watch(self, prefix: str, after: int) -> AsyncGenerator[tuple[Change, ...], None]:
        failures = 0
        while True:
            try:
                async for changes in self._stream(prefix, after):
                    failures, after = 0, changes[-1].revision
                    yield changes
            except aiohttp.SocketTimeoutError:
                self._prefer_another(self._endpoints[0])
            except (aiohttp.ClientError, OSError, Unavailable) as failure:
                self._prefer_another(self._endpoints[0])
                failures += 1
                if failures >= len(self._endpoints):
                    raise Unavailable(str(failure)) from None

    async def close(self) -> None:
        if self._opened is not None:
            await self._opened.close()

    @property
    def _http(self) -> aiohttp.ClientSession:
        if self._opened is None:
            connector = aiohttp.TCPConnector(limit=0, ssl=self._tls or True)
            self._opened = aiohttp.ClientSession(connector=connector)
        return self._opened

    async def _ask(
        self, what: str, body: Mapping[str, Any], *, once: bool = False, seconds: float | None = None
    ) -> Mapping[str, Any]:
        """Raises Unavailable, LeaseGone, Compacted. `once`: it may be done one time at most; `seconds`: at one endpoint."""
        trouble = "no endpoint"
        for endpoint in tuple(self._endpoints):
            try:
                return await self._ask_one(endpoint, what, body, seconds or self._answer_seconds)
            except (aiohttp.ClientError, OSError, Unavailable) as failure:
                trouble = f"{endpoint}: {str(failure) or type(failure).__name__}"
                self._prefer_another(endpoint)
                if once and not isinstance(failure, _NOT_SENT):
                    break
        raise Unavailable(trouble)

    async def _ask_one(
        self, endpoint: str, what: str, body: Mapping[str, Any], seconds: float
    ) -> Mapping[str, Any]:
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=CONNECT_SECONDS)
        async with self._http.post(f"{endpoint}/v3/{what}", json=body, timeout=timeout) as answer:
            return gateway.understood(await answer.read())

    async def _stream(self, prefix: str, after: int) -> AsyncGenerator[tuple[Change, ...], None]:
        """Raises Compacted, Unavailable, aiohttp.ClientError, OSError; aiohttp.SocketTimeoutError after SILENCE_SECONDS."""
        wanted = {
            "key": gateway.encoded(prefix),
            "range_end": gateway.end_of(prefix),
            "start_revision": str(after + 1),
        }
        answer = await asyncio.wait_for(
            self._http.post(
                f"{self._endpoints[0]}/v3/watch", json={"create_request": wanted}, timeout=_STREAM, headers=_WITH_A_LEADER
            ),
            self._answer_seconds,
        )  # fmt: skip
        async with answer:
            async for line in _lines(answer.content):
                if changes := gateway.watched(line):
                    yield changes
        raise Unavailable("the watch ended")

    async def _read(self, prefix: str) -> Snapshot:
        entries: list[Entry] = []
        asked: dict[str, Any] = {"range_end": gateway.end_of(prefix), "limit": PAGE}
        key, revision = gateway.encoded(prefix), 0
        while True:
            page = await self._ask("kv/range", {**asked, "key": key, "revision": str(revision)})
            revision = revision or gateway.revision(page)
            entries += gateway.entries(page)
            if not page.get("more"):
                return Snapshot(revision, tuple(entries))
            key = gateway.after(entries[-1].key)

    def _prefer_another(self, endpoint: str) -> None:
        """Unless somebody did already."""
        if self._endpoints[0] == endpoint:
            self._endpoints.append(self._endpoints.pop(0))


async def _lines(stream: aiohttp.StreamReader) -> AsyncIterator[bytes]:
    """However long: one may be all that a large commit did."""
    rest = b""
    async for chunk in stream.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield line
