"""`python -m tests.deploy.seccomp` writes deploy/seccomp.json: what the systemd unit's SystemCallFilter= lets through, for a container.

Docker's own profile forbids what Chromium's sandbox is made of (namespaces of its own, chroot), and allows much that neither
the service nor Chromium needs.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[2] / "deploy" / "seccomp.json"
ALLOWED = ("@system-service", "chroot")
"""As in deploy/wppmt.service."""
WITHOUT = {"@keyring", "io_uring_enter", "io_uring_register", "io_uring_setup", "userfaultfd"}
"""What Docker's own profile forbids, too: the host's keys, which are no namespace's own, and ways into the kernel that nobody here needs."""
NEW_NAMESPACES = {"clone", "unshare"}
"""Allowed for the namespaces of RestrictNamespaces= in the unit: user, pid, net."""
REFUSED = {"setns"}
CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWTIME = (
    0x20000, 0x2000000, 0x4000000, 0x8000000, 0x80,
)  # fmt: skip
FORBIDDEN = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC
ENOSYS = 38


def profile() -> dict[str, Any]:
    """Whatever is not named fails with EPERM, as in the unit."""
    names = set[str]().union(*(expanded(name) for name in ALLOWED)) - NEW_NAMESPACES - REFUSED - {"clone3"}
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": 1,
        "archMap": [
            {"architecture": f"SCMP_ARCH_{name}", "subArchitectures": []} for name in ("X86_64", "AARCH64")
        ],
        "syscalls": [
            {"names": sorted(names), "action": "SCMP_ACT_ALLOW"},
            _without_flags("clone", FORBIDDEN),
            # In clone this bit belongs to the signal's number.
            _without_flags("unshare", FORBIDDEN | CLONE_NEWTIME),
            # Its flags are out of a filter's reach: told that it does not exist, libc takes clone.
            {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": ENOSYS},
        ],
    }


def _without_flags(name: str, mask: int) -> dict[str, Any]:
    none_set = {"index": 0, "value": mask, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}
    return {"names": [name], "action": "SCMP_ACT_ALLOW", "args": [none_set]}


def expanded(name: str) -> set[str]:
    """The system calls of a group, and of the groups in it."""
    if name in WITHOUT:
        return set()
    if not name.startswith("@"):
        return {name}
    said = subprocess.run(
        ["systemd-analyze", "--no-pager", "syscall-filter", name], capture_output=True, text=True, check=True
    ).stdout
    inside = re.findall(r"^\s+(@?[a-z_][\w-]*)$", said, re.MULTILINE)
    return set[str]().union(*map(expanded, inside))


if __name__ == "__main__":
    FILE.write_text(json.dumps(profile(), indent=1) + "\n")
