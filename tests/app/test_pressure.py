"""What the kernel says of the wait for memory, and a kernel that says nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from wppmt.app.pressure import measured
from wppmt.cli import machine_checks


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("some avg10=12.34 avg60=5.00 avg300=0.00 total=6357761\nfull avg10=1.00 avg60=0.00 avg300=0.00 total=4\n", 12.34),
        ("", None),
        ("\xff\xfe", None),
    ],
)  # fmt: skip
def test_the_share_of_the_last_ten_seconds(tmp_path: Path, text: str, percent: float | None):
    file = tmp_path / "memory"
    file.write_text(text, encoding="utf-8")
    assert measured(file) == percent
    found = machine_checks.memory_pressure(file)
    assert found.fine, "the service works without it"
    assert found.is_notice is (percent is None)


def test_a_kernel_without_it(tmp_path: Path):
    assert measured(tmp_path / "none") is None
    assert "psi=1" in machine_checks.memory_pressure(tmp_path / "none").text
