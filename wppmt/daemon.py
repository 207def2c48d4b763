"""The composition root: settings → logs → store → actors → HTTP on the way up, and the reverse on the way down."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import secrets
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from random import SystemRandom
from urllib.parse import quote

import psutil
import sdnotify
from aiohttp import web
from ulid import ULID

from actors.effects import Logic, Post
from actors.mailbox import Directory
from actors.monitor import MONITOR, Measure, Monitor
from actors.policy import SessionPolicy
from actors.root import Boot, Root, ShutDown
from actors.runtime import Runtime, World
from actors.session import Session, Tools
from actors.threads import Threads
from actors.webhook import WEBHOOK, Attempted, Drain, OutboxGrew, WebhookPolicy, Webhooks
from wppmt import __version__, logs
from wppmt.browser import launcher
from wppmt.browser.chrome import ChromeBrowsers, ChromeSettings
from wppmt.delivery import new_secret
from wppmt.egress import Egress, own_addresses, policy
from wppmt.errors import Refusal, SetupError
from wppmt.http import qr, server, views
from wppmt.http.app import make_app
from wppmt.http.auth import Authenticator, AuthPolicy
from wppmt.http.jwks import Jwks, fetch_from
from wppmt.http.keys import Keys, PublicKey, SharedSecret
from wppmt.http.limits import RateLimiter, RedisWindows
from wppmt.http.ports import HttpSettings, Phase, Ports
from wppmt.media import MediaFiles
from wppmt.messages import ROOT
from wppmt.received import ReceivedMedia
from wppmt.retry import WebhookSchedule
from wppmt.settings import Settings
from wppmt.simulated import simulator
from wppmt.store import SessionRecord, SessionStatus
from wppmt.store.redis import Copy, RedisMirror
from wppmt.store.sqlite import SqliteStore
from wppmt.webhook_transport import WebhookTransport

STOP_SECONDS = 45.0
"""For all browsers to go down together, then they are killed. systemd's TimeoutStopSec is longer."""
DRAIN_SECONDS = 5.0
"""For the webhooks in flight; what has no answer by then is sent again by the next daemon."""
WATCHDOG_SECONDS = 10.0
MEGABYTE = 1_000_000


def serve(settings: Settings, on_ready: Callable[[], None] = lambda: None) -> int:
    """Run until SIGTERM or SIGINT; the exit status. Raises SetupError where the start is refused."""
    os.umask(0o077)
    daemon = Daemon(settings)
    logs.configure(settings.logs, daemon.metadata)
    for notice in settings.notices:
        logs.log("setting_noticed", level="warning", note=notice)
    try:
        _require_folder(settings.store.tokens_dir, "WPP_TOKENS_DIR")
        with _only_one(settings.store.state_dir), simulator(settings):
            asyncio.run(daemon.run(on_ready))
    except SetupError as refusal:
        logs.log("start_refused", level="error", note=str(refusal))
        raise
    logs.log("stopped")
    logs.close()
    return 0


class Daemon:
    """What lives as long as the process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._directory = Directory()
        self._phase = Phase.STARTING
        self._monitor: Monitor | None = None
        self._redis_watch = RedisWatch()

    def metadata(self) -> dict[str, object]:
        """For every log line (architecture.pt.md 10.2)."""
        total = self._monitor.total_mb if self._monitor else 0
        return {"memoryUsage": f"{total / 1024:.1f}GB", "sessionCount": len(self._directory.statuses())}

    async def run(self, on_ready: Callable[[], None]) -> None:
        """Everything up, wait for the signal, everything down."""
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        async with AsyncExitStack() as down:
            store = SqliteStore(self._settings.store.state_dir / "wppmt.sqlite")
            down.callback(store.close)
            egress = _egress(self._settings)
            media, received = _media(self._settings, egress), _received(self._settings)
            _sweep(store, media, received)
            timeout_seconds = self._settings.webhooks.timeout_ms / 1000
            transport = WebhookTransport(egress, timeout_seconds, time.time)
            down.push_async_callback(transport.close)
            threads = Threads(asyncio.get_running_loop())
            self._start_actors(threads, store, transport)
            down.push_async_callback(self._stop_actors, threads)
            await down.enter_async_context(_mirrored(self._settings, self._directory, self._redis_watch))
            await down.enter_async_context(self._http(store, egress, transport, media, received))
            down.push_async_callback(self._drain)
            self._phase = Phase.READY
            logs.log("ready", host=self._settings.http.host, port=self._settings.http.port)
            on_ready()
            with _notified_systemd():
                await stop.wait()

    def _start_actors(self, threads: Threads, store: SqliteStore, transport: WebhookTransport) -> None:
        settings = self._settings
        world = World(
            now=time.time,
            browsers=ChromeBrowsers(_chrome_settings(settings)),
            new_session=partial(_new_session, store, _tools(settings, store)),
            new_service=lambda address: services[address](),
            post=partial(_post, asyncio.get_running_loop(), transport),
            log=logs.log,
        )
        runtime = Runtime(self._directory, threads, world)
        self._monitor = monitor = Monitor(runtime.weigh, _own_memory_mb)
        services: dict[str, Callable[[], tuple[Logic, object]]] = {
            WEBHOOK: lambda: (_webhooks(settings, store), OutboxGrew()),
            MONITOR: lambda: (monitor, Measure()),
        }
        root = Root(
            store,
            services=tuple(services),
            max_sessions=settings.sessions.max,
            starts_at_once=settings.sessions.starts_at_once or os.cpu_count() or 1,
            memory_limit_mb=settings.sessions.memory_limit_mb,
            is_alive=self._directory.is_alive,
            status=self._directory.status,
        )
        runtime.spawn(ROOT, root).put(Boot())

    @asynccontextmanager
    async def _http(
        self,
        store: SqliteStore,
        egress: Egress,
        transport: WebhookTransport,
        media: MediaFiles,
        received: ReceivedMedia,
    ) -> AsyncIterator[None]:
        settings = self._settings
        monitor = self._monitor
        ports = Ports(
            front=self._directory,
            store=store,
            authenticator=_authenticator(settings),
            rate_limiter=_rate_limiter(settings, self._redis_watch),
            check_target=egress.check,
            post_webhook=transport.post,
            media=media,
            received=received,
            phase=lambda: self._phase,
            memory_mb=lambda: monitor.total_mb if monitor else None,
            now=time.time,
            log=logs.log,
            version=__version__,
            profile_mb=partial(_profile_mb, settings.store.tokens_dir),
            settings=HttpSettings(
                max_sessions=settings.sessions.max,
                send_deadline=settings.sessions.send_deadline_seconds,
                default_webhook_url=settings.webhooks.url,
            ),
        )
        runner = await self._listen(make_app(ports))
        try:
            yield
        finally:
            await runner.cleanup()

    async def _listen(self, app: web.Application) -> web.AppRunner:
        http = self._settings.http
        try:
            return await server.start(app, http.host, http.port)
        except OSError as failure:
            raise SetupError(
                f"Não foi possível escutar em {http.host}:{http.port} ({failure.strerror})."
                " Outro programa usa a porta? Mude WPP_PORT ou WPP_HOST"
            ) from None

    async def _drain(self) -> None:
        """Nothing new is taken up from here on."""
        self._phase = Phase.DRAINING
        logs.log("draining")

    async def _stop_actors(self, threads: Threads) -> None:
        """Sessions first, all together; the webhook actor leaves its work to the store."""
        try:
            killed = await self._directory.ask(ROOT, ShutDown(STOP_SECONDS), STOP_SECONDS + 10)
        except Refusal:
            killed = ("?",)
        if killed:
            logs.log("browsers_killed", level="warning", sessions=list(killed))
        with contextlib.suppress(Refusal):
            await self._directory.ask(WEBHOOK, Drain(), DRAIN_SECONDS)
        await asyncio.to_thread(threads.stop)


@contextmanager
def _only_one(state_dir: Path) -> Iterator[None]:
    """Two daemons on one state folder would start every browser twice. The kernel frees the lock of a dead one."""
    _require_folder(state_dir, "WPP_STATE_DIR")
    with (state_dir / "daemon.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SetupError(
                f"Outro wppmt já usa a pasta {state_dir}. Encerre-o, ou dê outra a este com WPP_STATE_DIR"
            ) from None
        yield


def _require_folder(folder: Path, setting: str) -> None:
    """Raises SetupError where nothing can be written."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as failure:
        raise SetupError(f"A pasta {folder} não pode ser usada: {failure.strerror} ({setting})") from None


@contextmanager
def _notified_systemd() -> Iterator[None]:
    """Type=notify with a watchdog that this very event loop has to feed."""
    systemd = sdnotify.SystemdNotifier()
    loop = asyncio.get_running_loop()

    async def feed() -> None:
        while True:
            systemd.notify("WATCHDOG=1")
            await asyncio.sleep(WATCHDOG_SECONDS)

    systemd.notify("READY=1")
    feeding = loop.create_task(feed())
    try:
        yield
    finally:
        # The watchdog must not bite while browsers go down in order.
        systemd.notify("STOPPING=1\nWATCHDOG_USEC=120000000")
        feeding.cancel()


def _post(
    loop: asyncio.AbstractEventLoop,
    transport: WebhookTransport,
    effect: Post,
    tell: Callable[[object], object],
) -> None:
    async def attempt() -> None:
        outcome = await transport.post(effect.delivery, effect.attempt, effect.secrets)
        tell(Attempted(effect.delivery.number, outcome))

    # A closed loop: the daemon has stopped, and the store still has the delivery.
    with contextlib.suppress(RuntimeError):
        asyncio.run_coroutine_threadsafe(attempt(), loop)


def _new_session(store: SqliteStore, tools: Tools, session_id: str) -> Session:
    record = store.session(session_id) or SessionRecord(id=session_id, created_at=time.time())
    return Session(record, tools)


def _webhooks(settings: Settings, store: SqliteStore) -> Webhooks:
    webhooks = settings.webhooks
    rules = WebhookPolicy(
        hold_seconds=webhooks.hold_hours * 3600,
        auto_replay=webhooks.auto_replay,
        pending_max=webhooks.pending_max,
    )
    return Webhooks(store, WebhookSchedule(retries=webhooks.retries), rules)


def _tools(settings: Settings, store: SqliteStore) -> Tools:
    return Tools(
        store=store,
        policy=SessionPolicy(
            qr_max=settings.sessions.qr_max,
            send_deadline=settings.sessions.send_deadline_seconds,
            beat_seconds=settings.browser.beat_seconds,
        ),
        random=SystemRandom(),
        default_webhook=settings.webhooks.url,
        new_event_id=lambda now: f"evt_{ULID.from_timestamp(now)}",
        # WhatsApp Web's own form: 3EB0 and 18 hexadecimal digits.
        new_message_id=lambda: f"3EB0{secrets.token_hex(9).upper()}",
        new_secret=lambda: new_secret(secrets.token_bytes(32)),
        qr_picture=qr.data_url,
        media_url=partial(_media_url, settings),
    )


def _chrome_settings(settings: Settings) -> ChromeSettings:
    browser, simulated = settings.browser, settings.simulator.used
    return ChromeSettings(
        tokens_dir=settings.store.tokens_dir,
        resolver_rules=f"MAP * 127.0.0.1:{settings.simulator.page_port}" if simulated else None,
        chrome_path=Path(browser.chrome) if browser.chrome else launcher.CHROME,
        driver_path=Path(browser.driver) if browser.driver else launcher.DRIVER,
        engine=browser.engine,
        headless=browser.headless,
        sandbox=_sandbox(settings),
        proxy=browser.proxy_url or None,
        beat_seconds=browser.beat_seconds,
        start_seconds=browser.start_deadline_seconds,
    )


def _sandbox(settings: Settings) -> bool:
    """Chrome's sandbox is given up only for root on the simulator. Raises SetupError for anything weaker."""
    wish, simulated, is_root = settings.browser.sandbox, settings.simulator.used, os.geteuid() == 0
    if not simulated and (wish == "off" or is_root):
        raise SetupError(
            "Com o WhatsApp de verdade o Chrome roda com sandbox e nunca como root:"
            " use um usuário próprio (docs/operacao.md) e tire WPP_SANDBOX=off"
        )
    return wish == "on" or (wish == "auto" and not is_root)


def _egress(settings: Settings) -> Egress:
    return Egress(policy(settings.egress.allow, settings.webhooks.url, own_addresses()))


def _media(settings: Settings, egress: Egress) -> MediaFiles:
    return MediaFiles(settings.store.state_dir / "media" / "out", settings.media.max_mb * MEGABYTE, egress)


def _received(settings: Settings) -> ReceivedMedia:
    media = settings.media
    return ReceivedMedia(
        settings.store.state_dir / "media" / "in",
        limit=media.max_mb * MEGABYTE,
        quota=media.received_quota_mb * MEGABYTE,
        keep_seconds=media.received_keep_days * 86_400,
        now=time.time,
    )


def _sweep(store: SqliteStore, media: MediaFiles, received: ReceivedMedia) -> None:
    """What an earlier daemon left when it was killed between a file and its entry in the journal."""
    entries = [entry for session in store.sessions() for entry in store.unfinished(session.id)]
    if deleted := media.sweep({entry.payload.get("path", "") for entry in entries}):
        logs.log("orphaned_files_deleted", count=deleted)
    received.sweep()


def _media_url(settings: Settings, session_id: str, message_id: str) -> str:
    base = settings.http.public_url.rstrip("/") or f"http://{settings.http.host}:{settings.http.port}"
    return f"{base}/api/sessions/{session_id}/messages/{quote(message_id, safe='')}/media"


def _authenticator(settings: Settings) -> Authenticator:
    auth = settings.auth
    rules = AuthPolicy(
        max_lifetime=auth.max_lifetime_seconds,
        issuer=auth.issuer,
        audience=auth.audience,
        require_session_claim=auth.require_session_claim,
    )
    return Authenticator(_keys(settings), rules)


def _keys(settings: Settings) -> Keys:
    auth = settings.auth
    if auth.jwks_url:
        return Jwks(fetch_from(auth.jwks_url), auth.algorithm)
    return PublicKey(auth.public_key) if auth.public_key else SharedSecret(auth.secret.get_secret_value())


def _rate_limiter(settings: Settings, redis_watch: RedisWatch) -> RateLimiter:
    shared = RedisWindows(settings.redis.url) if settings.redis.url else None
    return RateLimiter(settings.http.rate_per_minute, time.time, shared, redis_watch.report_of("rates"))


@asynccontextmanager
async def _mirrored(settings: Settings, directory: Directory, redis_watch: RedisWatch) -> AsyncIterator[None]:
    """Status and QR copied to Redis, where there is one."""
    if not settings.redis.url:
        yield
        return

    def render(status: SessionStatus) -> Iterator[Copy]:
        yield Copy(
            "status", views.status_of(status, settings.webhooks.url).model_dump_json(by_alias=True).encode()
        )
        left = int(status.qr.expires_at - time.time()) if status.qr else 0
        code = views.qr_code_of(status).model_dump_json(by_alias=True).encode() if left > 0 else None
        yield Copy("qrcode", code, left)

    mirror = RedisMirror(settings.redis.url, directory.statuses, render, redis_watch.report_of("copies"))
    copying = asyncio.create_task(mirror.run())
    try:
        yield
    finally:
        copying.cancel()
        await asyncio.gather(copying, return_exceptions=True)


class RedisWatch:
    """Two parts use Redis; the operator hears once that it is gone, and once that it is back."""

    def __init__(self) -> None:
        self._down: set[str] = set()

    def report_of(self, part: str) -> Callable[[bool], None]:
        def report(available: bool) -> None:
            was_down = bool(self._down)
            (self._down.discard if available else self._down.add)(part)
            if was_down and not self._down:
                logs.log("redis_available", note="O Redis voltou")
            elif self._down and not was_down:
                logs.log(
                    "redis_unavailable", level="warning", note="Redis fora do ar: o serviço segue sem ele"
                )

        return report


def _profile_mb(tokens_dir: Path, session_id: str) -> int | None:
    """What a login takes of the disk; files that Chrome removes meanwhile are passed over."""
    folder = tokens_dir / session_id
    if not folder.is_dir():
        return None
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            total += path.lstat().st_blocks * 512
    return round(total / MEGABYTE)


def _own_memory_mb() -> float:
    return float(psutil.Process().memory_info().rss) / MEGABYTE
