"""Run as a script: shuts the sandbox around itself and becomes the program.

    sandbox_inside.py CPU_SECONDS MEMORY_BYTES FILE_BYTES PROGRAM [ARGUMENT...]

Imports nothing of ours: it runs without site-packages, which takes a tenth of the time.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
import sys

PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 22, 38
SECCOMP_MODE_FILTER = 2
NOT_SANDBOXED = 125
"""Exit status where the sandbox could not be shut, or the program not be started."""

_ARCHITECTURES = {
    # AUDIT_ARCH, and the numbers of socket, socketpair, io_uring_setup (which opens sockets as well).
    "x86_64": (0xC000003E, (41, 53, 425)),
    "aarch64": (0xC00000B7, (198, 199, 425)),
}
_LOAD, _EQUALS, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_AT, _ARCHITECTURE_AT = 0, 4
_X32 = 0x40000000
"""System calls of x86's third interface begin here; nobody uses it."""
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | 1
"""The last one is EPERM."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def main() -> None:
    cpu_seconds, memory, file_bytes = map(int, sys.argv[1:4])
    command = sys.argv[4:]
    try:
        _limit(cpu_seconds, memory, file_bytes)
        _confine()
        # Python ignores these, and what is ignored is inherited: a file cut at its limit would pass for a whole one.
        for ignored in (signal.SIGXFSZ, signal.SIGPIPE):
            signal.signal(ignored, signal.SIG_DFL)
        os.execvp(command[0], command)  # noqa: S606 - it is what this script is for
    except OSError:
        sys.exit(NOT_SANDBOXED)


def _limit(cpu_seconds: int, memory: int, file_bytes: int) -> None:
    limits = {
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_FSIZE: file_bytes,
        resource.RLIMIT_NOFILE: 32,
        resource.RLIMIT_CORE: 0,
    }
    for kind, limit in limits.items():
        resource.setrlimit(kind, (limit, limit))
    os.nice(5)


def _confine() -> None:
    """No child of a dead daemon, no new rights, no sockets. Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    architecture, refused = _ARCHITECTURES[platform.machine()]
    program = _filter(architecture, refused)
    argument = _Program(len(program) // 8, program)
    for call in (
        (PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0),
        (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
        (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(argument), 0, 0),
    ):
        if libc.prctl(*call) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


def _filter(architecture: int, refused: tuple[int, ...]) -> bytes:
    """In the kernel's BPF: each step is an operation, how far to jump if it holds and if not, and its operand."""
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_EQUALS, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_AT_LEAST, len(refused) + 1, 0, _X32),
        *((_EQUALS, len(refused) - at, 0, number) for at, number in enumerate(refused)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _REFUSE),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


if __name__ == "__main__":
    main()
