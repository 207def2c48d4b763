"""What is to be done about each reason."""

from __future__ import annotations

import pytest

from wppmt.domain.reasons import Reason
from wppmt.domain.remedies import ITSELF, remedy


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_one_sentence(reason: Reason):
    assert remedy(reason).endswith(".")


def test_what_the_service_mends_itself_asks_nothing_of_a_person():
    assert remedy(Reason.DAEMON_RESTARTED) == ITSELF
    assert "cópia" in remedy(Reason.TOKEN_CORRUPT)
