"""Mutants that no test can notice, and why: they mean the same, or only what a line of the log says differs.

By function and by the line that the mutant puts there.
"""

from __future__ import annotations

from collections.abc import Mapping

ONLY_A_LOG = "Only what a line of the log says differs; nobody decides by it."
EXPLAINED: Mapping[str, str] = {
    'wppmt.domain.content.x__menu: return {"body": _readable(content) or _readable(inner if (isinstance(inner, Mapping)) and False else {})}': (
        "Run once, when the module is imported and no mutant is active yet; tests/domain/test_content.py fails with it."
    ),
    'actors.webhooks.actor.xǁWebhookMindǁ_failed: "XXeventXX": tried.event.name,': ONLY_A_LOG,
    'actors.webhooks.actor.xǁWebhookMindǁ_failed: "XXendpointXX": origin_of(lane.endpoint),': ONLY_A_LOG,
    'actors.supervisor.disk_policy.xǁDiskPolicyǁ_details: return {"FOLDER": self._folder, "freeMb": free_mb, "minFreeMb": self._min_free_mb}': ONLY_A_LOG,
    "actors.supervisor.renewals.xǁRenewalsǁ_judge: note = None": ONLY_A_LOG,
}


def explained(known_as: str) -> str | None:
    """`known_as`: `module.function: the changed line`. None: nobody knows why."""
    if "yield Log(" in known_as:
        return ONLY_A_LOG
    return EXPLAINED.get(known_as)
