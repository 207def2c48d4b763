"""Another account of the same machine, played by root: code that runs as uid 65534, by what it may and may not do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import pytest

NOBODY = 65534
DROP = """
import os
os.setgroups([])
os.setgid({user})
os.setuid({user})
"""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can play another user")


def run_as_nobody(code: str, *arguments: str, before: str = "", timeout: float = 60) -> str:
    """What `code` prints; `before` runs as root, for imports that nobody may read."""
    script = before + DROP.format(user=NOBODY) + code
    command: Sequence[str] = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
