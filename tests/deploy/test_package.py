"""The Debian package on a fresh Debian 12 with systemd: installed, upgraded, gone back from, rebooted, removed, purged."""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.deploy import container, packages
from tests.deploy.container import Container
from tests.deploy.installed import (
    CONNECT_SECONDS,
    CURRENT,
    SESSION,
    TREES,
    UPGRADE_SECONDS,
    apt,
    chrome,
    connect,
    deb,
    devices,
    full,
    health,
    install,
    instances,
    is_settled,
    status,
    wppmt,
)
from tests.support import wait_until
from wppmt import __version__

pytestmark = [
    pytest.mark.long,
    pytest.mark.chrome,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        not container.can_run(), reason="needs root, systemd-nspawn, debootstrap, debhelper, lintian"
    ),
]

NEWER, BRIDGED, BROKEN, DEAF = (f"{__version__}.{more}" for more in ("91", "91.1", "92", "93"))
FURTHER, FURTHER_PORT = "wppconnect-4", 8015
PAGE = Path(__file__).parents[2] / "docs" / "implantacao.md"


@pytest.fixture(scope="module")
def debs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The product's, one with a further step of the database, one with another bridge, and two that are no good."""
    own = packages.built(tmp_path_factory.mktemp("debs"))
    schema = "wppmt/store/sqlite/schema.py"
    return {
        __version__: own,
        NEWER: packages.later(own, NEWER, {schema: further_step}),
        BRIDGED: packages.later(own, BRIDGED, {
            schema: further_step,
            "wppmt/browser/page/written.js": lambda text: f"{text}\n// Another one.\n",
        }),
        BROKEN: packages.later(own, BROKEN, {
            schema: further_step,
            "wppmt/app/daemon.py": packages.replacing("    memory.tame_allocator()\n", "    raise RuntimeError('broken')\n"),
        }),
        DEAF: packages.later(own, DEAF, {
            "wppmt/app/daemon.py": packages.replacing("    memory.tame_allocator()\n", "    time.sleep(3600)\n"),
        }),
    }  # fmt: skip


def further_step(schema: str) -> str:
    """What a later version's schema says more: one step, which the version before can pass over."""
    more = (
        '_NEXT = """\nCREATE TABLE of_the_next_version (text TEXT);\n'
        'ALTER TABLE journal ADD COLUMN of_later TEXT NOT NULL DEFAULT \'\';\n"""\nSTEPS = (*STEPS, _NEXT)\n'
    )
    return packages.replacing("\nVERSION = len(STEPS)\n", f"\n{more}VERSION = len(STEPS)\n")(schema)


@pytest.fixture(scope="module")
def debian(debs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    """One machine for the whole story; each test goes on where the one before it ended."""
    kept = Path("build/logs")
    made = Container(tmp_path_factory.mktemp("debian"), packages.needed(debs[__version__]))
    try:
        made.boot()
        for package in debs.values():
            made.put(package, "/root/")
        yield made
    finally:
        made.end()
        kept.mkdir(parents=True, exist_ok=True)
        shutil.copy(made.log_file, kept / "package.txt")


def test_it_installs_with_one_command(debian: Container, debs: dict[str, Path]):
    apt(debian, "install", deb(debs, __version__))
    assert debian.ask("readlink", CURRENT) == __version__
    assert debian.mode("/etc/wppmt") == ("root:wppmt", "750")
    assert debian.mode("/etc/wppmt/wppmt.env") == ("root:wppmt", "640")
    assert debian.mode("/etc/wppmt/wppmt.toml") == ("root:wppmt", "640")
    assert debian.mode("/var/lib/wppmt") == ("wppmt:wppmt", "700")
    assert re.search(r"^WPP_SECRET=[0-9a-f]{64}$", debian.read("/etc/wppmt/wppmt.env"), re.MULTILINE)
    assert debian.ask("systemctl", "is-enabled", "wppmt.service", "wppmt.socket").split() == ["enabled"] * 2
    enabled = debian.run("systemctl", "is-enabled", "wppmt-backup.timer", check=False)
    assert enabled.stdout.strip() == "disabled", "without a key there is no backup"
    wait_until(lambda: health(debian).get("version") == __version__, 30)
    assert debian.exists("/usr/share/bash-completion/completions/wppmt")
    assert debian.ask("wppmt", "--version") == f"wppmt {__version__}"
    assert not debian.exists("/usr/bin/npm")
    debian.run("/opt/wppmt/current/bin/python3", "-c", "import opentelemetry.sdk.trace")
    assert not debian.ask("find", "/opt/wppmt", "/usr/lib/wppmt", "-not", "-user", "root")


def test_the_demo_plays_as_the_services_user(debian: Container):
    assert "Tudo certo" in wppmt(debian, "demo")


def test_every_line_of_the_sandbox_probe_is_fine(debian: Container):
    said = wppmt(debian, "doctor", "--sandbox", "--whatsapp", "real").splitlines()
    assert len(said) >= 6
    assert all(line.startswith("✓") for line in said)


def test_a_session_connects(debian: Container):
    with (debian.root / "etc/wppmt/wppmt.env").open("a") as file:
        file.write(f"WPP_ARCHIVE_KEY={secrets.token_hex(32)}\n")
    connect(debian)


def test_a_further_instance_runs_beside_the_first(debian: Container):
    before, linked = chrome(debian), devices(debian)
    debian.run("wppmt", "instances", "add", FURTHER, "--port", str(FURTHER_PORT))
    debian.run("systemctl", "daemon-reload")
    debian.run("systemctl", "enable", "--now", f"wppmt@{FURTHER}.service")
    wait_until(lambda: instances(debian).get(FURTHER) == ("ok", __version__), 60)
    wppmt(debian, "instances")
    assert set(instances(debian)) == {"wppmt", FURTHER}
    assert debian.mode(f"/etc/wppmt/instances/{FURTHER}.env") == ("root:wppmt", "640")
    assert debian.mode(f"/var/lib/wppmt-{FURTHER}") == ("wppmt:wppmt", "700")
    # It may not write to the first one's folder, nor be reached where that is.
    pid = debian.ask("systemctl", "show", f"wppmt@{FURTHER}", "--property=MainPID", "--value")
    denied = debian.run("nsenter", "--target", pid, "--mount", "touch", "/var/lib/wppmt/x", check=False)
    assert "Read-only file system" in denied.stderr
    debian.run("systemctl", "stop", f"wppmt@{FURTHER}.socket")
    assert instances(debian)[FURTHER] == ("stopped", None)
    assert (status(debian), chrome(debian), devices(debian)) == ("connected", before, linked)
    debian.run("systemctl", "start", f"wppmt@{FURTHER}.service")
    wait_until(lambda: instances(debian).get(FURTHER) == ("ok", __version__), 60)
    refused = wppmt(debian, "status", check=False, WPP_INSTANCE="nobody")
    assert "a instância nobody não existe" in refused
    assert SESSION not in wppmt(debian, "sessions", WPP_INSTANCE=FURTHER)
    assert SESSION in wppmt(debian, "sessions")


def test_the_daily_backup_writes_a_file_for_each_session(debian: Container):
    """docs/operacao.md, "Backup"."""
    linked = devices(debian)
    debian.run("systemctl", "enable", "--now", "wppmt-backup.timer")
    debian.run("systemctl", "start", "wppmt-backup")
    [file] = debian.ask("find", "/var/lib/wppmt/var/backups", "-name", f"{SESSION}-*.wppmt").split()
    assert debian.mode(file) == ("wppmt:wppmt", "600")
    assert f"Sessão {SESSION}, com o login" in wppmt(debian, "restore", "--check", file)
    wait_until(lambda: status(debian) == "connected" and devices(debian) == linked, CONNECT_SECONDS)


def test_the_page_s_list_and_its_commands(debian: Container):
    """docs/implantacao.md: a line for each of the eleven points, and each command of the page runs."""
    said = wppmt(debian, "doctor", "--deploy", check=False).splitlines()
    assert len([line for line in said if line[:1] in {"✓", "✗", "!"}]) >= 11
    listed = re.findall(r"^\| \d+ \|.*\| `([^`]+)` \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(listed) == 11
    for command in listed:
        if command.startswith(("systemctl", "stat", "curl")):
            debian.run("sh", "-c", command.replace("SERVIDOR", "127.0.0.1"))


def test_killed_it_comes_back_and_nobody_is_disconnected(debian: Container):
    before, linked = chrome(debian), devices(debian)
    debian.run("systemctl", "kill", "-s", "KILL", "--kill-whom=main", "wppmt")
    wait_until(lambda: health(debian).get("version") == __version__, 60)
    assert (status(debian), chrome(debian), devices(debian)) == ("connected", before, linked)


def test_upgrade_check_says_it_beforehand(debian: Container, debs: dict[str, Path]):
    said = debian.run("wppmt", "upgrade", "--check", deb(debs, NEWER)).stdout
    assert "1 seguem conectadas, nenhuma é reaberta" in said
    steps = packages.schema_version(debs[__version__])
    assert f"convertido do esquema {steps} para o {steps + 1}" in said
    assert "voltar não perde nada" in said


def test_an_upgrade_disconnects_nobody(debian: Container, debs: dict[str, Path]):
    before, linked = chrome(debian), devices(debian)
    said = apt(debian, "install", deb(debs, NEWER))
    assert f"wppmt {NEWER} em uso" in said
    assert health(debian)["version"] == NEWER
    assert health(debian, FURTHER_PORT)["version"] == NEWER, "all instances are switched together"
    assert status(debian) == "connected"
    assert (chrome(debian), devices(debian)) == (before, linked)
    assert debian.ask("readlink", "/opt/wppmt/former") == __version__


def test_back_is_one_command_and_loses_nothing(debian: Container):
    """The older version works on the newer version's database."""
    before = chrome(debian)
    assert f"wppmt {__version__} em uso" in debian.run("wppmt", "upgrade", "--back").stdout
    assert health(debian)["version"] == __version__
    assert (status(debian), chrome(debian)) == ("connected", before)
    assert f"wppmt {NEWER} em uso" in debian.run("wppmt", "upgrade", "--back").stdout


def renewed(debian: Container, before: str, linked: list[tuple[object, object]]) -> bool:
    """Another browser, with the same login."""
    return chrome(debian) not in {"", before} and status(debian) == "connected" and devices(debian) == linked


def test_where_the_bridge_changed_the_session_is_reopened_without_a_qr_code(
    debian: Container, debs: dict[str, Path]
):
    before, linked = chrome(debian), devices(debian)
    check = debian.run("wppmt", "upgrade", "--check", deb(debs, BRIDGED)).stdout
    assert "1 de 1 são reabertas, uma depois da outra, sem QR Code" in check
    assert f"wppmt {BRIDGED} em uso" in install(debian, debs, BRIDGED)
    wait_until(lambda: renewed(debian, before, linked), CONNECT_SECONDS)
    wait_until(lambda: "browser_renewed" in debian.ask("journalctl", "-u", "wppmt", "-o", "cat"), 30)
    between = chrome(debian)
    debian.run("wppmt", "upgrade", "--back")
    wait_until(lambda: renewed(debian, between, linked), CONNECT_SECONDS)
    # What dpkg knows is brought in line with what runs.
    assert f"{NEWER} já é a versão em uso" in install(debian, debs, NEWER)


def test_a_secret_open_to_all_is_closed_and_said_so(debian: Container):
    debian.run("chmod", "0644", "/etc/wppmt/wppmt.env")
    said = debian.run("dpkg-reconfigure", "wppmt")
    assert "estava aberto a todos" in said.stdout + said.stderr
    assert debian.mode("/etc/wppmt/wppmt.env") == ("root:wppmt", "640")


@pytest.mark.parametrize("version", [BROKEN, DEAF])
def test_a_broken_version_goes_back_by_itself(debian: Container, debs: dict[str, Path], version: str):
    before = chrome(debian)
    said = install(debian, debs, version, check=False)
    assert f"wppmt {version} não ficou saudável em 60 s; a {NEWER} está no ar de novo" in said
    assert debian.ask("readlink", CURRENT) == NEWER
    assert [health(debian, port).get("version") for port in (8005, FURTHER_PORT)] == [NEWER, NEWER]
    assert (status(debian), chrome(debian)) == ("connected", before)
    # The way out that the message names: a version that is good.
    install(debian, debs, NEWER)
    assert debian.ask("dpkg-query", "-W", "-f", "${Status}", "wppmt") == "install ok installed"


def test_after_a_reboot_all_are_connected_without_a_qr_code(debian: Container):
    linked = devices(debian)
    debian.halt()
    last = debian.read("/var/lib/wppmt/logs/wppmt.log").rpartition('"event":"draining"')[2]
    assert "browser_failed" not in last, "every Chrome was closed in order"
    debian.boot()
    wait_until(lambda: health(debian).get("version") == NEWER, 60)
    wait_until(lambda: status(debian) == "connected", CONNECT_SECONDS)
    assert devices(debian) == linked


def test_power_lost_in_the_middle_of_an_upgrade_is_made_good_at_the_next_boot(
    debian: Container, debs: dict[str, Path]
):
    """After the links were turned, before anybody knew whether the new version is well: it is not."""
    before = debian.link(CURRENT)
    debian.run("dpkg", "--unpack", deb(debs, BROKEN))
    tree = f"/opt/wppmt/{BROKEN}"
    debian.run("cp", "-a", "/usr/lib/wppmt/tree", tree)
    debian.write("/opt/wppmt/.switch.json", json.dumps({"from": before, "to": BROKEN, "connected": 1}))
    debian.run("ln", "-sfn", before, "/opt/wppmt/former")
    debian.run("ln", "-sfn", BROKEN, CURRENT)
    debian.run("sync")
    debian.cut()
    # Whether the new version is well is known a minute later; only then the boot is over.
    debian.boot(is_busy=True)
    wait_until(lambda: health(debian).get("version") == before, UPGRADE_SECONDS)
    wait_until(lambda: status(debian) == "connected", CONNECT_SECONDS)
    assert debian.ask("readlink", CURRENT) == before
    wait_until(lambda: not debian.exists("/opt/wppmt/.switch.json"), 30)
    install(debian, debs, before)


def to_come(debian: Container) -> str:
    """A good version that has no tree here: of the three only two are kept."""
    return next(
        version for version in (BRIDGED, __version__, NEWER) if not debian.exists(f"{TREES}/{version}")
    )


CUTS: dict[str, Callable[[Container, str], bool]] = {
    "while dpkg unpacks": lambda debian, _: debian.exists("/usr/lib/wppmt/tree/.build.dpkg-new"),
    "while its tree is put in its place": lambda debian, to: debian.exists(f"{TREES}/.new-{to}"),
    "when the switch is written down": lambda debian, _: debian.exists(f"{TREES}/.switch.json"),
    "when the links are turned": lambda debian, to: debian.link(CURRENT) == to,
    "when the new version answers": lambda debian, to: health(debian).get("version") == to,
}
"""At what the machine shows of it."""


@pytest.mark.parametrize("cut", CUTS)
def test_power_lost_at_any_step_of_an_upgrade_costs_nothing(
    debian: Container, debs: dict[str, Path], cut: str
):
    wait_until(lambda: is_settled(debian), CONNECT_SECONDS)
    before, to, linked = debian.link(CURRENT), to_come(debian), devices(debian)
    with debian.begun("apt-get", "-y", "--allow-downgrades", "install", deb(debs, to)):
        wait_until(lambda: CUTS[cut](debian, to), UPGRADE_SECONDS)
        debian.say(f"=== {cut}")
        debian.cut()
    debian.boot(is_busy=True)
    wait_until(lambda: health(debian).get("version") in {before, to}, UPGRADE_SECONDS)
    wait_until(lambda: status(debian) == "connected", CONNECT_SECONDS)
    assert devices(debian) == linked
    wait_until(lambda: not debian.exists(f"{TREES}/.switch.json"), UPGRADE_SECONDS)
    # As docs/operacao.md says; where dpkg was cut off while it unpacked an older version, apt itself gives up.
    debian.run("dpkg", "-i", deb(debs, to))
    assert debian.link(CURRENT) == to
    wait_until(lambda: health(debian).get("version") == to, 60)
    wait_until(lambda: is_settled(debian) and devices(debian) == linked, CONNECT_SECONDS)


FULL = {TREES: "o disco está cheio. Nada mudou", "/usr/lib/wppmt": "No space left on device"}
"""Where the new version goes to, and the one line that says why it does not."""


@pytest.mark.parametrize("folder", FULL)
def test_a_full_disk_stops_an_upgrade_with_one_line_and_costs_nothing(
    debian: Container, debs: dict[str, Path], folder: str
):
    wait_until(lambda: is_settled(debian), CONNECT_SECONDS)
    before, to, browser, linked = debian.link(CURRENT), to_come(debian), chrome(debian), devices(debian)
    with full(debian, folder):
        said = install(debian, debs, to, check=False)
        assert sum(FULL[folder] in line for line in said.splitlines()) == 1
        assert health(debian)["version"] == before
        assert (status(debian), chrome(debian), devices(debian)) == ("connected", browser, linked)
        # What was in use is whole: it starts again.
        debian.run("systemctl", "kill", "-s", "KILL", "--kill-whom=main", "wppmt")
        wait_until(lambda: health(debian).get("version") == before, 60)
        wait_until(lambda: (status(debian), chrome(debian)) == ("connected", browser), CONNECT_SECONDS)
    debian.run("dpkg", "--configure", "-a")
    install(debian, debs, to)
    assert (debian.link(CURRENT), health(debian)["version"]) == (to, to)
    wait_until(lambda: is_settled(debian) and devices(debian) == linked, CONNECT_SECONDS)


def test_remove_keeps_logins_and_settings(debian: Container):
    secret = debian.read("/etc/wppmt/wppmt.env")
    apt(debian, "remove", "wppmt")
    assert not debian.ask("pgrep", "-u", "wppmt", "-f", "user-data-dir")
    assert not debian.ask("pgrep", "-u", "wppmt", "-f", "wppmt serve"), "no instance is left"
    assert not debian.exists("/opt/wppmt")
    assert not debian.exists("/usr/bin/wppmt")
    assert debian.exists(f"/var/lib/wppmt/tokens-3/{SESSION}")
    assert debian.read("/etc/wppmt/wppmt.env") == secret


def test_installed_again_the_session_is_back_without_a_qr_code(debian: Container, debs: dict[str, Path]):
    apt(debian, "install", deb(debs, NEWER))
    debian.run("systemctl", "restart", "sim.service")
    wait_until(lambda: status(debian) == "connected", CONNECT_SECONDS)
    wait_until(lambda: instances(debian).get(FURTHER) == ("ok", NEWER), 60)


@pytest.mark.parametrize("answer", ["", "no", "yes"])
def test_purge_asks_before_it_deletes_logins(debian: Container, debs: dict[str, Path], answer: str):
    """Without anybody to answer they stay."""
    if answer:
        apt(debian, "install", deb(debs, NEWER))
    debian.run("systemctl", "stop", "sim.service")
    question = "Delete the WhatsApp logins of all customers, too?"
    if answer:
        said = debian.type(["apt-get", "-y", "purge", "wppmt"], question, answer)
        assert question in said
    else:
        said = apt(debian, "purge", "wppmt")
    assert not debian.exists("/etc/wppmt")
    assert not debian.exists("/opt/wppmt")
    assert debian.exists(f"/var/lib/wppmt/tokens-3/{SESSION}") == (answer != "yes")
    if not answer:
        assert f"/var/lib/wppmt-{FURTHER}" in said
        assert not debian.exists(f"/etc/systemd/system/multi-user.target.wants/wppmt@{FURTHER}.service")
    assert ("Os logins ficaram em /var/lib/wppmt" in said) == (answer != "yes")
