"""`wppmt doctor --deploy`: the deployment checklist (docs/MULTI_TENANT_ARCHITECTURE.md 14.2), point by point.

What can be seen is judged; what only a person can see is said as a notice, with the command that shows it.
"""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from wppmt.app import running
from wppmt.app.addresses import is_wildcard
from wppmt.app.settings import ContactSettings, Settings
from wppmt.cli import machine_checks, reachability
from wppmt.cli.findings import Check, Finding, run
from wppmt.deploy.instances import FIRST, unit_of
from wppmt.store.sqlite.peek import Evidence, evidence

ENVIRONMENT = Path("/etc/wppmt/wppmt.env")
SCHEDULES = (Path("/etc/cron.d"), Path("/etc/cron.daily"), Path("/etc/crontab"), Path("/etc/systemd/system"))
SYSTEMD = Path("/run/systemd/system")
UNITS = ("wppmt.service", "wppmt.socket")
BACKEND, SUPPORT = {"webhook"}, {"send", "reconnect"}
"""Points that are TurboZap's, and those that the first line of support tries out; the others are the machine's."""
SECONDS = 10


@dataclass(frozen=True, slots=True)
class Host:
    """What the machine shows, found out once."""

    enabled: Sequence[str]
    """Of the units, which start at boot."""
    units: Sequence[str] = UNITS
    has_systemd: bool = True
    """In a container there is none: what starts the service, and what copies its folders, is out of sight."""
    environment: Path = ENVIRONMENT
    schedules: Sequence[Path] = SCHEDULES
    evidence: Evidence = field(default_factory=Evidence)

    @classmethod
    def look(cls, settings: Settings) -> Host:
        unit = unit_of(os.environ.get("WPP_INSTANCE") or FIRST)
        units = (unit, unit.replace(".service", ".socket"))
        return cls(
            enabled=[unit for unit in units if _is_enabled(unit)],
            units=units,
            has_systemd=SYSTEMD.is_dir(),
            evidence=evidence(settings.store.state_dir / running.DATABASE),
        )


def points(settings: Settings, host: Host | None = None) -> Iterator[Finding]:
    """Eleven, in the document's order; each begins with its number."""
    found = host or Host.look(settings)
    checks = (
        Check("service", lambda: [service(found)]),
        Check("address", lambda: [address(settings)]),
        Check("redis", lambda: [redis(settings)]),
        Check("tokens", lambda: [machine_checks.private_folder("WPP_TOKENS_DIR", settings.store.tokens_dir)]),
        Check("environment", lambda: [environment(found.environment)]),
        Check("firewall", lambda: [firewall(settings)]),
        Check("webhook", lambda: [webhook(settings)]),
        Check("backup", lambda: [backup(found)]),
        Check("monitoring", lambda: [monitoring(settings, found.schedules)]),
        Check("send", lambda: [sent(found.evidence)]),
        Check("reconnect", lambda: [reconnected(found.evidence)]),
    )
    for number, check in enumerate(checks, start=1):
        for finding in run([check]):
            numbered = replace(finding, text=f"{number:2}. {finding.text}")
            yield finding_with_contact(numbered, settings.contacts)


def finding_with_contact(finding: Finding, contacts: ContactSettings) -> Finding:
    """Who is to be asked about what is not fine."""
    is_tried = finding.check in SUPPORT
    who = contacts.backend if finding.check in BACKEND else contacts.support if is_tried else contacts.infra
    if finding.fine or not who:
        return finding
    return replace(finding, advice=f"{finding.advice}. Responsável: {who}".removeprefix(". "))


def service(host: Host) -> Finding:
    if not host.has_systemd:
        text = "sem systemd: confira se o Docker o reinicia: docker inspect --format '{{.HostConfig.RestartPolicy.Name}}' …"
        return Finding(True, text, is_notice=True)
    missing = [unit for unit in host.units if unit not in host.enabled]
    text = f"não inicia no boot: {', '.join(missing)}" if missing else "serviço instalado; inicia no boot"
    return Finding(not missing, text, f"Rode: systemctl enable --now {' '.join(reversed(host.units))}")


def address(settings: Settings) -> Finding:
    """In the document the Docker network that TurboZap reaches it by."""
    http = settings.http
    if is_wildcard(http.host) and not http.public_url:
        return Finding(
            False,
            f"a API escuta em {http.host}, sem WPP_PUBLIC_URL",
            "Defina WPP_PUBLIC_URL com o endereço dos clientes",
        )
    public = f", vista como {http.public_url}" if http.public_url else ""
    return Finding(True, f"a API escuta em {http.host}:{http.port}{public} (ss -ltn)")


def redis(settings: Settings) -> Finding:
    if not settings.redis.url:
        return Finding(True, "Redis não é usado (REDIS_URL vazio)", is_notice=True)
    return reachability.redis_server(settings.redis.url)


def environment(file: Path) -> Finding:
    """The settings are valid, or this would not run; here: whether others read the secret."""
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
    except OSError:
        return Finding(True, f"configuração válida; {file} não é usado nesta instalação", is_notice=True)
    text = f"configuração válida; {file} tem modo {mode:04o}"
    return Finding(not mode & 0o027, text, f"Todos leem a chave: rode chmod 640 {file}")


def firewall(settings: Settings) -> Finding:
    http = settings.http
    if http.host in {"127.0.0.1", "::1", "localhost"}:
        text = f"a porta {http.port} só atende esta máquina; de fora, pelo proxy com TLS (deploy/front)"
        return Finding(True, text)
    text = f"confira de outra máquina: curl -s http://{http.host}:{http.port}/api/health"
    return Finding(True, text, is_notice=True)


def webhook(settings: Settings) -> Finding:
    if not settings.webhooks.url:
        return Finding(True, "sem webhook padrão (WEBHOOK_URL): cada sessão define o seu", is_notice=True)
    return reachability.webhook(settings)


def backup(host: Host) -> Finding:
    where = _mentioning(host.schedules, "tokens-3", "wppmt-backup")
    if not where and not host.has_systemd:
        text = "sem systemd: confira, no host, se as pastas de tokens e do banco são copiadas"
        return Finding(True, text, is_notice=True)
    text = (
        f"backup agendado em {where}"
        if where
        else "nenhum backup de tokens-3 e var foi encontrado em cron ou systemd"
    )
    return Finding(bool(where), text, 'Agende o de docs/operacao.md, "Backup"')


def monitoring(settings: Settings, schedules: Sequence[Path]) -> Finding:
    where = _mentioning(schedules, "/api/health", "/readyz")
    port = settings.http.port
    if where:
        return Finding(True, f"monitor encontrado em {where}")
    text = f"confira se um monitor lê: curl -sf 'http://127.0.0.1:{port}/api/health?strict=1'"
    return Finding(True, text, is_notice=True)


def sent(found: Evidence) -> Finding:
    text = (
        f"{found.sent} mensagens confirmadas pelo WhatsApp"
        if found.sent
        else "nenhuma mensagem foi enviada ainda"
    )
    return Finding(found.sent > 0, text, "Envie uma a um número seu: POST …/send-message")


def reconnected(found: Evidence) -> Finding:
    text = (
        f"{found.restarted} sessões voltaram de um reinício do navegador"
        if found.restarted
        else "nenhuma sessão voltou de um reinício ainda"
    )
    return Finding(found.restarted > 0, text, "Reinicie uma e veja o status: POST …/restart")


def _mentioning(places: Sequence[Path], *words: str) -> Path | None:
    """The first file that names one of these, but for the service's own units; what may not be read is passed over."""
    for place in places:
        for file in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if re.match(r"wppmt[.@]", file.name):
                continue
            try:
                text = file.read_text(errors="replace") if file.is_file() else ""
            except OSError:
                continue
            if any(word in text for word in words):
                return file
    return None


def _is_enabled(unit: str) -> bool:
    try:
        done = subprocess.run(
            ["systemctl", "is-enabled", unit], capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.stdout.strip() == "enabled"
