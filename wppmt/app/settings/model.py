"""What can be set: one class for each section of config/default.toml, checked and frozen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from wppmt.app.settings.group import (
    Env,
    FramingOrigin,
    Items,
    Level,
    Origin,
    Port,
    Seconds,
    SettingsGroup,
    lower,
    split,
)
from wppmt.domain.clocks import is_time_zone
from wppmt.domain.engines import Engine


class HttpSettings(SettingsGroup):
    host: Annotated[str, Env("WPP_HOST"), Field(min_length=1)]
    port: Annotated[Port, Env("WPP_PORT")]
    public_url: Annotated[str, Env("WPP_PUBLIC_URL"), Field(pattern=r"^(https?://\S+)?$")]
    metrics_listen: Annotated[
        str, Env("WPP_METRICS_LISTEN"), Field(pattern=r"^((\[[0-9a-fA-F:.]+\]|[^:/\s\[\]]+):\d{1,5})?$")
    ]
    rate_per_minute: Annotated[int, Env("WPP_RATE_LIMIT"), Field(ge=0)]
    apart_per_minute: Annotated[int, Env("WPP_RATE_LIMIT_APART"), Field(ge=1)]
    max_connections: Annotated[int, Env("WPP_MAX_CONNECTIONS"), Field(ge=10)]
    max_connections_per_address: Annotated[int, Env("WPP_MAX_CONNECTIONS_PER_ADDRESS"), Field(ge=1)]
    bodies_mb: Annotated[int, Env("WPP_BODIES_MB"), Field(ge=11)]


class AuthSettings(SettingsGroup):
    secret: Annotated[SecretStr, Env("WPP_SECRET", hidden=True)]
    algorithm: Annotated[Literal["", "HS256", "RS256", "ES256", "EdDSA"], Env("WPP_JWT_ALGORITHM")]
    public_key: Annotated[str, Env("WPP_JWT_PUBLIC_KEY", hidden=True), Field(repr=False)]
    jwks_url: Annotated[
        str, Env("WPP_JWKS_URL", hidden=True), Field(pattern=r"^(https?://\S+)?$", repr=False)
    ]
    issuer: Annotated[str, Env("WPP_JWT_ISSUER")]
    audience: Annotated[str, Env("WPP_JWT_AUDIENCE")]
    max_lifetime_seconds: Annotated[int, Env("WPP_JWT_MAX_LIFETIME"), Field(ge=0)]
    require_session_claim: Annotated[bool, Env("WPP_JWT_REQUIRE_SESSION_CLAIM")]


class SessionSettings(SettingsGroup):
    multi_tenant: Annotated[bool, Env("WPP_MULTI_TENANT")]
    max: Annotated[int, Env("WPP_MAX_SESSIONS"), Field(ge=1, le=1000)]
    memory_limit_mb: Annotated[int, Env("WPP_MEMORY_LIMIT_MB"), Field(ge=1)]
    tenant_memory_mb: Annotated[int, Env("WPP_TENANT_MEMORY_MB"), Field(ge=0)]
    tenant_memory_hard_mb: Annotated[int, Env("WPP_TENANT_MEMORY_HARD_MB"), Field(ge=0)]
    measure_seconds: Annotated[Seconds, Env("WPP_MEASURE_SECONDS")]
    pressure_percent: Annotated[float, Env("WPP_MEMORY_PRESSURE_PERCENT"), Field(ge=0, le=100)]
    pressure_file: Annotated[Path, Env("WPP_PRESSURE_FILE")]
    starts_at_once: Annotated[int, Env("WPP_STARTS_AT_ONCE"), Field(ge=0)]
    qr_max: Annotated[int, Env("WPP_QR_MAX"), Field(ge=1)]
    send_deadline_seconds: Annotated[Seconds, Env("WPP_SEND_DEADLINE")]
    audit_minutes: Annotated[float, Env("WPP_AUDIT_MINUTES"), Field(gt=0, le=1440)]
    unavailable_seconds: Annotated[float, Env("WPP_UNAVAILABLE_SECONDS"), Field(ge=0, le=3600)]


Clock = Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$")]


def _known_zone(name: str) -> str:
    if not is_time_zone(name):
        raise ValueError("fuso horário desconhecido")
    return name


class PolicySettings(SettingsGroup):
    new_per_day: Annotated[int, Env("WPP_NEW_CONTACTS_PER_DAY"), Field(ge=0, le=100_000)]
    warm_up: Annotated[bool, Env("WPP_WARM_UP")]
    gap_min_seconds: Annotated[float, Env("WPP_STRANGER_GAP_MIN"), Field(ge=0, le=86_400)]
    gap_max_seconds: Annotated[float, Env("WPP_STRANGER_GAP_MAX"), Field(ge=0, le=86_400)]
    quiet_from: Annotated[Clock, Env("WPP_QUIET_FROM")]
    quiet_to: Annotated[Clock, Env("WPP_QUIET_TO")]
    time_zone: Annotated[str, Env("WPP_TIME_ZONE"), AfterValidator(_known_zone)]


class MediaSettings(SettingsGroup):
    max_mb: Annotated[int, Env("WPP_MAX_MEDIA_MB"), Field(ge=1, le=1024)]
    max_audio_minutes: Annotated[int, Env("WPP_MAX_AUDIO_MINUTES"), Field(ge=1, le=180)]
    received_quota_mb: Annotated[int, Env("WPP_MEDIA_QUOTA_MB"), Field(ge=1)]
    received_keep_days: Annotated[int, Env("WPP_MEDIA_KEEP_DAYS"), Field(ge=1)]
    received_eager: Annotated[bool, Env("WPP_MEDIA_EAGER")]


class PairingSettings(SettingsGroup):
    return_allow: Annotated[tuple[Origin, ...], BeforeValidator(split), Env("WPP_PAIRING_RETURN_ALLOW")]
    frame_ancestors: Annotated[
        tuple[FramingOrigin, ...], BeforeValidator(split), Env("WPP_PAIRING_FRAME_ANCESTORS")
    ]


class EgressSettings(SettingsGroup):
    allow: Annotated[Items, Env("WPP_EGRESS_ALLOW")]


class WebhookSettings(SettingsGroup):
    url: Annotated[str, Env("WEBHOOK_URL", hidden=True), Field(pattern=r"^(https?://\S+)?$", repr=False)]
    timeout_ms: Annotated[int, Env("WEBHOOK_TIMEOUT"), Field(ge=1, le=600_000)]
    retries: Annotated[int, Env("WEBHOOK_RETRIES"), Field(ge=0, le=1000)]
    hold_hours: Annotated[float, Env("WPP_WEBHOOK_HOLD_HOURS"), Field(ge=0)]
    auto_replay: Annotated[bool, Env("WPP_WEBHOOK_AUTO_REPLAY")]
    pending_max: Annotated[int, Env("WPP_WEBHOOK_PENDING_MAX"), Field(ge=1)]


Mailbox = Annotated[str, Field(pattern=r"^[^\s@,;<>]+@[^\s@,;<>]+$")]


class AlertSettings(SettingsGroup):
    """When the operator is told of trouble, and where."""

    webhook_url: Annotated[
        str, Env("WPP_ALERT_WEBHOOK_URL", hidden=True), Field(pattern=r"^(https?://\S+)?$", repr=False)
    ]
    email: Annotated[tuple[Mailbox, ...], BeforeValidator(split), Env("WPP_ALERT_EMAIL")]
    sendmail: Annotated[Path, Env("WPP_SENDMAIL")]
    memory_percent: Annotated[float, Env("WPP_ALERT_MEMORY_PERCENT"), Field(gt=0, le=100)]
    cpu_percent: Annotated[float, Env("WPP_ALERT_CPU_PERCENT"), Field(gt=0, le=100)]
    error_percent: Annotated[float, Env("WPP_ALERT_ERROR_PERCENT"), Field(gt=0, le=100)]
    slow_seconds: Annotated[Seconds, Env("WPP_ALERT_SLOW_SECONDS")]
    webhooks_failed: Annotated[int, Env("WPP_ALERT_WEBHOOKS_FAILED"), Field(ge=1)]
    free_slots_percent: Annotated[float, Env("WPP_ALERT_FREE_SLOTS_PERCENT"), Field(ge=0, le=100)]


class StoreSettings(SettingsGroup):
    state_dir: Annotated[Path, Env("WPP_STATE_DIR")]
    tokens_dir: Annotated[Path, Env("WPP_TOKENS_DIR")]
    keep_events_days: Annotated[float, Env("WPP_KEEP_EVENTS_DAYS"), Field(ge=1, le=3650)]
    keep_journal_days: Annotated[float, Env("WPP_KEEP_JOURNAL_DAYS"), Field(ge=2, le=3650)]
    keep_audit_days: Annotated[float, Env("WPP_KEEP_AUDIT_DAYS"), Field(ge=1, le=3650)]
    disk_min_free_mb: Annotated[int, Env("WPP_DISK_MIN_FREE_MB"), Field(ge=0)]
    login_copies: Annotated[int, Env("WPP_LOGIN_COPIES"), Field(ge=0, le=100)]
    login_copy_hours: Annotated[float, Env("WPP_LOGIN_COPY_HOURS"), Field(ge=0)]

    @property
    def wa_js_dir(self) -> Path:
        """The operator's own wa-js, and the plan who gets which."""
        return self.state_dir / "wa-js"


class ArchiveSettings(SettingsGroup):
    """Backups: a session as one encrypted file."""

    key: Annotated[SecretStr, Env("WPP_ARCHIVE_KEY", hidden=True)]
    key_file: Annotated[str, Env("WPP_ARCHIVE_KEY_FILE")]
    backup_dir: Annotated[str, Env("WPP_BACKUP_DIR")]
    keep: Annotated[int, Env("WPP_BACKUP_KEEP"), Field(ge=1, le=1000)]


Endpoint = Annotated[str, Field(pattern=r"^https?://(\[[0-9a-fA-F:.]+\]|[^:/?#@\s\[\]]+):\d{1,5}$")]


class ClusterSettings(SettingsGroup):
    """Several machines, on etcd."""

    etcd: Annotated[tuple[Endpoint, ...], BeforeValidator(split), Env("WPP_CLUSTER_ETCD")]
    etcd_ca: Annotated[str, Env("WPP_CLUSTER_ETCD_CA")]
    etcd_cert: Annotated[str, Env("WPP_CLUSTER_ETCD_CERT")]
    etcd_key: Annotated[str, Env("WPP_CLUSTER_ETCD_KEY")]
    machine: Annotated[
        str, Env("WPP_CLUSTER_MACHINE"), Field(pattern=r"^([A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)?$")
    ]
    url: Annotated[str, Env("WPP_CLUSTER_URL"), Field(pattern=r"^(https?://[^\s/?#@]+)?$")]
    failover: Annotated[bool, Env("WPP_CLUSTER_FAILOVER")]
    failover_seconds: Annotated[float, Env("WPP_CLUSTER_FAILOVER_SECONDS"), Field(ge=0, le=86_400)]
    listen: Annotated[str, Env("WPP_CLUSTER_LISTEN"), Field(pattern=r"^(\S+:\d{1,5})?$")]
    cert: Annotated[str, Env("WPP_CLUSTER_CERT")]
    key: Annotated[str, Env("WPP_CLUSTER_KEY")]
    ca: Annotated[str, Env("WPP_CLUSTER_CA")]
    archives: Annotated[str, Env("WPP_CLUSTER_ARCHIVES")]
    moves_at_once: Annotated[int, Env("WPP_CLUSTER_MOVES_AT_ONCE"), Field(ge=1, le=100)]
    scale_hook: Annotated[str, Env("WPP_CLUSTER_SCALE_HOOK")]


class RedisSettings(SettingsGroup):
    url: Annotated[
        str, Env("REDIS_URL", hidden=True), Field(pattern=r"^((rediss?|unix)://\S+)?$", repr=False)
    ]


class TraceSettings(SettingsGroup):
    endpoint: Annotated[str, Env("WPP_TRACES_ENDPOINT"), Field(pattern=r"^(https?://\S+)?$")]
    share: Annotated[float, Env("WPP_TRACES_SHARE"), Field(ge=0, le=1)]


class LogSettings(SettingsGroup):
    level: Annotated[Level, Env("LOG_LEVEL")]
    stderr_level: Annotated[Level | Literal[""], Env("WPP_LOG_STDERR_LEVEL")]
    stderr_format: Annotated[Literal["json", "pretty"], BeforeValidator(lower), Env("LOG_FORMAT")]
    dir: Annotated[Path, Env("WPP_LOG_DIR")]
    rotate_mb: Annotated[int, Env("WPP_LOG_ROTATE_MB"), Field(ge=1)]
    keep_days: Annotated[int, Env("WPP_LOG_KEEP_DAYS"), Field(ge=1)]
    total_mb: Annotated[int, Env("WPP_LOG_TOTAL_MB"), Field(ge=2)]


class BrowserSettings(SettingsGroup):
    chrome: Annotated[str, Env("WPP_CHROME")]
    driver: Annotated[str, Env("WPP_CHROMEDRIVER")]
    headless_shell: Annotated[str, Env("WPP_HEADLESS_SHELL")]
    engine: Annotated[Engine, Env("WPP_BROWSER_ENGINE")]
    undetected_accept_local_ports: Annotated[bool, Env("WPP_UNDETECTED_ACCEPT_LOCAL_PORTS")]
    headless: Annotated[bool, Env("WPP_HEADLESS")]
    proxy_url: Annotated[str, Env("WPP_PROXY_URL", hidden=True), Field(repr=False)]
    sandbox: Annotated[Literal["auto", "on", "off"], Env("WPP_SANDBOX")]
    beat_seconds: Annotated[Seconds, Env("WPP_BEAT_SECONDS")]
    start_deadline_seconds: Annotated[Seconds, Env("WPP_START_DEADLINE")]
    stop_deadline_seconds: Annotated[float, Field(gt=0, le=300), Env("WPP_STOP_DEADLINE")]


class CgroupSettings(SettingsGroup):
    """Of each session; 0 is no limit."""

    enabled: Annotated[bool, Env("WPP_TENANT_CGROUP")]
    memory_mb: Annotated[int, Env("WPP_TENANT_CGROUP_MEMORY_MB"), Field(ge=0)]
    memory_high_mb: Annotated[int, Env("WPP_TENANT_CGROUP_MEMORY_HIGH_MB"), Field(ge=0)]
    cpu_percent: Annotated[int, Env("WPP_TENANT_CGROUP_CPU_PERCENT"), Field(ge=0)]
    pids: Annotated[int, Env("WPP_TENANT_CGROUP_PIDS"), Field(ge=0)]


class ContactSettings(SettingsGroup):
    """Who is named where something is not fine (docs/MULTI_TENANT_ARCHITECTURE.md 14.3)."""

    infra: Annotated[str, Env("WPP_CONTACT_INFRA"), Field(max_length=200)]
    backend: Annotated[str, Env("WPP_CONTACT_BACKEND"), Field(max_length=200)]
    support: Annotated[str, Env("WPP_CONTACT_SUPPORT"), Field(max_length=200)]


class SimulatorSettings(SettingsGroup):
    mode: Annotated[Literal["0", "1", "external"], Env("WPP_SIMULATOR")]
    port: Annotated[Port, Env("WPP_SIMULATOR_PORT")]
    page_port: Annotated[Port, Env("WPP_SIMULATOR_PAGE_PORT")]
    qr_ttl_seconds: Annotated[Seconds, Env("WPP_SIMULATOR_QR_TTL")]
    ack_ms: Annotated[int, Env("WPP_SIMULATOR_ACK_MS"), Field(ge=0, le=600_000)]
    sink_port: Annotated[Port, Env("WPP_SIMULATOR_SINK_PORT")]

    @property
    def used(self) -> bool:
        """Whether sessions talk to the simulator, whoever started it."""
        return self.mode != "0"


class Settings(SettingsGroup):
    """Everything, for the composition root alone; `notices` are Portuguese sentences for the log, once."""

    http: HttpSettings
    auth: AuthSettings
    sessions: SessionSettings
    policy: PolicySettings
    media: MediaSettings
    pairing: PairingSettings
    egress: EgressSettings
    webhooks: WebhookSettings
    alerts: AlertSettings
    store: StoreSettings
    archive: ArchiveSettings
    cluster: ClusterSettings
    redis: RedisSettings
    logs: LogSettings
    traces: TraceSettings
    browser: BrowserSettings
    cgroups: CgroupSettings
    contacts: ContactSettings
    simulator: SimulatorSettings
    notices: tuple[str, ...] = ()


def keys() -> Iterator[tuple[str, str, Env]]:
    """Every setting: its section, its key, its name in the environment."""
    for section, field in Settings.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, SettingsGroup):
            for key, inner in field.annotation.model_fields.items():
                yield section, key, next(note for note in inner.metadata if isinstance(note, Env))
