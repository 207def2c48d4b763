"""What is read of the service as a whole, in any thread, is what Root last published: one moment, never half of two."""

from __future__ import annotations

from actors.supervisor.messages import DiskMeasured, MemoryMeasured
from tests.actors.gateway import MIN_FREE_MB, Gateway
from wppmt.domain.messages import ROOT_ACTOR
from wppmt.domain.overview import Overview
from wppmt.domain.shortages import Resource


def told(gateway: Gateway, message: object) -> Overview:
    gateway.directory.tell(ROOT_ACTOR, message)
    gateway.settle()
    return gateway.directory.overview()


def test_memory_is_read_as_it_was_measured(gateway: Gateway):
    assert gateway.directory.overview() == Overview()
    assert told(gateway, MemoryMeasured(3000, 120)) == Overview(3000, 120)


def test_a_shortage_is_in_the_same_snapshot_and_ends_with_its_cause(gateway: Gateway):
    short = told(gateway, MemoryMeasured(5000, 120))
    assert [shortage.resource for shortage in short.shortages] == [Resource.MEMORY]
    full = told(gateway, DiskMeasured(MIN_FREE_MB - 1))
    assert [shortage.resource for shortage in full.shortages] == [Resource.MEMORY, Resource.DISK]
    told(gateway, MemoryMeasured(100, 50))
    assert told(gateway, DiskMeasured(10_000)) == Overview(100, 50)


def test_what_has_not_changed_is_not_published_again(gateway: Gateway):
    first = told(gateway, MemoryMeasured(3000, 120))
    assert told(gateway, MemoryMeasured(3000, 120)) is first
