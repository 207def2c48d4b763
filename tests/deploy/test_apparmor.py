"""The AppArmor profile for hosts that restrict user namespaces: parsed here, loaded nowhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from wppmt.browser.chrome.launch import CHROME

PROFILE = Path(__file__).parents[2] / "deploy" / "apparmor" / "wppmt-chromium"
NEWER = Path(os.environ.get("WPPMT_TEST_DEBIAN_13", "/var/tmp/wppmt-debian-13"))
"""Debian 12's parser, of AppArmor 3, knows no `userns`; Debian 13's is that of the hosts that this is for."""
PARSE = ["--skip-kernel-load", "--skip-cache", "--skip-read-cache"]


def test_it_is_for_the_program_that_runs_and_gives_it_user_namespaces_alone():
    text = PROFILE.read_text(encoding="utf-8")
    assert re.search(
        rf"^profile wppmt-chromium {re.escape(str(CHROME))} flags=\(unconfined\) \{{$", text, re.MULTILINE
    )
    rules = re.findall(r"^  (\S.*)$", text, re.MULTILINE)
    assert rules == ["userns,", "include if exists <local/wppmt-chromium>"]


@pytest.mark.skipif(not shutil.which("apparmor_parser"), reason="AppArmor's parser is not installed")
def test_all_but_that_one_rule_is_read_by_debian_12_s_parser(tmp_path: Path):
    older = tmp_path / PROFILE.name
    text = PROFILE.read_text(encoding="utf-8")
    older.write_text(re.sub(r"^(  userns,|abi <abi/4\.0>,)$", "", text, flags=re.MULTILINE))
    done = subprocess.run(["apparmor_parser", *PARSE, older], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("debootstrap"), reason="needs root and debootstrap")
def test_debian_13_s_parser_reads_it_whole():
    if not (NEWER / "usr/sbin/apparmor_parser").exists():
        subprocess.run(
            ["debootstrap", "--variant=minbase", "--include=apparmor", "trixie", NEWER],
            check=True, capture_output=True,
        )  # fmt: skip
    shutil.copy(PROFILE, NEWER / "root")
    done = subprocess.run(
        ["chroot", NEWER, "apparmor_parser", *PARSE, f"/root/{PROFILE.name}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
