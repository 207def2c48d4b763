"""The container of deploy/docker-compose-wppconnect-3.yml, whole: built, checked, killed in every way, and back without a QR code."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.deploy import image, packages
from tests.deploy.compose import SERVICE, as_podman, service
from tests.deploy.image import IMAGE, Podman
from tests.support import wait_until
from wppmt import __version__

pytestmark = [
    pytest.mark.long,
    pytest.mark.chrome,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(not image.can_run(), reason="needs root, podman, runc, debootstrap"),
]

NAME, PHONES = f"wppmt-test-{SERVICE}", "wppmt-test-phones"
SESSION, PHONE = "cliente-001", "5511987650002"
UP_SECONDS, CONNECT_SECONDS = 60.0, 120.0
SECRET = secrets.token_hex(32)


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Podman]:
    """With the image built."""
    folder, kept = tmp_path_factory.mktemp("image"), Path("build/logs")
    made = Podman(folder / "image.txt")
    try:
        if "WPPMT_TEST_IMAGE" not in os.environ:
            made.build(packages.built(tmp_path_factory.mktemp("deb")), folder / "context")
        yield made
    finally:
        made.end()
        kept.mkdir(parents=True, exist_ok=True)
        shutil.copy(made.log_file, kept / "image.txt")


@pytest.fixture(scope="module")
def shut_in(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The compose file's options, but for the network, and for WhatsApp, which is the simulator."""
    data = tmp_path_factory.mktemp("data")
    for name in ("tokens-3", "var-3", "logs"):
        (data / name).mkdir(mode=0o700)
        os.chown(data / name, 805, 805)
    # pytest's own folders are root's alone.
    for above in data.parents:
        if above.stat().st_mode & 0o1 == 0:
            above.chmod(0o711)
    return [*as_podman(service(), data), f"--env=WPP_SECRET={SECRET}", "--env=WPP_SIMULATOR=external"]


@pytest.fixture(scope="module")
def options(shut_in: list[str]) -> list[str]:
    return [*shut_in, f"--restart={service()['restart']}", f"--network=container:{PHONES}"]


@pytest.fixture(scope="module")
def running(podman: Podman, options: list[str]) -> Podman:
    """The container is up, beside a container with the simulated phones."""
    podman.start(
        PHONES,
        ["--network=none", "--env=WPP_SIMULATOR=1", "--env=WPP_STATE_DIR=/app/var"],
        ["wppmt", "simulator"],
    )
    wait_until(lambda: podman.ask(PHONES, "curl", "-s", "http://127.0.0.1:8006/sim/health"), UP_SECONDS)
    podman.start(NAME, options, service()["command"])
    wait_until(lambda: health(podman).get("version") == __version__, UP_SECONDS)
    return podman


def health(podman: Podman) -> dict[str, object]:
    said = podman.ask(NAME, "curl", "-s", "-m", "3", "http://127.0.0.1:8005/api/health")
    return dict(json.loads(said)) if said.startswith("{") else {}


def api(podman: Podman, method: str, path: str) -> dict[str, object]:
    token = podman.ask(NAME, "wppmt", "token", "--admin")
    body = ["-H", "Content-Type: application/json", "-d", "{}"] if method == "POST" else []
    said = podman.ask(
        NAME, "curl", "-s", "-m", "30", "-X", method, "-H", f"Authorization: Bearer {token}", *body,
        f"http://127.0.0.1:8005/api{path}",
    )  # fmt: skip
    return dict(json.loads(said)) if said.startswith("{") else {}


def status(podman: Podman) -> object:
    return api(podman, "GET", f"/sessions/{SESSION}/status").get("status")


def running_as(podman: Podman, *words: str) -> int:
    """The pid of the container's process with all of these in its command line; 0 where there is none."""
    for process in podman.processes(NAME):
        try:
            command = " ".join(process.cmdline())
        except psutil.Error:
            continue
        if all(word in command for word in words):
            return process.pid
    return 0


def chrome(podman: Podman) -> int:
    """The session's browser."""
    return running_as(podman, f"--user-data-dir=/app/tokens/{SESSION} ", "--remote-debugging-pipe")


def daemon(podman: Podman) -> int:
    return running_as(podman, "python3", "bin/wppmt serve")


def devices(podman: Podman) -> list[tuple[object, object]]:
    """What is linked to the phone, and how many pages of it are connected."""
    said = podman.ask(PHONES, "curl", "-s", f"http://127.0.0.1:8006/sim/accounts/{PHONE}/devices")
    return [(device["device"], device["sockets"]) for device in json.loads(said)]


def is_back(podman: Podman, linked: list[tuple[object, object]]) -> bool:
    """Connected, by the same login."""
    return status(podman) == "connected" and devices(podman) == linked


def test_no_key_is_in_the_image(podman: Podman):
    listed = podman.once("--user=0", IMAGE, "ls", "-A", "/etc/wppmt")
    assert listed.split() == ["wppmt.toml"]
    assert podman.inspect(IMAGE, ".Config.User") == "805:805"


def test_without_a_key_it_ends_with_one_line(podman: Podman):
    said = podman.once(IMAGE, check=False)
    assert "Erro: WPP_SECRET não está definida" in said
    assert "Traceback" not in said


def test_its_health_check_is_green(running: Podman):
    running.run("healthcheck", "run", NAME)
    assert running.inspect(NAME, ".State.Health.Status") in {"healthy", "starting"}


def test_it_has_no_right_that_it_does_not_need(running: Podman):
    for pid in (int(running.inspect(NAME, ".State.Pid")), daemon(running)):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        told = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        assert set(told["Uid"].split()) == {"805"}
        assert (int(told["CapEff"], 16), int(told["CapBnd"], 16)) == (0, 0)
        assert (told["NoNewPrivs"], told["Seccomp"]) == ("1", "2")
    assert not running.ask(NAME, "sh", "-c", "touch /opt/wppmt/x /app/x && echo written")


def test_the_deployment_list_is_that_of_a_container(running: Podman):
    said = running.run("exec", NAME, "wppmt", "doctor", "--deploy", check=False).splitlines()
    marks = {int(line[2:4]): line[0] for line in said if line[:1] in {"✓", "✗", "!"}}
    assert len(marks) == 11
    assert (marks[1], marks[4], marks[8]) == ("!", "✓", "!")


def test_the_demo_plays_inside(running: Podman):
    assert "Tudo certo" in running.run("exec", NAME, "wppmt", "demo")


def test_every_line_of_the_sandbox_probe_is_fine(podman: Podman, shut_in: list[str]):
    """Without the phones, whose ports nobody in here could tell from a browser's."""
    probe = ["wppmt", "doctor", "--sandbox", "--whatsapp", "real"]
    said = podman.once(*shut_in, "--env=WPP_SIMULATOR=", IMAGE, *probe).splitlines()
    assert len(said) >= 6
    assert all(line.startswith("✓") for line in said if line)


def test_a_session_connects(running: Podman):
    running.run("exec", NAME, "wppmt", "sim", "account", PHONE, "Loja")
    assert api(running, "POST", f"/sessions/{SESSION}/start")
    wait_until(lambda: status(running) == "waiting_scan", CONNECT_SECONDS)
    running.run("exec", NAME, "wppmt", "sim", "scan", PHONE, SESSION)
    wait_until(lambda: status(running) == "connected", CONNECT_SECONDS)
    wait_until(lambda: api(running, "GET", f"/sessions/{SESSION}/status").get("loginSaved") is not False, 30)


def test_a_daemon_that_is_killed_is_back_and_nobody_is_disconnected(running: Podman):
    before, old, linked = chrome(running), daemon(running), devices(running)
    assert before
    os.kill(old, signal.SIGKILL)
    wait_until(
        lambda: daemon(running) not in {0, old} and health(running).get("version") == __version__, UP_SECONDS
    )
    wait_until(lambda: is_back(running, linked), CONNECT_SECONDS)
    assert chrome(running) == before
    assert running.inspect(NAME, ".RestartCount") == "0"


def test_no_dead_process_is_left_unreaped(running: Podman):
    wait_until(lambda: not [one for one in running.processes(NAME) if is_dead(one)], 10)


def is_dead(process: psutil.Process) -> bool:
    return process.is_running() and process.status() == psutil.STATUS_ZOMBIE


def test_a_container_that_is_killed_is_started_again_without_a_qr_code(running: Podman):
    """The power goes: PID 1 and with it every Chrome. Its restart policy brings it back."""
    linked = devices(running)
    os.kill(int(running.inspect(NAME, ".State.Pid")), signal.SIGKILL)
    wait_until(lambda: health(running).get("version") == __version__, UP_SECONDS)
    wait_until(lambda: is_back(running, linked), CONNECT_SECONDS)
    assert running.inspect(NAME, ".RestartCount") == "1"


def test_a_restart_closes_every_chrome_in_order(running: Podman):
    linked = devices(running)
    running.run("restart", NAME)
    log = running.ask(NAME, "cat", "/app/logs/wppmt.log").splitlines()
    events = [json.loads(line)["event"] for line in log]
    assert "stopped" in events
    wait_until(lambda: is_back(running, linked), CONNECT_SECONDS)


def test_a_new_container_goes_on_with_what_the_volumes_keep(running: Podman, options: list[str]):
    """As `docker compose up --build` replaces it by one of another image."""
    linked = devices(running)
    running.run("stop", NAME)
    assert running.inspect(NAME, ".State.ExitCode") == "0"
    running.run("rm", NAME)
    running.start(NAME, options, service()["command"])
    wait_until(lambda: health(running).get("version") == __version__, UP_SECONDS)
    wait_until(lambda: is_back(running, linked), CONNECT_SECONDS)
