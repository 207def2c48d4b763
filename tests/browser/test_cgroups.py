"""A cgroup for each session: on a stand-in for the kernel's tree, and as far as this kernel goes on the real one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import wait_until
from wppmt.browser.chrome import cgroups, processes
from wppmt.browser.chrome.cgroups import Cgroups, Limits, own_folder
from wppmt.browser.chrome.resource_control import ResourceControl
from wppmt.browser.port import Beat, ChannelClosed, Usage
from wppmt.domain.units import MEGABYTE

UNIT = "system.slice/wppmt.service"
LIMITS = Limits(memory_mb=2048, memory_high_mb=1500, cpu_percent=150, pids=900)


def line(path: str) -> str:
    return f"9:name=systemd:/\n0::/{path}\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What the kernel shows of a delegated cgroup; written files keep what was written last."""
    own = tmp_path / UNIT
    own.mkdir(parents=True)
    (own / "cgroup.controllers").write_text("cpu io memory pids\n")
    (own / "cgroup.procs").write_text("41\n42\n")
    (own / "cgroup.subtree_control").write_text("")
    (own / "service").mkdir()
    (own / "service" / "cgroup.procs").write_text("")
    return own


@pytest.fixture
def session(tree: Path) -> Path:
    """Of session "a", with the files that the kernel puts there."""
    folder = tree / "session-a"
    folder.mkdir()
    for name in (*LIMITS.files(), "cgroup.procs", "cgroup.kill"):
        (folder / name).write_text("")
    (folder / "memory.events").write_text("low 0\nhigh 3\nmax 9\noom 1\noom_kill 0\noom_group_kill 0\n")
    (folder / "memory.current").write_text(f"{400 * MEGABYTE}\n")
    (folder / "cpu.stat").write_text("usage_usec 2500000\nuser_usec 1\nsystem_usec 2\n")
    (folder / "pids.current").write_text("61\n")
    (folder / "memory.max").write_text(f"{2048 * MEGABYTE}\n")
    (folder / "pids.max").write_text("max\n")
    return folder


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, process_group=0
    ) as started:
        yield started
        processes.end_group(started.pid, 5)


@pytest.mark.parametrize("inside", ["", "/service", "/.control"])
def test_the_service_s_cgroup_is_found_from_wherever_it_is_asked(tree: Path, tmp_path: Path, inside: str):
    (tmp_path / "own").write_text(line(UNIT + inside))
    assert own_folder(tmp_path, tmp_path / "own") == tree


@pytest.mark.parametrize("text", ["4:memory:/x\n", line("elsewhere")])
def test_without_version_2_there_is_none(tree: Path, tmp_path: Path, text: str):
    (tmp_path / "own").write_text(text)
    assert own_folder(tmp_path, tmp_path / "own") is None
    assert Cgroups.delegated(LIMITS, tmp_path, tmp_path / "own") is None


def test_one_that_was_not_delegated_is_left_alone(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "own").write_text(line(UNIT))
    owner = (tree / "cgroup.procs").stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert Cgroups.delegated(LIMITS, tmp_path, tmp_path / "own") is None


def test_the_service_goes_into_a_leaf_before_anything_is_handed_down(tree: Path):
    assert Cgroups(tree, LIMITS).prepare()
    assert (tree / "service" / "cgroup.procs").read_text() == "42"
    assert (tree / "cgroup.subtree_control").read_text() == "+pids"


def test_a_session_s_processes_get_its_limits(session: Path, tree: Path, process: subprocess.Popen[bytes]):
    assert Cgroups(tree, LIMITS).enclose("a", process.pid)
    told = {name: (session / name).read_text() for name in LIMITS.files()}
    assert told == {
        "memory.high": str(1500 * MEGABYTE), "memory.max": str(2048 * MEGABYTE), "memory.oom.group": "1",
        "cpu.max": "150000 100000", "pids.max": "900",
    }  # fmt: skip
    assert (session / "cgroup.procs").read_text() == str(process.pid)


def test_no_limit_is_said_as_the_kernel_says_it():
    assert Limits().files() == {
        "memory.high": "max", "memory.max": "max", "memory.oom.group": "1", "cpu.max": "max 100000", "pids.max": "max",
    }  # fmt: skip


def test_what_it_has_used(session: Path, tree: Path):
    assert Cgroups(tree, LIMITS).usage("a") == Usage(
        memory_mb=400.0, memory_max_mb=2048.0, cpu_seconds=2.5, pids=61, pids_max=None
    )
    assert Cgroups(tree, LIMITS).usage("b") is None
    told = ResourceControl("a", Cgroups(tree, LIMITS)).usage()
    assert told is not None
    assert told.cpu_seconds == 2.5
    assert ResourceControl("a", None).usage() is None


@pytest.mark.parametrize("kills", [0, 1])
def test_the_end_of_a_browser_whose_memory_was_used_up_is_told_as_that(session: Path, tree: Path, kills: int):
    (session / "memory.events").write_text(f"oom 1\noom_kill {kills}\n")
    resources = ResourceControl("a", Cgroups(tree, LIMITS))
    assert resources.explain(ChannelClosed("weg")) == ChannelClosed("weg", for_memory=bool(kills))
    beat = Beat("p", 1, {})
    assert resources.explain(beat) is beat
    assert ResourceControl("a", None).explain(ChannelClosed()) == ChannelClosed()


def test_the_next_service_may_start_in_the_cgroup_itself(tree: Path):
    Cgroups(tree, LIMITS).release()
    assert (tree / "cgroup.subtree_control").read_text() == "-pids"


def test_a_kernel_that_refuses_costs_no_session(tmp_path: Path, process: subprocess.Popen[bytes]):
    nowhere = Cgroups(tmp_path / "none", LIMITS)
    assert not nowhere.prepare()
    assert not nowhere.enclose("a", process.pid)
    assert nowhere.usage("a") is None
    assert not nowhere.killed_for_memory("a")
    nowhere.kill("a")
    nowhere.remove("a")


def mounted() -> Path | None:
    """Where this kernel shows cgroups of version 2."""
    with Path("/proc/mounts").open() as mounts:
        found = [fields[1] for fields in map(str.split, mounts) if fields[2] == "cgroup2"]
    return Path(found[0]) if found else None


@pytest.fixture
def real() -> Iterator[Path]:
    root = mounted()
    if root is None or os.geteuid() != 0:
        pytest.skip("needs root and a cgroup2 mount")
    own = root / f"wppmt-test-{os.getpid()}"
    try:
        own.mkdir()
    except OSError:
        pytest.skip("no cgroup can be made here")
    yield own
    for folder in (*own.glob("*/"), own):
        folder.rmdir()


def test_on_the_real_tree_a_session_ends_whole_and_alone(real: Path, process: subprocess.Popen[bytes]):
    """Without controllers there are no limits, but membership and cgroup.kill are the kernel's own."""
    made = Cgroups(real, LIMITS)
    assert made.prepare()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, process_group=0) as other:
        assert made.enclose("a", process.pid)
        assert made.enclose("b", other.pid)
        assert (real / "session-a" / "cgroup.procs").read_text().split() == [str(process.pid)]
        ResourceControl("a", made).ended()
        assert process.wait(5) == -9
        assert other.poll() is None
        wait_until(lambda: is_removed(made, real, "a"))
        ResourceControl("b", made).ended()
        assert other.wait(5) == -9
        wait_until(lambda: is_removed(made, real, "b"))


def is_removed(made: Cgroups, own: Path, session_id: str) -> bool:
    made.remove(session_id)
    return not (own / f"session-{session_id}").exists()


def test_the_unit_s_drop_in_delegates_what_is_wanted():
    text = (Path(__file__).parents[2] / "deploy" / "dropins" / "cgroup.conf").read_text()
    assert f"Delegate={' '.join(cgroups.WANTED)}" in text
    assert "ProtectControlGroups=no" in text
    assert "-m wppmt.browser.chrome.cgroups" in text
