"""How one version takes the place of another: whatever ends the switch, at whatever step, a version that works is in use."""

from __future__ import annotations

import errno
import itertools
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from wppmt.deploy import switch
from wppmt.deploy.machine import own_address
from wppmt.deploy.switch import HEALTHY_SECONDS, Health, main
from wppmt.deploy.trees import BUILD, CURRENT, FORMER, JOURNAL, Trees

A, B, C = "1.0", "1.1", "1.2"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No power is lost here: waiting for the disk would prove nothing, and a busy one takes seconds."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


class PowerCut(BaseException):
    """Nothing after it is done."""


@dataclass
class FakeMachine:
    """A service that runs whatever `current` was when it was last started; `bad` versions never answer."""

    trees: Trees
    up: bool = True
    bad: set[str] = field(default_factory=set)
    deaf: set[str] = field(default_factory=set)
    """They answer nothing and end only when they are killed."""
    disconnecting: set[str] = field(default_factory=set)
    refused: str = ""
    second: dict[str, Health | None] = field(default_factory=dict)
    """What a second instance answers, by the version that is current; without it there is none."""
    running: str = ""
    clock: float = 0.0
    since: float = 0.0
    cut_after: int | None = None
    calls: list[str] = field(default_factory=list)

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if self.cut_after is not None and len(self.calls) >= self.cut_after:
            raise PowerCut

    def boot(self) -> None:
        self.cut_after = None
        self.calls.clear()
        self._start()

    def _start(self) -> None:
        self.running = self.trees.version_at(CURRENT) if self.up else ""
        self.since = self.clock

    def runs(self) -> bool:
        return self.up

    def reload_units(self) -> None:
        self._called("reload_units")

    def let_go(self) -> None:
        self._called("let_go")
        if self.running not in self.deaf:
            self._start()

    def kill(self) -> None:
        self._called("kill")
        self._start()

    def start(self) -> None:
        self._called("start")

    def healths(self) -> list[Health | None]:
        return [self.health(), *([self.second.get(self.running)] if self.second else [])]

    def health(self) -> Health | None:
        if not self.running or self.running in self.bad | self.deaf:
            return None
        connected = 0 if self.running in self.disconnecting else 2
        return {
            "version": self.running,
            "uptimeSeconds": int(self.clock - self.since),
            "sessions": {"connected": connected},
        }

    def refusal(self, tree: Path) -> str:
        self._called("refusal")
        return self.refused

    def now(self) -> float:
        return self.clock

    def sleep(self, seconds: float) -> None:
        self._called("sleep")
        self.clock += seconds


def ship(trees: Trees, version: str, content: str = "code") -> None:
    """As dpkg unpacks a package."""
    (trees.shipped / "lib").mkdir(parents=True, exist_ok=True)
    for name, text in {"lib/code.py": f"{content} {version}", BUILD: f"{version} {content}\n"}.items():
        new = trees.shipped / f"{name}.dpkg-new"
        new.write_text(text)
        new.replace(trees.shipped / name)


@pytest.fixture
def trees(tmp_path: Path) -> Trees:
    """Version A in use, B shipped."""
    made = Trees(tmp_path / "opt", tmp_path / "shipped")
    ship(made, A)
    with made.locked():
        switch.install(made, FakeMachine(made, up=False))
    ship(made, B)
    return made


@pytest.fixture
def machine(trees: Trees) -> FakeMachine:
    made = FakeMachine(trees)
    made.boot()
    made.clock = 100.0
    return made


def install(trees: Trees, machine: FakeMachine) -> int:
    return main(["install"], trees, machine)


def code(trees: Trees) -> str:
    return (trees.root / CURRENT / "lib" / "code.py").read_text()


def test_the_new_version_takes_the_place_and_the_former_one_stays(
    trees: Trees, machine: FakeMachine, capsys: pytest.CaptureFixture[str]
):
    assert install(trees, machine) == 0
    assert (machine.running, code(trees)) == (B, f"code {B}")
    assert trees.version_at(FORMER) == A
    assert (trees.root / A / "lib" / "code.py").read_text() == f"code {A}", (
        "dpkg has replaced its own names for it"
    )
    assert "kill" not in machine.calls
    assert capsys.readouterr().out == f"wppmt {B} em uso\n"
    assert trees.noted() is None


def test_it_costs_no_room(trees: Trees, machine: FakeMachine):
    install(trees, machine)
    assert (trees.root / B / "lib/code.py").stat().st_ino == (trees.shipped / "lib/code.py").stat().st_ino


def test_of_three_versions_the_oldest_goes(trees: Trees, machine: FakeMachine):
    install(trees, machine)
    ship(trees, C)
    install(trees, machine)
    assert sorted(
        entry.name for entry in trees.root.iterdir() if entry.is_dir() and not entry.is_symlink()
    ) == [B, C]


@pytest.mark.parametrize("fault", ["bad", "deaf", "disconnecting"])
def test_one_that_is_not_well_gives_way(
    trees: Trees, machine: FakeMachine, fault: str, capsys: pytest.CaptureFixture[str]
):
    getattr(machine, fault).add(B)
    began = machine.clock
    assert install(trees, machine) == 1
    assert (machine.running, trees.version_at(CURRENT)) == (A, A)
    assert machine.clock - began >= HEALTHY_SECONDS
    said = capsys.readouterr().err
    assert said == (
        f"wppmt {B} não ficou saudável em 60 s; a {A} está no ar de novo. Veja por quê: journalctl -u wppmt\n"
    )
    assert trees.noted() is None


def answer(version: str, connected: int) -> Health:
    return {"version": version, "uptimeSeconds": 600, "sessions": {"connected": connected}}


def test_several_instances_are_switched_together(trees: Trees, machine: FakeMachine):
    machine.second = {A: answer(A, 0), B: answer(B, 0)}
    assert install(trees, machine) == 0
    assert machine.running == B


@pytest.mark.parametrize(
    "second", [None, answer(A, 3), answer(B, 0)], ids=["dead", "of before", "disconnected"]
)
def test_one_instance_that_is_not_well_takes_all_of_them_back(
    trees: Trees, machine: FakeMachine, second: Health | None
):
    machine.second = {A: answer(A, 3), B: second}
    assert install(trees, machine) == 1
    assert (machine.running, trees.version_at(CURRENT)) == (A, A)


def test_a_journal_that_counts_sessions_is_understood(trees: Trees, machine: FakeMachine):
    """As an earlier version wrote it; there is one instance, with two of those seven."""
    install(trees, machine)
    trees.note({"from": A, "to": B, "connected": 7})
    assert main(["resume"], trees, machine) == 0
    assert machine.running == B


def test_only_one_that_does_not_listen_is_killed(trees: Trees, machine: FakeMachine):
    machine.bad.add(B)
    install(trees, machine)
    assert "kill" not in machine.calls


def test_a_version_that_must_not_run_on_this_state_is_not_put_into_use(
    trees: Trees, machine: FakeMachine, capsys: pytest.CaptureFixture[str]
):
    machine.refused = "o banco é de uma versão mais nova"
    assert install(trees, machine) == 1
    assert (machine.running, trees.version_at(CURRENT), machine.calls) == (A, A, ["refusal"])
    assert capsys.readouterr().err == (
        f"A versão {B} não foi posta em uso: o banco é de uma versão mais nova. Segue a {A}\n"
    )


def test_a_service_that_is_stopped_stays_so(trees: Trees, machine: FakeMachine):
    machine.up = False
    assert install(trees, machine) == 0
    assert (trees.version_at(CURRENT), machine.calls) == (B, ["refusal"])


def test_the_way_back_and_forth(trees: Trees, machine: FakeMachine):
    install(trees, machine)
    assert main(["back"], trees, machine) == 0
    assert (machine.running, trees.version_at(FORMER)) == (A, B)
    assert main(["back"], trees, machine) == 0
    assert (machine.running, trees.version_at(FORMER)) == (B, A)


def test_there_is_no_way_back_from_the_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    first = Trees(tmp_path / "opt", tmp_path / "shipped")
    ship(first, A)
    assert install(first, FakeMachine(first)) == 0
    assert main(["back"], first, FakeMachine(first)) == 1
    assert "Não há versão anterior" in capsys.readouterr().err


def test_installed_again_nothing_happens(trees: Trees, machine: FakeMachine):
    install(trees, machine)
    machine.calls.clear()
    assert install(trees, machine) == 0
    assert machine.calls == []


def test_the_same_version_built_anew_is_put_into_use(trees: Trees, machine: FakeMachine):
    install(trees, machine)
    ship(trees, B, "mended")
    assert install(trees, machine) == 0
    assert code(trees) == f"mended {B}"
    assert trees.version_at(FORMER) == A


@pytest.mark.parametrize("is_bad", [False, True])
@pytest.mark.parametrize("cut", range(1, 14))
def test_a_power_cut_at_any_call_ends_with_a_version_that_works(
    trees: Trees, machine: FakeMachine, cut: int, is_bad: bool
):
    machine.bad |= {B} if is_bad else set()
    machine.cut_after = cut
    with pytest.raises(PowerCut):
        install(trees, machine)
    machine.boot()
    main(["resume"], trees, machine)
    assert machine.running in {A, B} - machine.bad
    assert machine.health()
    assert trees.noted() is None
    assert (install(trees, machine) == 0) is not is_bad, "dpkg --configure -a"
    assert machine.running == (A if is_bad else B)


CHANGING = ("link", "rename", "replace", "symlink", "fsync", "mkdir", "unlink", "rmdir")
"""What changes something on the disk, or makes it last."""
ROOM = ("link", "symlink", "mkdir")
"""What may find no room on it; a new name in the place of another needs none."""


class Disk:
    """Counts the calls that change it; from one of them on, every one raises `failure`."""

    def __init__(self, patch: pytest.MonkeyPatch, names: tuple[str, ...], failure: BaseException) -> None:
        self._patch, self._names, self._failure = patch, names, failure

    def act(self, act: Callable[[], int], fails_at: int) -> int | None:
        """What `act` returns; None where the power went."""
        seen = 0

        def counted(real: Callable[..., Any]) -> Callable[..., Any]:
            def call(*arguments: Any, **options: Any) -> Any:
                nonlocal seen
                seen += 1
                if seen >= fails_at:
                    raise self._failure
                return real(*arguments, **options)

            return call

        with self._patch.context() as patched:
            for name in self._names:
                patched.setattr(os, name, counted(getattr(os, name)))
            try:
                done = act()
            except PowerCut:
                return None
        # Nothing is left to be counted: it came through.
        self.came_through = seen < fails_at
        return done


def three_versions(folder: Path) -> tuple[Trees, FakeMachine]:
    """A was before B, B is in use, C is shipped."""
    trees = Trees(folder / "opt", folder / "shipped")
    ship(trees, A)
    machine = FakeMachine(trees)
    assert install(trees, machine) == 0
    machine.boot()
    ship(trees, B)
    assert install(trees, machine) == 0
    ship(trees, C)
    return trees, machine


def is_whole(trees: Trees) -> bool:
    version = trees.version_at(CURRENT)
    return code(trees) == f"code {version}" and trees.build(trees.root / version) == [version, "code"]


@pytest.mark.slow
@pytest.mark.parametrize("command", ["install", "back"])
@pytest.mark.parametrize("is_bad", [False, True])
def test_a_power_cut_at_any_step_on_the_disk_leaves_a_whole_version_in_use(
    tmp_path: Path, command: str, is_bad: bool, monkeypatch: pytest.MonkeyPatch
):
    """And another cut at any step of the boot that makes it good."""
    disk = Disk(monkeypatch, CHANGING, PowerCut())
    to = C if command == "install" else A
    for stop, again in itertools.product(range(1, 60), (2, 4, 7)):
        trees, machine = three_versions(tmp_path / f"{stop}-{again}")
        machine.bad |= {to} if is_bad else set()
        if disk.act(partial(main, [command], trees, machine), stop) is not None:
            assert stop > 10
            break
        assert trees.version_at(CURRENT) in {B, to}
        assert is_whole(trees)
        machine.boot()
        disk.act(partial(main, ["resume"], trees, machine), again)
        machine.boot()
        main(["resume"], trees, machine)
        assert is_whole(trees)
        assert machine.running in {B, to} - machine.bad
        assert machine.health()
        assert trees.noted() is None
        assert (install(trees, machine) == 0) is (C not in machine.bad), "dpkg --configure -a"
    else:
        pytest.fail("more steps than were tried")


@pytest.mark.parametrize("command", ["install", "back"])
@pytest.mark.parametrize("is_bad", [False, True])
def test_a_disk_that_is_full_from_any_step_on_is_one_line_and_costs_nothing(
    tmp_path: Path,
    command: str,
    is_bad: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    disk = Disk(monkeypatch, ROOM, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    to = C if command == "install" else A
    for stop in range(1, 40):
        trees, machine = three_versions(tmp_path / str(stop))
        machine.bad |= {to} if is_bad else set()
        capsys.readouterr()
        done = disk.act(partial(main, [command], trees, machine), stop)
        said = capsys.readouterr()
        if disk.came_through:
            break
        assert machine.running in {B, to} - machine.bad
        assert is_whole(trees)
        if done:
            [line] = said.err.splitlines()
            assert "o disco está cheio" in line or "não ficou saudável" in line
        machine.boot()
        main(["resume"], trees, machine)
        assert machine.health()
        assert (install(trees, machine) == 0) is (C not in machine.bad)
    else:
        pytest.fail("more steps than were tried")


def test_after_one_that_was_not_well_the_former_one_is_as_before(tmp_path: Path):
    trees, machine = three_versions(tmp_path)
    machine.bad.add(C)
    assert install(trees, machine) == 1
    assert (trees.version_at(CURRENT), trees.version_at(FORMER)) == (B, A)
    assert main(["back"], trees, machine) == 0
    assert machine.running == A


def test_what_somebody_else_put_there_stays(trees: Trees, machine: FakeMachine):
    (trees.root / "backup").mkdir()
    install(trees, machine)
    ship(trees, C)
    install(trees, machine)
    assert (trees.root / "backup").exists()
    assert not (trees.root / A).exists()


@pytest.mark.parametrize("command", ["install", "back", "resume"])
def test_a_clone_of_the_repository_is_refused_in_one_line(
    trees: Trees, machine: FakeMachine, command: str, capsys: pytest.CaptureFixture[str]
):
    """Its logins may lie in it."""
    (trees.root / ".git").mkdir()
    (trees.root / "tokens-3").mkdir()
    assert main([command], trees, machine) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "é uma instalação a partir do repositório" in line
    assert "Nada mudou" in line
    assert (trees.root / "tokens-3").exists()
    assert (machine.running, machine.calls) == (A, [])


@pytest.mark.parametrize("mode", [0o777, 0o775])
def test_a_folder_that_others_may_write_to_is_refused_in_one_line(
    trees: Trees, machine: FakeMachine, mode: int, capsys: pytest.CaptureFixture[str]
):
    trees.root.chmod(mode)
    assert install(trees, machine) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert f"modo {mode:04o}" in line
    assert "Nada mudou" in line
    assert (machine.running, machine.calls) == (A, [])


def test_a_full_disk_is_one_line_and_changes_nothing(
    trees: Trees, machine: FakeMachine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "link", full)
        assert install(trees, machine) == 1
    assert (
        capsys.readouterr().err == f"{trees.root / B} não pôde ser criada: o disco está cheio. Nada mudou\n"
    )
    assert (machine.running, machine.calls) == (A, [])
    assert not list(trees.root.glob(".new-*"))
    assert install(trees, machine) == 0


def test_from_another_disk_it_is_copied(trees: Trees, machine: FakeMachine, monkeypatch: pytest.MonkeyPatch):
    def elsewhere(*_: object, **__: object) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    with monkeypatch.context() as patched:
        patched.setattr(os, "link", elsewhere)
        assert install(trees, machine) == 0
    assert code(trees) == f"code {B}"


def test_a_journal_cut_off_in_the_middle_is_none(trees: Trees, machine: FakeMachine):
    (trees.root / JOURNAL).write_text(json.dumps({"from": A})[:5])
    assert main(["resume"], trees, machine) == 0
    assert not (trees.root / JOURNAL).exists()


def test_a_package_that_is_not_whole_is_said_so(
    trees: Trees, machine: FakeMachine, capsys: pytest.CaptureFixture[str]
):
    (trees.shipped / BUILD).unlink()
    assert install(trees, machine) == 1
    assert "reinstale o pacote" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("listens", "address"),
    [
        ("Listen=127.0.0.1:8005 (Stream)", "127.0.0.1:8005"),
        ("Listen=0.0.0.0:80 (Stream)", "127.0.0.1:80"),
        ("Listen=[::]:8005 (Stream)", "[::1]:8005"),
        ("Listen=10.0.0.5:9000 (Stream)", "10.0.0.5:9000"),
        ("", "127.0.0.1:8005"),
    ],
)
def test_the_service_is_asked_where_systemd_listens_for_it(listens: str, address: str):
    assert own_address(listens) == address
