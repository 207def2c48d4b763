"""A running HAProxy, by the runtime interface on its socket: its tables are brought in step without a reload."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from wppmt.cluster.routing import Table, commands
from wppmt.domain.system_errors import explain

SECONDS = 5.0
LINE_BYTES = 12_000
"""HAProxy takes a line of at most 16 kB (tune.bufsize)."""


class Unanswered(Exception):
    """Nobody listens on the socket, or what was answered is no yes; the text is Portuguese."""


class HAProxy:
    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._pid = ""
        self._told: Mapping[str, Table] = {}

    async def keep(self, wanted: Mapping[str, Table], *, asks: bool = False) -> bool:
        """Its tables, by file, become these; whether that was a new process. Raises Unanswered.

        What it holds is asked where it is not known: of another process than last time, after a failure, and when told to
        (`asks`): somebody else may have a hand in it.
        """
        pid = await self._running()
        is_new = pid != self._pid
        if is_new or asks:
            self._told = {file: await self._show(file) for file in wanted}
        todo = [line for file, table in wanted.items() for line in commands(file, self._told[file], table)]
        # Until all of it is done, nothing is known.
        self._pid = ""
        for line in _joined(todo):
            if trouble := (await self._ask(line)).strip():
                raise Unanswered(f"o HAProxy recusou: {trouble.splitlines()[0]}")
        self._pid, self._told = pid, dict(wanted)
        return is_new

    async def _running(self) -> str:
        found = re.search(r"^Pid: (\d+)$", await self._ask("show info"), re.MULTILINE)
        if not found:
            raise Unanswered(f"{self._socket} não é o de um HAProxy")
        return found[1]

    async def _show(self, file: str) -> dict[str, str]:
        """Each line is an address of HAProxy's own, the key and the value."""
        answer = await self._ask(f"show map {file}")
        if answer.startswith("Unknown map"):
            raise Unanswered(f"o HAProxy não usa {file}: confira os map_str() da configuração dele")
        return dict(line.split(maxsplit=2)[1:] for line in answer.splitlines() if line.strip())

    async def _ask(self, line: str) -> str:
        try:
            async with asyncio.timeout(SECONDS):
                reader, writer = await asyncio.open_unix_connection(self._socket)
                try:
                    writer.write(f"{line}\n".encode())
                    return (await reader.read()).decode()
                finally:
                    writer.close()
        except (OSError, TimeoutError) as failure:
            raise Unanswered(f"o HAProxy não responde em {self._socket} ({explain(failure)})") from None


def _joined(todo: Sequence[str]) -> Iterator[str]:
    """Several commands a line, as many as it takes."""
    line: list[str] = []
    for command in todo:
        if line and sum(map(len, line)) + len(line) + len(command) > LINE_BYTES:
            yield ";".join(line)
            line = []
        line.append(command)
    if line:
        yield ";".join(line)
