"""Jobs of the daemon: done one after the other for the most part, on its event loop, and known as long as there are not too many newer ones."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace

from wppmt.domain.jobs import Job, JobStatus
from wppmt.domain.log import WriteLog

KEPT = 1000
BROKE = "Erro interno: a causa está no log (job_broke)"
Work = Callable[[], Awaitable[str | None]]
"""Makes a file, or none, and says which. Raises JobFailed."""


class JobFailed(Exception):
    """The text is a Portuguese sentence."""


class Jobs:
    def __init__(self, new_id: Callable[[], str], log: WriteLog) -> None:
        self._new_id = new_id
        self._log = log
        self._jobs: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    def begin(self, session_id: str, work: Work, *, waits: bool = True) -> Job:
        """`waits`: for its turn; what others keep from being too many at once need not."""
        job = Job(self._new_id(), session_id)
        self._jobs[job.id] = job
        for old in list(self._jobs)[:-KEPT]:
            del self._jobs[old]
        task = asyncio.create_task(self._do(job, work, self._turn if waits else asyncio.Lock()))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return job

    def get(self, job_id: str) -> Job | None:
        return self._jobs.get(job_id)

    async def close(self) -> None:
        """What waits is given up; what is under way in a thread comes to its end there."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _do(self, job: Job, work: Work, turn: asyncio.Lock) -> None:
        async with turn:
            try:
                ended = replace(job, status=JobStatus.DONE, file=await work())
            except JobFailed as failure:
                ended = replace(job, status=JobStatus.FAILED, error=str(failure))
            except Exception as failure:  # noqa: BLE001 - our own mistake; who waits must not wait for ever
                self._log("job_broke", job.session_id, level="error", job=job.id, error=failure)
                ended = replace(job, status=JobStatus.FAILED, error=BROKE)
        if job.id in self._jobs:
            self._jobs[job.id] = ended
