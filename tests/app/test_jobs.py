from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from wppmt.app.jobs import BROKE, JobFailed, Jobs
from wppmt.domain.jobs import Job, JobStatus
from wppmt.domain.log import LogLevel


async def fails() -> str:
    raise JobFailed("Não coube no disco")


async def breaks() -> str:
    raise AttributeError("verify_code")


async def works() -> str:
    return "a.wppmt"


@pytest.mark.parametrize(
    ("work", "status", "error"),
    [
        (works, JobStatus.DONE, None),
        (fails, JobStatus.FAILED, "Não coube no disco"),
        (breaks, JobStatus.FAILED, BROKE),
    ],
)
async def test_a_job_ends_however_it_ends_and_the_next_one_begins(
    work: Callable[[], Awaitable[str]], status: JobStatus, error: str | None
) -> None:
    logged: list[tuple[str, str | None]] = []

    def log(event: str, session_id: str | None = None, /, *, level: LogLevel = "info", **_: object) -> None:
        logged.append((event, session_id))

    jobs = Jobs(iter(("job_1", "job_2")).__next__, log)
    first = jobs.begin("ana", work)
    second = jobs.begin("bia", works)
    async with asyncio.timeout(5):
        while _of(jobs, second).status is JobStatus.RUNNING:  # noqa: ASYNC110 - it says nothing by itself
            await asyncio.sleep(0)
    ended = _of(jobs, first)
    assert (ended.status, ended.error) == (status, error)
    assert _of(jobs, second).status is JobStatus.DONE
    assert logged == ([("job_broke", "ana")] if error == BROKE else [])
    await jobs.close()


def _of(jobs: Jobs, job: Job) -> Job:
    found = jobs.get(job.id)
    assert found
    return found
