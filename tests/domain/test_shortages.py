"""What the instance lacks, in numbers."""

from __future__ import annotations

import pytest

from wppmt.domain.shortages import Resource, Shortage, resource_limit
from wppmt.domain.troubles import over_limit


@pytest.mark.parametrize("resource", list(Resource))
def test_every_shortage_names_its_numbers_and_the_setting(resource: Resource):
    [detail] = resource_limit(Shortage(resource, 123, 456)).details
    assert (detail["field"], detail["current"], detail["limit"]) == (resource.value, 123, 456)
    assert all(word in detail["problem"] for word in ("123", "456", "WPP_"))


def test_memory_is_a_trouble_and_the_disk_an_alert():
    troubles = over_limit([Shortage(resource, 1, 2) for resource in (Resource.MEMORY, Resource.DISK)])
    assert [trouble.code for trouble in troubles] == ["MEMORY_LIMIT"]
