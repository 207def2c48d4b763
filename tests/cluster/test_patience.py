"""How long what has failed is left alone."""

from __future__ import annotations

from wppmt.cluster.patience import MOST_SECONDS, Patience


def test_each_failure_is_left_alone_twice_as_long_up_to_a_minute() -> None:
    patience, now, pauses = Patience(), 100.0, []
    for _ in range(9):
        patience.failed("loja", "cheio", now)
        began = now
        while not patience.may_try("loja", now):
            now += 0.5
        pauses.append(now - began)
    assert pauses == [1, 2, 4, 8, 16, 32, MOST_SECONDS, MOST_SECONDS, MOST_SECONDS]
    assert patience.may_try("padaria", 100.0)


def test_the_same_reason_is_news_once() -> None:
    patience = Patience()
    assert patience.failed("loja", "cheio", 0.0)
    assert not patience.failed("loja", "cheio", 1.0)
    assert patience.failed("loja", "sem etcd", 2.0)
    patience.succeeded("loja")
    assert patience.may_try("loja", 2.0)
    assert patience.failed("loja", "sem etcd", 3.0)
