"""What the dashboard says in English stands beside what the gateway says in Portuguese."""

from __future__ import annotations

import re

from wppmt.domain.reasons import Reason
from wppmt.http.handlers.dashboard import OWN


def test_every_reason_has_its_english():
    reasons, remedies = (OWN / "reasons_en.js").read_text().split("export const EN_REMEDIES")
    for part in (reasons, remedies):
        assert set(re.findall(r"^  (\w+): ", part, re.MULTILINE)) == {reason.value for reason in Reason}
