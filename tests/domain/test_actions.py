"""What the audit trail calls what was done."""

from __future__ import annotations

from wppmt.domain.actions import Action, action_sentence


def test_each_action_has_a_sentence_of_its_own():
    sentences = {action_sentence(action) for action in Action}
    assert len(sentences) == len(Action)
    assert sentences.isdisjoint(Action)


def test_an_action_of_another_version_stands_for_itself():
    assert action_sentence("of.a.later.version") == "of.a.later.version"
