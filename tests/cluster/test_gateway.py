"""What etcd's refusals mean to who asked."""

from __future__ import annotations

import json

import pytest

from wppmt.cluster.etcd import Compacted, LeaseGone, Unavailable
from wppmt.cluster.gateway import understood


@pytest.mark.parametrize(
    ("code", "text", "meaning"),
    [
        (5, "etcdserver: requested lease not found", LeaseGone),
        (11, "etcdserver: mvcc: required revision has been compacted", Compacted),
        (14, "etcdserver: no leader", Unavailable),
        # A wrong password, an etcd of another make: nobody here has asked for what cannot be.
        (3, "etcdserver: authentication failed, invalid user ID or password", Unavailable),
    ],
)
def test_a_refusal_is_one_that_everybody_who_asks_expects(
    code: int, text: str, meaning: type[Exception]
) -> None:
    for answer in (
        {"error": text, "code": code, "message": text},
        {"error": {"grpc_code": code, "message": text}},
    ):
        with pytest.raises(meaning):
            understood(json.dumps(answer).encode())
