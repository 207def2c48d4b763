"""The source's side speaks to the target's over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.http.conftest import Api, serve, token
from tests.moving.instances import Instance, Wire
from tests.support import eventually
from wppmt.app.moves import Moves
from wppmt.domain.jobs import JobStatus
from wppmt.moving.remote import Remote

pytestmark = pytest.mark.slow


@pytest.fixture
def instances(tmp_path: Path) -> Iterator[tuple[Instance, Instance]]:
    target = Instance(tmp_path / "target", Wire())
    source = Instance(tmp_path / "source", Remote)
    yield source, target
    for one in (source, target):
        one.store.close()


@pytest.fixture
async def api(instances: tuple[Instance, Instance]) -> AsyncIterator[Api]:
    _, target = instances
    found = Api()
    found.moves = Moves(target.departing, target.receiving, target.following)  # type: ignore[assignment]
    async for running in serve(found):
        yield running


async def moved(source: Instance, api: Api, allowed: str) -> tuple[JobStatus, str | None]:
    begun = source.departing.begin("loja", api.base, allowed)

    def ended() -> tuple[JobStatus, str | None] | None:
        job = source.jobs.get(begun.id)
        assert job
        return None if job.status is JobStatus.RUNNING else (job.status, job.error)

    found = await eventually(ended, 20.0)
    assert found
    return found


async def test_a_session_goes_over_the_wire(instances: tuple[Instance, Instance], api: Api):
    source, target = instances
    source.has("loja")
    assert await moved(source, api, token(scope="wpp:admin")) == (JobStatus.DONE, None)
    assert target.owns("loja")
    assert source.has_nothing_of("loja")


async def test_what_is_refused_is_told_in_words(instances: tuple[Instance, Instance], api: Api):
    source, _ = instances
    source.has("loja")
    for allowed, said in (
        (token(), "permissão"),
        ("x", "Token"),
        (token(sessions=["b"], scope="wpp:admin"), "não encontrada"),
    ):
        status, error = await moved(source, api, allowed)
        assert status is JobStatus.FAILED
        assert said in str(error)
    assert source.owns("loja")
