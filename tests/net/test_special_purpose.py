"""Our table of special-purpose addresses, row by row against the published ones (tests/net/special_purpose.csv)."""

from __future__ import annotations

import csv
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from wppmt.net.egress import Egress, policy
from wppmt.net.special_purpose import BLOCKS, is_special

with (Path(__file__).parent / "special_purpose.csv").open() as file:
    PUBLISHED = [row["Address Block"] for row in csv.DictReader(file)]


def test_the_table_has_every_published_row_and_no_other():
    assert {str(block) for block in BLOCKS} == {str(ip_network(row)) for row in PUBLISHED}
    assert len(BLOCKS) == len(PUBLISHED) == 26 + 25


@pytest.mark.parametrize("row", PUBLISHED)
def test_no_address_of_a_published_row_is_called(row: str):
    guard = Egress(policy([]), is_own=lambda _: False)
    block = ip_network(row)
    if str(block) == "::ffff:0:0/96":
        return  # judged by the IPv4 address inside
    for address in (block[0], block[block.num_addresses // 2], block[-1]):
        assert is_special(address)
        assert guard.judge(address, str(address), 443), address


@pytest.mark.parametrize(
    "beside",
    [
        "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255",
        "192.0.1.0", "192.0.3.0", "198.17.255.255", "198.20.0.0", "203.0.112.255", "203.0.114.0", "223.255.255.255",
        "2001:200::", "2001:db7:ffff:ffff::", "2001:db9::", "2003::", "2620:4f:8001::", "3ffe:ffff::", "3fff:1000::",
    ],
)  # fmt: skip
def test_the_addresses_beside_them_are_the_public_internet(beside: str):
    assert not Egress(policy([]), is_own=lambda _: False).judge(ip_address(beside), beside, 443)
