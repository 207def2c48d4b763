"""Programs that read what strangers made (ffprobe, ffmpeg), each in a process of its own that can do little harm.

Its memory, processor time, files and output are limited, it gets no socket, sees none of our environment, cannot gain
rights, and ends with the daemon or at its deadline, whichever is first.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

AT_ONCE = os.cpu_count() or 1
_INSIDE = Path(__file__).with_name("sandbox_inside.py")


class SandboxFailed(Exception):
    """It ended badly, took too long or said too much; or the program is not installed."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may take."""

    seconds: float = 15.0
    """By the clock on the wall, without the wait for its turn."""
    cpu_seconds: int = 10
    memory_mb: int = 1024
    """Of address space, of which most is never touched."""
    file_bytes: int = 0
    """The largest file that it may write; 0: none at all."""
    output_bytes: int = 256 * 1024


class Sandbox:
    """Runs at most `at_once` programs at the same time, others wait for their turn; finds them in `path`."""

    def __init__(self, at_once: int = AT_ONCE, path: str = os.defpath) -> None:
        self._turn = asyncio.Semaphore(at_once)
        self._environment = {"PATH": path, "LC_ALL": "C.UTF-8"}

    async def run(self, *command: str, limits: Limits = Limits()) -> bytes:
        """What the program wrote to its standard output. Raises SandboxFailed."""
        async with self._turn:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-S",
                str(_INSIDE),
                str(limits.cpu_seconds),
                str(limits.memory_mb * 1024 * 1024),
                str(limits.file_bytes),
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=self._environment,
                cwd="/",
                start_new_session=True,
            )
            try:
                async with asyncio.timeout(limits.seconds):
                    output = await _read(process, limits.output_bytes)
                    status = await process.wait()
            except TimeoutError:
                raise SandboxFailed("deadline") from None
            finally:
                await _end(process)
        if status != 0:
            raise SandboxFailed(f"status {status}")
        return output


async def _read(process: asyncio.subprocess.Process, limit: int) -> bytes:
    output = b""
    while process.stdout and (piece := await process.stdout.read(64 * 1024)):
        output += piece
        if len(output) > limit:
            raise SandboxFailed("output")
    return output


async def _end(process: asyncio.subprocess.Process) -> None:
    """The whole group: nothing that it started may stay."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
