"""What an administrator does around the package on a real systemd: mistakes, each told in one line, and TLS in front."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy import container, packages
from tests.deploy.container import Container
from tests.deploy.installed import (
    CONNECT_SECONDS,
    SESSION,
    TREES,
    api,
    apt,
    chrome,
    connect,
    deb,
    health,
    status,
    wppmt,
)
from tests.support import wait_until
from wppmt import __version__

pytestmark = [
    pytest.mark.long,
    pytest.mark.chrome,
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        not container.can_run(), reason="needs root, systemd-nspawn, debootstrap, debhelper, lintian"
    ),
]

FRONTS = {"haproxy": "/etc/haproxy/haproxy.cfg", "nginx": "/etc/nginx/conf.d/wppmt.conf"}
SCALE = Path(__file__).parents[2] / "docs" / "escala.md"
EXAMPLES = "/usr/share/doc/wppmt/examples"
OUTSIDE = "203.0.113.7"
"""An address of the machine that is not its loopback: whoever comes from there is not on it."""
SETTINGS, SECRETS, STATE = "/etc/wppmt/wppmt.toml", "/etc/wppmt/wppmt.env", "/var/lib/wppmt/var"


@pytest.fixture(scope="module")
def debs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {__version__: packages.built(tmp_path_factory.mktemp("debs"))}


@pytest.fixture(scope="module")
def debian(debs: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    """One machine for the whole story; each test goes on where the one before it ended."""
    kept = Path("build/logs")
    needed = [*packages.needed(debs[__version__]), *FRONTS, "iproute2"]
    made = Container(tmp_path_factory.mktemp("debian"), needed)
    try:
        made.boot()
        made.put(debs[__version__], "/root/")
        yield made
    finally:
        made.end()
        kept.mkdir(parents=True, exist_ok=True)
        shutil.copy(made.log_file, kept / "administering.txt")


def test_a_clone_of_the_repository_is_not_taken_for_the_package_s_own(
    debian: Container, debs: dict[str, Path]
):
    """docs/operacao.md, "Do repositório para o pacote"."""
    login = f"{TREES}/tokens-3/cliente-001"
    debian.run("mkdir", "-p", f"{TREES}/.git", login)
    said = apt(debian, "install", deb(debs, __version__), check=False)
    assert "é uma instalação a partir do repositório" in said
    apt(debian, "remove", "wppmt")
    assert debian.exists(login)
    debian.run("mv", TREES, "/opt/wppmt-repositorio")
    apt(debian, "install", deb(debs, __version__))
    assert health(debian)["version"] == __version__


def test_a_cluster_is_there_for_whoever_wants_one(debian: Container):
    """docs/escala.md: nothing of it runs by itself, and its files lie where the page says."""
    enabled = debian.run("systemctl", "is-enabled", "wppmt-route", check=False)
    assert enabled.stdout.strip() == "disabled"
    for name in re.findall(rf"{EXAMPLES}/([\w./-]+\w)", SCALE.read_text(encoding="utf-8")):
        assert debian.exists(f"{EXAMPLES}/{name}"), name
    assert "WPP_CLUSTER_ETCD" in wppmt(debian, "route", check=False)


def test_a_session_connects(debian: Container):
    connect(debian)


def test_the_deployment_list_is_all_fine_once_a_person_has_done_what_it_asks_for(debian: Container):
    """docs/implantacao.md, points 8, 10 and 11."""
    assert "nenhuma mensagem foi enviada ainda" in wppmt(debian, "doctor", "--deploy", check=False)
    debian.run("systemctl", "enable", "wppmt-backup.timer")
    wppmt(debian, "sim", "account", "5511987650002", "Ana")
    sent = {"phone": "5511987650002", "message": "Teste da implantação"}
    assert api(debian, "POST", f"/sessions/{SESSION}/send-message", sent)["success"]
    assert api(debian, "POST", f"/sessions/{SESSION}/restart")["success"]
    wait_until(
        lambda: "voltaram de um reinício" in wppmt(debian, "doctor", "--deploy", check=False), CONNECT_SECONDS
    )
    said = wppmt(debian, "doctor", "--deploy")
    assert len([line for line in said.splitlines() if line[:1] in {"✓", "!"}]) == 11


@pytest.fixture(params=FRONTS)
def front(request: pytest.FixtureRequest, debian: Container) -> Iterator[str]:
    """Installed by apt and configured by the package's example alone, but for the name of the certificate's owner."""
    name: str = request.param
    apt(debian, "install", name, "iproute2")
    debian.run("sh", "-ec", CERTIFICATE)
    example = f"{EXAMPLES}/front/{Path(FRONTS[name]).name.replace('wppmt', 'nginx')}"
    debian.run("cp", example, FRONTS[name])
    debian.run("systemctl", "restart", name)
    wait_until(lambda: https(debian, "/api/health").endswith(" 200"), 30)
    yield name
    debian.run("systemctl", "stop", name)


CERTIFICATE = """
ip address replace 203.0.113.7/32 dev lo
mkdir -p /etc/ssl/wppmt && cd /etc/ssl/wppmt
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=wpp.exemplo.com.br -keyout privkey.pem -out fullchain.pem 2>/dev/null
cat fullchain.pem privkey.pem >wppmt.pem && chmod 0600 *.pem
"""


def https(debian: Container, path: str, *options: str, address: str = "127.0.0.1") -> str:
    """Asked from that address: the body, and the status as the last word."""
    asked = ["curl", "-sk", "-m", "20", "-w", " %{http_code}", "--interface", address, *options]
    return debian.ask(*asked, f"https://{address}{path}")


def test_it_is_reached_by_tls_and_the_operator_s_routes_only_from_the_machine_itself(
    debian: Container, front: str
):
    token = debian.ask("wppmt", "token", "--admin", user="wppmt")
    said = f"Authorization: Bearer {token}"
    assert f'"version":"{__version__}"' in https(debian, "/api/health", address=OUTSIDE).replace(" ", "")
    assert https(debian, "/api/admin/sessions", "-H", said).endswith(" 200")
    assert https(debian, "/api/admin/sessions", "-H", said, address=OUTSIDE).endswith(" 403")
    # Whoever speaks with the network is not root.
    user = {"haproxy": "haproxy", "nginx": "www-data"}[front]
    assert debian.ask("pgrep", "-u", user, "-x", front)


def test_who_calls_through_it_notices_little_of_a_service_that_is_replaced(debian: Container, front: str):
    """The service's own answers, none of the proxy's: what is said while it goes is 503 with what to do."""
    asked = "curl -sk -m 20 -o /dev/null -w '%{http_code} %{content_type}\\n' https://127.0.0.1/api/health"
    before, browser = debian.ask("systemctl", "show", "wppmt", "-P", "MainPID"), chrome(debian)
    said = debian.run(
        "sh", "-c", f"systemctl reload wppmt & for i in $(seq 100); do {asked}; sleep 0.1; done; wait"
    ).stdout
    assert debian.ask("systemctl", "show", "wppmt", "-P", "MainPID") != before
    answers = said.splitlines()
    assert {answer.partition(";")[0] for answer in answers} <= {
        "200 application/json",
        "503 application/json",
    }
    assert answers[-1].startswith("200")
    wait_until(lambda: (status(debian), chrome(debian)) == ("connected", browser), 30)


NEWER_STATE = (
    "runuser -u wppmt -- /opt/wppmt/current/bin/python3 -c"
    " 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])' /var/lib/wppmt/var/wppmt.sqlite"
    " 'PRAGMA user_version = 900; UPDATE compatibility SET oldest_reader = 900'"
)
MISTAKES: dict[str, tuple[str, ...]] = {
    "a secret that is too short": (
        f"sed -i 's/^WPP_SECRET=.*/WPP_SECRET=curta/; /^WPP_SIMULATOR/d' {SECRETS}", "WPP_SECRET tem menos de 32 bytes",
    ),
    "the secret of the documentation": (
        f"sed -i 's/^WPP_SECRET=.*/WPP_SECRET=avelar-wpp-secret/; /^WPP_SIMULATOR/d' {SECRETS}", "é a chave de exemplo da documentação",
    ),
    "a setting that there is not": (
        f"printf '[http]\\nporta = 8005\\n' >>{SETTINGS}", "chave desconhecida http.porta. Você quis dizer http.port?",
    ),
    "a file that ends in the middle": (f"printf '[http' >>{SETTINGS}", "não é um arquivo TOML válido"),
    "settings that the service may not read": (f"chmod 0600 {SETTINGS}", f"Não foi possível ler {SETTINGS}"),
    "a state of a newer version": (
        NEWER_STATE,
        "é de uma versão mais nova do wppmt (esquema 900",
    ),
    "folders of root's": (f"chown -R root:root {STATE}", "pertence a outro usuário", "não pode ser lido por quem roda o serviço"),
    "a number that is none": (f"echo WPP_MAX_SESSIONS=dez >>{SECRETS}", "WPP_MAX_SESSIONS (sessions.max) deve ser um número inteiro"),
}  # fmt: skip
"""What root does, and what the one line names that the service says then; the last, that of `wppmt upgrade --check`."""


@pytest.fixture
def stopped(debian: Container) -> Iterator[str]:
    """The service, whose settings and state are afterwards as they were; where its journal ends by now."""
    debian.run("systemctl", "stop", "wppmt.socket", "wppmt.service")
    debian.run("sh", "-ec", f"mkdir /root/good; cp -a --parents /etc/wppmt {STATE} /root/good")
    yield debian.ask("journalctl", "-n", "0", "--show-cursor").partition("cursor: ")[2]
    debian.run("systemctl", "stop", "wppmt.socket", "wppmt.service")
    debian.run("sh", "-ec", f"rm -rf /etc/wppmt {STATE}; cp -a /root/good/. /; rm -rf /root/good")
    # Nobody makes all of these mistakes within ten seconds: systemd would start the socket no more.
    debian.run("systemctl", "reset-failed", "wppmt.socket", "wppmt.service", check=False)


def told(debian: Container, cursor: str) -> set[str]:
    """What the service has said since of why it does not start."""
    lines = debian.ask("journalctl", "-u", "wppmt", "-o", "cat", "--after-cursor", cursor).splitlines()
    return {line for line in lines if line.startswith("Erro: ")}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_one_line_and_costs_nothing(debian: Container, stopped: str, mistake: str):
    made, *said = MISTAKES[mistake]
    debian.run("sh", "-ec", made)
    checked = debian.run("wppmt", "upgrade", "--check", "--brief", check=False)
    [line] = (checked.stdout + checked.stderr).splitlines()
    assert said[-1] in line
    assert checked.returncode == 1
    debian.run("systemctl", "start", "wppmt", check=False)
    wait_until(lambda: told(debian, stopped), 30)
    [line] = told(debian, stopped)
    assert said[0] in line


def test_root_is_refused_outside_the_simulator(debian: Container):
    done = debian.run("wppmt", "serve", check=False, WPP_SIMULATOR="0")
    assert done.returncode == 1
    [line] = [line for line in done.stderr.splitlines() if line.startswith("Erro: ")]
    assert "nunca como root" in line


def test_what_is_no_package_is_told_before_anything_is_changed(debian: Container):
    debian.write("/root/broken.deb", "no package")
    done = debian.run("wppmt", "upgrade", "--check", "/root/broken.deb", check=False)
    assert (done.returncode, done.stderr) == (1, "Erro: /root/broken.deb não é um pacote do wppmt\n")


def test_with_everything_mended_the_session_is_back_without_a_qr_code(debian: Container):
    debian.run("systemctl", "start", "wppmt")
    wait_until(lambda: status(debian) == "connected", CONNECT_SECONDS)
