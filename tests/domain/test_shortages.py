"""What the instance lacks, in numbers."""

from __future__ import annotations

import pytest

from wppmt.domain.shortages import Resource, Shortage, resource_limit
from wppmt.domain.troubles import of_shortage


@pytest.mark.parametrize("resource", list(Resource))
def test_every_shortage_names_its_numbers_and_the_setting(resource: Resource):
    [detail] = resource_limit(Shortage(resource, 123, 456)).details
    assert (detail["field"], detail["current"], detail["limit"]) == (resource.value, 123, 456)
    assert all(word in detail["problem"] for word in ("123", "456", "WPP_"))


def test_memory_and_disk_have_a_code_of_their_own():
    codes = [of_shortage(Shortage(resource, 1, 2)).code for resource in (Resource.MEMORY, Resource.DISK)]
    assert codes == ["MEMORY_LIMIT", "DISK_SHORT"]
