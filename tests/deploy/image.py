"""The image of deploy/Dockerfile on a Debian 12 made here, and containers of it, by podman as root with runc."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
BASE, IMAGE = "localhost/wppmt-test-base", os.environ.get("WPPMT_TEST_IMAGE", "localhost/wppmt-test")
"""The first is made once, and may be removed at any time; of the second `WPPMT_TEST_IMAGE` names one that was built before."""
NEEDS = ("podman", "runc", "debootstrap", "dpkg-deb")
PODMAN = ("podman", "--runtime", "runc", "--cgroup-manager=cgroupfs")
LIMITS = ("--ulimit", "nofile=20000:20000", "--ulimit", "nproc=1024:1024")
"""What a machine may give that is a guest itself; the compose file asks for more files."""
ENVIRON = os.environ | {"DISABLE_HC_SYSTEMD": "true"}
"""Health checks are run by hand: their timers would be systemd's."""
STEP_SECONDS = 600.0


def can_run() -> bool:
    return os.geteuid() == 0 and all(map(shutil.which, NEEDS))


class Podman:
    """Runs it, and logs all that is said."""

    def __init__(self, log_file: Path) -> None:
        self.log_file = log_file
        self._log = log_file.open("a")
        self._made: list[str] = []

    def run(self, *words: str | Path, check: bool = True) -> str:
        """What it prints, both ways."""
        began = time.monotonic()
        done = subprocess.run(
            [*PODMAN, *map(str, words)],
            env=ENVIRON, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=STEP_SECONDS,
        )  # fmt: skip
        said = done.stdout + done.stderr
        self.say(
            f"$ podman {' '.join(map(str, words))}  [{done.returncode}, {time.monotonic() - began:.1f} s]\n{said}"
        )
        assert done.returncode == 0 or not check, f"podman {words}: {said[-3000:]}"
        return said

    def ask(self, name: str, *command: str) -> str:
        """In a container; nothing where it fails. Not logged: it may be asked again and again."""
        done = subprocess.run(
            [*PODMAN, "exec", name, *command],
            env=ENVIRON, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=STEP_SECONDS,
        )  # fmt: skip
        return done.stdout.strip() if done.returncode == 0 else ""

    def build(self, package: Path, folder: Path) -> None:
        """The Dockerfile's image, on the base, which is made once."""
        if not self._has(BASE):
            subprocess.run(
                [ROOT / "tests/deploy/base-image.sh", BASE],
                env=ENVIRON | {"ENGINE": "podman"}, check=True, stdout=self._log, stderr=self._log,
            )  # fmt: skip
        for name in ("deploy", "dist"):
            (folder / name).mkdir(parents=True)
        for name in (".dockerignore", "deploy/Dockerfile", "deploy/start.sh"):
            shutil.copy(ROOT / name, folder / name)
        shutil.copy(package, folder / "dist")
        self.run(
            "build", "--format=docker", "--network=host", f"--build-arg=BASE={BASE}", *LIMITS,
            f"--file={folder}/deploy/Dockerfile", f"--tag={IMAGE}", folder,
        )  # fmt: skip

    def _has(self, image: str) -> bool:
        return subprocess.run([*PODMAN, "image", "exists", image], check=False).returncode == 0

    def once(self, *words: str, check: bool = True) -> str:
        """A container without any network, until its command ends."""
        return self.run("run", "--rm", "--network=none", *LIMITS, *words, check=check)

    def start(self, name: str, options: Sequence[str], command: Sequence[str] = ()) -> None:
        self._made.append(name)
        self.run("run", "--detach", f"--name={name}", *LIMITS, *options, IMAGE, *command)

    def inspect(self, name: str, what: str) -> str:
        """Not logged either."""
        command = [*PODMAN, "inspect", f"--format={{{{{what}}}}}", name]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def processes(self, name: str) -> list[psutil.Process]:
        """A container's, its PID 1 first; as the host sees them."""
        pid = int(self.inspect(name, ".State.Pid"))
        if not pid:
            return []
        try:
            init = psutil.Process(pid)
            return [init, *init.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def say(self, text: str) -> None:
        self._log.write(f"[{time.strftime('%H:%M:%S')}] {text}\n")
        self._log.flush()

    def end(self) -> None:
        for name in reversed(self._made):
            self.run("logs", "--tail=200", name, check=False)
            self.run("rm", "--force", "--time=0", name, check=False)
        self._log.close()
