"""One running front on a free port, and a client that holds TurboZap's token."""

from __future__ import annotations

import io
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from json import dumps
from pathlib import Path
from typing import Any, cast

import aiohttp
import jwt
import pytest
from yarl import URL

from tests.defaults import auth_policy, http_policy
from tests.http import documented
from tests.http.fake_cluster import FakeCluster
from tests.http.fake_moves import FakeMoves
from tests.http.fakes import BORN, FakeArchives, FakeFront, FakeLog, FakeReceiver, FakeStore, check_target
from wppmt.browser.port import Usage
from wppmt.domain.contact_policy import OFF
from wppmt.domain.figures import Figures
from wppmt.domain.occurrences import Occurrence
from wppmt.domain.troubles import Trouble
from wppmt.explain.material import Logged
from wppmt.http.app import make_app
from wppmt.http.connections import ConnectionLimits
from wppmt.http.ports import DaemonPhase, Ports
from wppmt.http.security.api_keys import Keyring
from wppmt.http.security.auth import Authenticator
from wppmt.http.security.buckets import Buckets
from wppmt.http.security.keys import SharedSecret
from wppmt.http.security.limits import RateLimiter
from wppmt.http.server import Runner
from wppmt.media.fetch import MediaFiles
from wppmt.media.received import ReceivedMediaFiles
from wppmt.net.egress import Egress, policy
from wppmt.store.port import Store
from wppmt.store.stranger_gates import gate_of

SECRET = "segredo-de-teste-com-mais-de-32-bytes"


def token(
    secret: Any = SECRET, algorithm: str = "HS256", headers: dict[str, Any] | None = None, **claims: Any
) -> str:
    """A token that lives 15 minutes from the fake clock's start; a claim given as None is left out."""
    all_claims = {"iat": BORN, "exp": BORN + 900} | claims
    kept = {name: value for name, value in all_claims.items() if value is not None}
    encoded: str = jwt.encode(kept, secret, algorithm=algorithm, headers=headers)
    return encoded


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: Any
    raw: bytes


class Api:
    """Real HTTP against the running front, and the levers behind it."""

    def __init__(self) -> None:
        self.time = BORN
        self.phase = DaemonPhase.READY
        self.counted: list[Occurrence] = []
        self.figures = Figures()
        self.troubles: list[Trouble] = []
        self.has_login_copy = True
        self.engine_flaws: dict[tuple[str, str], str] = {}
        self.waiting_imports: set[str] = set()
        self.moves = FakeMoves()
        self.cluster = FakeCluster()
        self.require_here = self.moves.require_here
        self.usage: dict[str, Usage] = {}
        self.logged: list[Logged] = []
        self.front = FakeFront(lambda: self.time)
        self.store = FakeStore(links=self.front.links, records=self.front.records)
        self.receiver = FakeReceiver()
        self.archives = FakeArchives()
        self.log = FakeLog()
        self.token = token()
        self.rate_limit = 0
        self.apart_limit = 0
        self.connections = ConnectionLimits()
        self.settings = http_policy()
        self.folder = Path("/nonexistent")
        self.egress_allow: list[str] = []
        self.base = ""
        self.drain: Callable[[], None] = lambda: None
        self.http: aiohttp.ClientSession

    def ports(self) -> Ports:
        received = self.front.received = ReceivedMediaFiles(
            self.folder / "in", limit=1_000_000, quota=3_000_000, keep_seconds=3600, now=time.time
        )
        return Ports(
            front=self.front,
            store=cast("Store", self.store),
            keyring=Keyring(cast("Store", self.store)),
            authenticator=Authenticator(SharedSecret(SECRET), auth_policy()),
            rate_limiter=RateLimiter(self.rate_limit, time.time),
            buckets=Buckets(self.apart_limit),
            check_target=check_target,
            post_webhook=self.receiver.post,
            media=MediaFiles(self.folder / "out", 1_000_000, Egress(policy(self.egress_allow))),
            received=received,
            archives=self.archives,
            phase=lambda: self.phase,
            troubles=lambda: self.troubles,
            memory_mb=lambda: 512,
            daemon_memory_mb=lambda: 112,
            now=lambda: self.time,
            log=self.log,
            version="1.2.3",
            profile_mb=lambda _: 100,
            usage=self.usage.get,
            engine_flaw=lambda session_id, engine: self.engine_flaws.get((session_id, engine), ""),
            has_login_copy=lambda _: self.has_login_copy,
            waits_for_import=self.waiting_imports.__contains__,
            moves=self.moves,
            require_here=self.require_here,
            cluster=self.cluster,
            limits=lambda record: gate_of(record, OFF, lambda _: frozenset(), self.time).shown(record.limits),
            settings=self.settings,
            count=self.counted.append,
            figures=lambda: self.figures,
            logged=lambda _, since: [line for line in self.logged if line.at >= since],
            metrics=self.metrics,
        )

    @staticmethod
    def metrics(may_see: Callable[[str], bool]) -> bytes:
        """Of `a` and `b`."""
        return "".join(f"wppmt_sees {int(may_see(name))}\n" for name in "ab").encode()

    @property
    def port(self) -> int:
        return int(self.base.rpartition(":")[2])

    async def call(
        self, method: str, path: str, *, json: Any = None, data: Any = None, token: str | None = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:  # fmt: skip
        sent = dict(headers or {})
        if token is not None and "Authorization" not in sent:
            sent["Authorization"] = f"Bearer {token or self.token}"
        if json is not None:
            data = dumps(json).encode()
        if isinstance(data, bytes):
            data = io.BytesIO(data)
        url = URL(self.base + path, encoded=True)
        async with self.http.request(method, url, data=data, headers=sent) as response:
            raw = await response.read()
            body = await response.json() if response.content_type == "application/json" else None
            documented.check(method, path, response.status, response.content_type, body)
            return Answer(response.status, response.headers, body, raw)

    async def get(self, path: str, **kwargs: Any) -> Answer:
        return await self.call("GET", path, **kwargs)

    async def post(self, path: str, json: Any = None, **kwargs: Any) -> Answer:
        return await self.call("POST", path, json=json, **kwargs)


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    instance = Api()
    instance.folder = tmp_path
    async for running in serve(instance):
        yield running


async def serve(api: Api) -> AsyncIterator[Api]:
    """Run the front of an Api whose levers were set beforehand."""
    runner = Runner(make_app(api.ports()), api.connections)
    await runner.start(("127.0.0.1", 0))
    api.drain = runner.drain
    api.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with aiohttp.ClientSession(auto_decompress=False) as api.http:
        yield api
    await runner.cleanup()
