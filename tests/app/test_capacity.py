"""Whether the sessions that may run fit into the memory there is, which may be less than the machine's."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from wppmt.app.capacity import plan, there_is_mb
from wppmt.domain.units import MEGABYTE


@pytest.mark.parametrize(
    ("there_is", "fits", "said"),
    [
        (32_000, True, "10 sessões (WPP_MAX_SESSIONS) pedem 6750 a 17600 MB de memória; há 32000 MB"),
        (16_000, True, "há 16000 MB: cabem se as páginas ficarem leves"),
        (4_096, False, "há 4096 MB: não cabem"),
    ],
)
def test_the_document_s_ten_sessions(there_is: int, fits: bool, said: str):
    found = plan(10, there_is, simulated=False)
    assert found.fits is fits
    assert str(found).endswith(said)


def test_simulated_sessions_are_light():
    assert plan(10, 2_000, simulated=True).fits


def cgroup(tmp_path: Path, own: str, **limits: str) -> int:
    (tmp_path / "own").write_text(own)
    for name, limit in limits.items():
        file = tmp_path / name.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        (file.parent / ("memory.max" if "memory__" not in name else "memory.limit_in_bytes")).write_text(
            limit
        )
    return there_is_mb(tmp_path, tmp_path / "own")


def test_a_unit_s_limit_counts_more_than_the_machine(tmp_path: Path):
    limits = {"system.slice__wppmt.service__x": f"{512 * MEGABYTE}\n"}
    assert cgroup(tmp_path, "0::/system.slice/wppmt.service\n", **limits) == 512


def test_so_does_the_limit_of_what_the_unit_is_in(tmp_path: Path):
    limits = {"system.slice__x": f"{300 * MEGABYTE}\n", "system.slice__wppmt.service__x": "max\n"}
    assert cgroup(tmp_path, "0::/system.slice/wppmt.service\n", **limits) == 300


def test_of_the_older_hierarchy_too(tmp_path: Path):
    limits = {"memory__wppmt__x": f"{100 * MEGABYTE}\n"}
    assert cgroup(tmp_path, "4:memory:/wppmt\n0::/\n", **limits) == 100


def test_without_limits_it_is_the_machine(tmp_path: Path):
    assert cgroup(tmp_path, "0::/\n") == psutil.virtual_memory().total // MEGABYTE
