"""What systemd makes of the unit's seccomp lines, applied to this process by libseccomp; no systemd is needed."""

from __future__ import annotations

import configparser
import ctypes
import errno
import subprocess
from collections.abc import Iterator
from pathlib import Path

UNIT = Path(__file__).parents[2] / "deploy" / "wppmt.service"
ALLOW = 0x7FFF0000
REFUSE = 0x00050000
MASKED_EQUAL = 7
NAMESPACE_FLAGS = {
    "cgroup": 0x02000000,
    "ipc": 0x08000000,
    "net": 0x40000000,
    "mnt": 0x00020000,
    "pid": 0x20000000,
    "user": 0x10000000,
    "uts": 0x04000000,
}
FLAGS_PLACE = {"clone": 0, "unshare": 0, "setns": 1}
"""The argument that names namespaces, on x86-64."""
NO_NEW_PRIVILEGES, DROP_BOUNDING = 38, 24
CAPABILITIES = 41


class _Comparison(ctypes.Structure):
    _fields_ = (
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("datum_a", ctypes.c_uint64),
        ("datum_b", ctypes.c_uint64),
    )


def service() -> configparser.SectionProxy:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(UNIT)
    return unit["Service"]


def drop_privileges() -> None:
    """CapabilityBoundingSet= and NoNewPrivileges=yes; while still root."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(CAPABILITIES):
        libc.prctl(DROP_BOUNDING, capability, 0, 0, 0)
    assert libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0


def apply_filter() -> None:
    """SystemCallFilter=, SystemCallErrorNumber=EPERM and RestrictNamespaces= of the unit."""
    seccomp = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    seccomp.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(seccomp.seccomp_init(REFUSE | errno.EPERM))
    allowed = set(_system_calls(service()["SystemCallFilter"].split()))
    forbidden = {
        flag for name, flag in NAMESPACE_FLAGS.items() if name not in service()["RestrictNamespaces"].split()
    }
    for name in allowed - FLAGS_PLACE.keys() - {"clone3"}:
        _allow(seccomp, context, name)
    for name, place in FLAGS_PLACE.items():
        wanted = _Comparison(place, MASKED_EQUAL, sum(forbidden), 0)
        _allow(seccomp, context, name, wanted)
    # Its flags lie in memory: systemd, too, says that there is no such call, and programs take `clone`.
    number = seccomp.seccomp_syscall_resolve_name(b"clone3")
    assert seccomp.seccomp_rule_add(context, REFUSE | errno.ENOSYS, number, 0) == 0
    assert seccomp.seccomp_load(context) == 0


def _allow(seccomp: ctypes.CDLL, context: ctypes.c_void_p, name: str, *comparisons: _Comparison) -> None:
    number = seccomp.seccomp_syscall_resolve_name(name.encode())
    # Calls of other architectures, or newer than the library, are passed over, as systemd does.
    if number >= 0:
        assert seccomp.seccomp_rule_add(context, ALLOW, number, len(comparisons), *comparisons) == 0


def _system_calls(words: list[str]) -> Iterator[str]:
    for word in words:
        if word.startswith("@"):
            told = subprocess.run(
                ["systemd-analyze", "syscall-filter", word], capture_output=True, text=True, check=True
            )
            lines = [line.strip() for line in told.stdout.splitlines()[1:]]
            yield from _system_calls([line for line in lines if line and not line.startswith("#")])
        else:
            yield word
