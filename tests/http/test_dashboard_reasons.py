"""What the dashboard says in English stands beside what the gateway says in Portuguese."""

from __future__ import annotations

import re

from tests.http.conftest import Api
from wppmt.domain.reasons import Reason
from wppmt.domain.remedies import remedy
from wppmt.http.handlers.dashboard import OWN


async def test_every_reason_has_its_remedy_for_whoever_sees_it(api: Api):
    told = (await api.get("/dashboard/remedies.json", token=None)).body
    assert told == {reason.value: remedy(reason) for reason in Reason}


def test_every_reason_has_its_english():
    reasons, remedies = (OWN / "reasons_en.js").read_text().split("export const EN_REMEDIES")
    for part in (reasons, remedies):
        assert set(re.findall(r"^  (\w+): ", part, re.MULTILINE)) == {reason.value for reason in Reason}
