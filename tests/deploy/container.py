"""A fresh Debian 12 with systemd as PID 1, without any network but its own loopback; its whole story in one log."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psutil

from tests.support import wait_until

BASE = Path(os.environ.get("WPPMT_TEST_DEBIAN", "/var/tmp/wppmt-debian-12"))
"""Made once, some minutes; may be removed at any time."""
INCLUDED = "systemd,systemd-sysv,dbus,ca-certificates,procps,util-linux,debconf,apt-utils,curl"
NEEDS = ("systemd-nspawn", "debootstrap", "dpkg-deb", "nsenter", "dh", "lintian")
BOOT_SECONDS, HALT_SECONDS, STEP_SECONDS = 60.0, 120.0, 300.0
CLEAN = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


def can_run() -> bool:
    return os.geteuid() == 0 and all(map(shutil.which, NEEDS))


def base(packages: Sequence[str]) -> Path:
    """The system, with these packages and what they need downloaded and not installed: nothing in it reaches a network later."""
    done = BASE / ".done"
    if done.exists() and set(packages) <= set(done.read_text().split()):
        return BASE
    if not (BASE / "usr/bin/dpkg").exists():
        _run("debootstrap", "--variant=minbase", f"--include={INCLUDED}", "bookworm", BASE)
    for name in ("apt/sources.list.d/debian.sources", "resolv.conf", "hosts"):
        if (source := Path("/etc", name)).exists():
            (BASE / "etc" / name).unlink(missing_ok=True)
            shutil.copy(source, BASE / "etc" / name)
            if name.startswith("apt"):
                (BASE / "etc/apt/sources.list").unlink(missing_ok=True)
    _run("chroot", BASE, "apt-get", "-qq", "update")
    _run(
        "chroot",
        BASE,
        "apt-get",
        "-qq",
        "-y",
        "--no-install-recommends",
        "--download-only",
        "install",
        *packages,
    )
    done.write_text(" ".join(packages))
    return BASE


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, env=CLEAN, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr[-2000:]}"


class Container:
    """A copy of the base. Booted, halted, or cut off; entered as root or as any user."""

    def __init__(self, folder: Path, packages: Sequence[str]) -> None:
        self.root = folder / "root"
        folder.mkdir(parents=True, exist_ok=True)
        self.log_file = folder / "log.txt"
        # Not by Python, which would read /dev/full to its end.
        _run("cp", "--archive", base(packages), self.root)
        self._log: IO[str] = self.log_file.open("a")
        self._process: subprocess.Popen[str] | None = None
        self._leader: psutil.Process | None = None

    def boot(self, *, is_busy: bool = False) -> None:
        """Until all is up; `is_busy`: until it is on its way, because something takes long at this boot."""
        self.say("=== boot")
        enough = {"running", "degraded"} | ({"starting"} if is_busy else set())
        command = ["systemd-nspawn", "--register=no", "--keep-unit", "--quiet", "--private-network", "--boot"]
        self._process = subprocess.Popen(
            [*command, f"--directory={self.root}", "--machine=wppmt-test"],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, text=True,
        )  # fmt: skip
        self._leader = wait_until(self._init, BOOT_SECONDS)
        wait_until(lambda: self.ask("systemctl", "is-system-running") in enough, BOOT_SECONDS)

    def _init(self) -> psutil.Process | None:
        """Its PID 1, once that is systemd: before, nspawn starts and ends others."""
        assert self._process
        children = psutil.Process(self._process.pid).children()
        return next((child for child in children if child.name() == "systemd"), None)

    def halt(self) -> None:
        """In order, as a reboot does it."""
        self.say("=== halt")
        self.run("systemctl", "poweroff", check=False)
        assert self._process
        self._process.wait(HALT_SECONDS)
        self._leader = None

    def cut(self) -> None:
        """The power goes."""
        self.say("=== cut")
        if self._process and self._process.poll() is None:
            if self._leader:
                self._leader.send_signal(signal.SIGKILL)
            self._process.wait(HALT_SECONDS)
        self._leader = None

    def run(
        self,
        *command: str | Path,
        user: str = "",
        check: bool = True,
        said: str | None = None,
        **environ: str,
    ) -> subprocess.CompletedProcess[str]:
        """In the booted system; `said` is typed."""
        assert self._leader
        entered = ["nsenter", "--target", str(self._leader.pid), "--all"]
        become = ["runuser", "-u", user, "--"] if user else []
        began = time.monotonic()
        done = self._within([*entered, "--", *become, *map(str, command)], CLEAN | environ, said or "")
        took = time.monotonic() - began
        self.say(
            f"$ {user} {' '.join(map(str, command))}  [{done.returncode}, {took:.1f} s]\n{done.stdout}{done.stderr}"
        )
        assert done.returncode == 0 or not check, f"{command}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done

    def _within(
        self, command: list[str], environ: dict[str, str], said: str
    ) -> subprocess.CompletedProcess[str]:
        """One that takes too long is ended with all that it started, after what it waits for was logged."""
        with subprocess.Popen(
            command, env=environ, process_group=0, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            try:
                out, err = process.communicate(said, STEP_SECONDS)
            except subprocess.TimeoutExpired:
                self.say(f"hangs: {command}\n{self.ask('ps', 'axfo', 'pid,pgid,stat,wchan:20,etime,args')}")
                os.killpg(process.pid, signal.SIGKILL)
                raise
        return subprocess.CompletedProcess(command, process.returncode, out, err)

    @contextmanager
    def begun(self, *command: str) -> Iterator[None]:
        """Runs beside the block, which ends it by a cut; what it has said is logged then."""
        assert self._leader
        entered = ["nsenter", "--target", str(self._leader.pid), "--all", "--", *command]
        with subprocess.Popen(
            entered,
            env=CLEAN,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            try:
                yield
            finally:
                process.kill()
                said, _ = process.communicate()
                self.say(f"$ {' '.join(command)}  [cut off]\n{said}")

    def type(self, command: Sequence[str], question: str, answer: str) -> str:
        """As somebody at a terminal, who answers what is asked; all that is shown."""
        assert self._leader
        entered = ["nsenter", "--target", str(self._leader.pid), "--all", "--", "setsid", "--ctty", "--wait"]
        ours, theirs = os.openpty()
        environ = CLEAN | {"DEBIAN_FRONTEND": "readline", "TERM": "dumb"}
        shown = ""
        with subprocess.Popen(
            [*entered, *command], env=environ, stdin=theirs, stdout=theirs, stderr=theirs, process_group=0
        ) as process:
            os.close(theirs)
            end = time.monotonic() + STEP_SECONDS
            while time.monotonic() < end and (more := _read(ours, end - time.monotonic())):
                is_new = question not in shown
                shown += more
                if is_new and question in shown:
                    os.write(ours, f"{answer}\n".encode())
            if process.poll() is None and time.monotonic() >= end:
                os.killpg(process.pid, signal.SIGKILL)
        os.close(ours)
        self.say(f"$ {' '.join(command)}  [{process.returncode}, at a terminal]\n{shown}")
        assert process.returncode == 0, shown[-3000:]
        return shown

    def ask(self, *command: str, user: str = "") -> str:
        """What it prints; nothing where it fails. Not logged: it may be asked again and again."""
        if not self._leader or not self._leader.is_running():
            return ""
        entered = ["nsenter", "--target", str(self._leader.pid), "--all", "--"]
        become = ["runuser", "-u", user, "--"] if user else []
        done = subprocess.run(
            [*entered, *become, *command],
            env=CLEAN, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=STEP_SECONDS,
        )  # fmt: skip
        return done.stdout.strip()

    def put(self, file: Path, to: str) -> Path:
        """A copy in the system; its path there."""
        shutil.copy(file, self.root / to.lstrip("/"))
        return Path(to) / file.name

    def write(self, path: str, text: str) -> None:
        (self.root / path.lstrip("/")).write_text(text)

    def read(self, path: str) -> str:
        return (self.root / path.lstrip("/")).read_text()

    def exists(self, path: str) -> bool:
        return (self.root / path.lstrip("/")).exists()

    def link(self, path: str) -> str:
        """Where a link leads; empty where there is none."""
        found = self.root / path.lstrip("/")
        return str(found.readlink()) if found.is_symlink() else ""

    def mode(self, path: str) -> tuple[str, str]:
        """Such as ("root:wppmt", "640")."""
        owner, mode = self.ask("stat", "--format=%U:%G %a", path).split()
        return owner, mode

    def say(self, text: str) -> None:
        self._log.write(f"[{time.strftime('%H:%M:%S')}] {text}\n")
        self._log.flush()

    def end(self) -> None:
        if self._leader and self._leader.is_running():
            self.say(self.ask("journalctl", "--no-pager", "-u", "wppmt*", "-o", "short-precise"))
        self.cut()
        self._log.close()
        shutil.rmtree(self.root, ignore_errors=True)


def _read(terminal: int, seconds: float) -> str:
    """What is shown next; empty when nobody is left at the other end, or nothing comes in time."""
    try:
        if not select.select([terminal], [], [], max(0.0, seconds))[0]:
            return ""
        return os.read(terminal, 65536).decode(errors="replace")
    except OSError:
        return ""
