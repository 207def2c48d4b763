"""Which tables of the store an archive carries, and which it leaves."""

from __future__ import annotations

from collections.abc import Mapping

CARRIED: Mapping[str, str] = {
    "sessions": "id",
    "events": "session_id",
    "deliveries": "session_id",
    "attempts": "session_id",
    # After the deliveries: a trigger counts those where there is a row.
    "tallies": "session_id",
    "stopped_lanes": "session_id",
    "secrets": "session_id",
    "journal": "session_id",
    "received": "session_id",
    "wanted_media": "session_id",
    "chat_names": "session_id",
    "history": "session_id",
}
"""Each table that has rows of a session, with the column that names it."""
LEFT = frozenset(
    {
        "links",
        "alerts",
        "audit",
        "api_keys",
        "departures",
        "incoming",
        "forgotten",
        "event_numbers",
        "compatibility",
    }
)
"""Of the installation: links lead to its address, alerts, keys and the audit trail are its operator's."""
NUMBERED = {
    "journal": "number",
    "wanted_media": "number",
    "deliveries": "number",
    "attempts": "number",
}
"""Tables whose rows are numbered anew where they arrive, in the same order."""
OF_EVENTS = ("deliveries", "attempts")
"""Their column `event` is the number of a row of `events`."""
