"""The files of deploy/ for Docker: what the user's document asks for is in them, and what they refuse to take over."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import yaml

from tests.deploy import compose, seccomp
from tests.deploy.compose import DEPLOY, FILE, as_podman, service, variables
from tests.support import wait_until
from wppmt.app.policies import all_browsers_stop_seconds
from wppmt.app.settings import keys, load

ROOT = Path(__file__).parents[2]
DOCUMENT = Path(__file__).with_name("document.yml")
EXAMPLE = DEPLOY / "docker.env.example"
SETTINGS = load({"WPP_SECRET": "s" * 64})


def of_the_document() -> compose.Service:
    """Its section 7.1."""
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", DOCUMENT.read_text(encoding="utf-8"))
    found: compose.Service = yaml.safe_load(text)[compose.SERVICE]
    return found


def test_what_the_document_says_is_taken_over():
    ours, theirs = service(), of_the_document()
    same = (
        "container_name",
        "command",
        "ports",
        "restart",
        "healthcheck",
        "networks",
        "depends_on",
        "extra_hosts",
        "deploy",
    )
    assert {name: ours[name] for name in same} == {name: theirs[name] for name in same}
    assert set(theirs["volumes"]) < set(ours["volumes"])


def test_every_variable_of_the_document_is_there_or_explained():
    named = {line.split("=")[0] for line in of_the_document()["environment"]}
    given = set(variables(EXAMPLE)) | {line.split("=")[0] for line in service()["environment"]}
    assert named - given == {"NODE_ENV"}
    assert "NODE_ENV" in EXAMPLE.read_text(encoding="utf-8")


def test_every_variable_there_is_a_setting_and_its_values_are_good():
    given = variables(EXAMPLE)
    assert set(given) <= {env.name for _, _, env in keys()}
    assert load(given | {"WPP_SECRET": "s" * 64}).sessions.max == 10


def test_it_is_not_root_and_its_rights_are_few():
    told = service()
    assert (told["user"], told["cap_drop"], told["read_only"]) == ("805:805", ["ALL"], True)
    assert told["security_opt"] == ["no-new-privileges:true", "seccomp:./seccomp.json"]
    assert not {"privileged", "cap_add", "pid", "ipc"} & set(told)
    uid, gid = (
        re.findall(rf"^ARG {name}=(\d+)$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
        for name in ("UID", "GID")
    )
    assert [f"{uid[0]}:{gid[0]}"] == [told["user"]]


def test_there_is_time_to_close_every_browser():
    seconds = int(service()["stop_grace_period"].removesuffix("s"))
    assert seconds >= all_browsers_stop_seconds(SETTINGS) + 30


def test_the_same_container_is_what_podman_is_told(tmp_path: Path):
    options = as_podman(service(), tmp_path)
    assert f"--volume={tmp_path}/tokens-3:/app/tokens" in options
    assert f"--security-opt=seccomp={DEPLOY}/seccomp.json" in options


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_the_seccomp_profile_is_the_unit_s_filter():
    unit = (DEPLOY / "wppmt.service").read_text()
    assert f"SystemCallFilter={' '.join(seccomp.ALLOWED)}\n" in unit
    assert "RestrictNamespaces=user pid net\n" in unit
    written = json.loads((DEPLOY / "seccomp.json").read_text())
    version = subprocess.run(
        ["systemd-analyze", "--version"], capture_output=True, text=True, check=True
    ).stdout
    if version.startswith("systemd 252 "):
        assert written == seccomp.profile(), "python -m tests.deploy.seccomp"
    allowed = {
        name for rule in written["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW" for name in rule["names"]
    }
    assert not {"setns", "mount", "ptrace", "bpf", "keyctl", "clone3", "io_uring_setup"} & allowed


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("docker-compose"), reason="docker-compose is not installed")
def test_docker_compose_accepts_the_file(tmp_path: Path):
    for file in (FILE, DEPLOY / "seccomp.json"):
        shutil.copy(file, tmp_path)
    (tmp_path / "docker.env").write_text(EXAMPLE.read_text())
    done = subprocess.run(
        ["docker-compose", "-f", FILE.name, "config"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown = yaml.safe_load(done.stdout)["services"][compose.SERVICE]
    assert shown["container_name"] == "avelarsys-wppconnect-3"
    assert any("/tokens-3:/app/tokens" in str(volume) for volume in shown["volumes"])


# deploy/start.sh, with a stand-in for the service.

SERVICE = """\
#!/bin/sh
trap 'echo term >>"$STORY"; exit 0' TERM
echo "start" >>"$STORY"
[ ! -e "$REFUSES" ] || exit 1
while :; do sleep 0.05; done
"""


class Inside:
    """start.sh at work, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.story, self.refuses = folder / "story", folder / "refuses"
        program = folder / "bin" / "wppmt"
        program.parent.mkdir()
        program.write_text(SERVICE)
        program.chmod(0o755)
        self._environ = os.environ | {
            "PATH": f"{program.parent}:{os.environ['PATH']}", "STORY": str(self.story), "REFUSES": str(self.refuses),
        }  # fmt: skip

    def start(self) -> subprocess.Popen[str]:
        self.process = subprocess.Popen(
            ["sh", DEPLOY / "start.sh"], env=self._environ, stderr=subprocess.DEVNULL, text=True
        )
        return self.process

    def told(self) -> list[str]:
        return self.story.read_text().split() if self.story.exists() else []

    def service(self) -> int:
        """Its pid, or 0."""
        if self.process.poll() is not None:
            return 0
        children = psutil.Process(self.process.pid).children()
        return next((child.pid for child in children if "wppmt" in " ".join(child.cmdline())), 0)


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Inside]:
    made = Inside(tmp_path)
    yield made
    for pid in {made.service(), made.process.pid} - {0}:
        if made.process.poll() is None:
            os.kill(pid, signal.SIGKILL)
    made.process.wait()


@pytest.mark.slow
def test_a_service_that_is_killed_is_started_again_and_stopped_in_order(inside: Inside):
    process = inside.start()
    wait_until(lambda: inside.told() == ["start"])
    os.kill(wait_until(inside.service), signal.SIGKILL)
    wait_until(lambda: inside.told() == ["start", "start"])
    process.terminate()
    assert process.wait(5) == 0
    assert inside.told() == ["start", "start", "term"]


@pytest.mark.slow
def test_a_start_that_is_refused_ends_the_container(inside: Inside):
    inside.refuses.touch()
    began = time.monotonic()
    assert inside.start().wait(5) == 1
    assert inside.told() == ["start"]
    assert time.monotonic() - began < 5


@pytest.mark.slow
def test_a_service_that_was_handed_over_is_followed_by_the_next(inside: Inside):
    process = inside.start()
    wait_until(lambda: inside.told() == ["start"])
    os.kill(wait_until(inside.service), signal.SIGTERM)
    wait_until(lambda: inside.told() == ["start", "term", "start"])
    process.terminate()
    assert process.wait(5) == 0
