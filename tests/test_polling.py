"""Asking again until there is an answer."""

from __future__ import annotations

from tenacity import wait_none

from wppmt.polling import poll


def test_the_first_true_answer_is_given():
    answers = iter([None, 0, "", "here", "later"])
    assert poll(lambda: next(answers), 60.0, wait_none()) == "here"


def test_nothing_is_asked_again_once_no_answer_can_come():
    asked: list[int] = []
    assert poll(lambda: asked.append(1), 60.0, wait_none(), unless=lambda: len(asked) == 3) is None
    assert len(asked) == 3


def test_without_time_it_is_asked_once():
    asked: list[int] = []
    assert poll(lambda: asked.append(1), 0.0, wait_none()) is None
    assert len(asked) == 1
