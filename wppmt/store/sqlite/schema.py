"""The tables of the SQLite store, as the steps that lead from one schema version to the next.

A step, once released, is never edited: `PRAGMA user_version` counts the steps that a database has taken. The release
before must be able to work with what the newest step leaves (OLDEST_READER).
"""

from __future__ import annotations

_FIRST = """
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    created_at REAL NOT NULL,
    desired TEXT NOT NULL,
    record TEXT NOT NULL               -- SessionRecord as JSON: fields come and go without a migration
) WITHOUT ROWID;

-- One row per session that ever had an event: numbers that must not depend on rows that are pruned or many.
CREATE TABLE tallies (
    session_id TEXT PRIMARY KEY,
    sequence INTEGER NOT NULL DEFAULT 0,
    pending INTEGER NOT NULL DEFAULT 0,
    dead INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE events (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    session_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    name TEXT NOT NULL,
    at REAL NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (session_id, sequence)
);
CREATE INDEX events_by_age ON events (at);

CREATE TABLE deliveries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice: a cursor over the outbox stays true
    event INTEGER NOT NULL REFERENCES events (number),
    session_id TEXT NOT NULL,
    name TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    spent INTEGER NOT NULL DEFAULT 0,
    replays INTEGER NOT NULL DEFAULT 0,
    next_at REAL NOT NULL,
    state TEXT NOT NULL,
    last_status INTEGER,
    last_error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX deliveries_of_event ON deliveries (event);
-- Partial, so that the outbox is as fast with a million finished deliveries behind it as with none.
CREATE INDEX first_attempts ON deliveries (endpoint, session_id, number)
    WHERE state = 'pending' AND attempts = spent;
CREATE INDEX retries ON deliveries (endpoint, session_id, next_at)
    WHERE state = 'pending' AND attempts > spent;
CREATE INDEX pending_codes ON deliveries (session_id)
    WHERE state = 'pending' AND name = 'qr_code';
CREATE INDEX dead_letters ON deliveries (session_id, number)
    WHERE state = 'dead';

CREATE TRIGGER delivery_added AFTER INSERT ON deliveries WHEN NEW.state != 'done' BEGIN
    UPDATE tallies SET pending = pending + (NEW.state = 'pending'), dead = dead + (NEW.state = 'dead')
    WHERE session_id = NEW.session_id;
END;
CREATE TRIGGER delivery_moved AFTER UPDATE OF state ON deliveries WHEN OLD.state != NEW.state BEGIN
    UPDATE tallies SET
        pending = pending + (NEW.state = 'pending') - (OLD.state = 'pending'),
        dead = dead + (NEW.state = 'dead') - (OLD.state = 'dead')
    WHERE session_id = NEW.session_id;
END;
CREATE TRIGGER delivery_removed AFTER DELETE ON deliveries WHEN OLD.state != 'done' BEGIN
    UPDATE tallies SET pending = pending - (OLD.state = 'pending'), dead = dead - (OLD.state = 'dead')
    WHERE session_id = OLD.session_id;
END;

-- Endpoints that answered 410 to a session's event.
CREATE TABLE stopped_lanes (
    session_id TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (session_id, endpoint)
) WITHOUT ROWID;

CREATE TABLE secrets (
    session_id TEXT PRIMARY KEY,
    current TEXT NOT NULL,
    previous TEXT NOT NULL,
    previous_until REAL NOT NULL
) WITHOUT ROWID;

CREATE TABLE journal (
    number INTEGER PRIMARY KEY,
    session_id TEXT NOT NULL,
    id TEXT NOT NULL,
    recipient TEXT NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    handover TEXT NOT NULL,
    ack INTEGER NOT NULL,
    accepted_at REAL NOT NULL,
    handed_at REAL,
    acked_at REAL,
    failure TEXT NOT NULL,
    key TEXT NOT NULL,                 -- Idempotency-Key, or empty
    fingerprint TEXT NOT NULL,
    UNIQUE (session_id, id)
);
CREATE INDEX journal_by_key ON journal (session_id, key, accepted_at)
    WHERE key != '';
CREATE INDEX journal_unfinished ON journal (session_id, accepted_at, number)
    WHERE handover IN ('accepted', 'handed');
CREATE INDEX journal_by_age ON journal (accepted_at)
    WHERE handover NOT IN ('accepted', 'handed');

CREATE TABLE received (
    session_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (session_id, message_id)
) WITHOUT ROWID;
CREATE INDEX received_by_age ON received (at);
"""

_SECOND = """
-- What may be put aside when a session has too much waiting.
CREATE INDEX pending_but_messages ON deliveries (session_id, number)
    WHERE state = 'pending' AND name != 'message_received';

-- Purged sessions of which rows may be left: out of sight, and deleted in small steps.
CREATE TABLE forgotten (session_id TEXT PRIMARY KEY) WITHOUT ROWID;
"""

_THIRD = """
-- Several rotations within a day leave several old secrets: [[secret, valid until], …] as JSON, newest first.
ALTER TABLE secrets ADD COLUMN rotated TEXT NOT NULL DEFAULT '[]';
UPDATE secrets SET rotated = json_array(json_array(previous, previous_until)) WHERE previous != '';
ALTER TABLE secrets DROP COLUMN previous;
ALTER TABLE secrets DROP COLUMN previous_until;
"""

_FOURTH = """
ALTER TABLE journal ADD COLUMN reference TEXT NOT NULL DEFAULT '';

-- Received messages whose media is still to be brought from WhatsApp.
CREATE TABLE wanted_media (
    number INTEGER PRIMARY KEY,
    session_id TEXT NOT NULL,
    message_id TEXT NOT NULL,          -- whole, as WhatsApp serialises it
    at REAL NOT NULL,
    UNIQUE (session_id, message_id)
);
"""

_FIFTH = """
-- One row: the oldest schema version whose code can work with what is here (OLDEST_READER).
CREATE TABLE compatibility (oldest_reader INTEGER NOT NULL);
INSERT INTO compatibility VALUES (5);
"""

_SIXTH = """
-- What WhatsApp calls a chat or a person, by number and by hidden id: one key for ever.
CREATE TABLE chat_names (
    session_id TEXT NOT NULL,
    name TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (session_id, name)
) WITHOUT ROWID;
"""

_SEVENTH = """
-- Links by which customers connect their numbers; of a token only the digest is kept.
CREATE TABLE links (
    number INTEGER PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    session_id TEXT NOT NULL,
    expires_at REAL NOT NULL,
    expected_phone TEXT NOT NULL,
    return_url TEXT NOT NULL,
    opened_at REAL,
    ended TEXT,
    ended_at REAL
);
CREATE INDEX links_by_session ON links (session_id, number);
"""

_EIGHTH = """
-- The new contacts of a day are counted by the messages that went to them.
ALTER TABLE journal ADD COLUMN contact TEXT NOT NULL DEFAULT '';
CREATE INDEX journal_new_contacts ON journal (session_id, COALESCE(handed_at, accepted_at), contact)
    WHERE contact != '';
"""

_ALERTS_AND_HISTORY = """
CREATE TABLE alerts (
    code TEXT NOT NULL,
    subject TEXT NOT NULL,             -- a session, an endpoint, or empty
    since REAL NOT NULL,
    session_id TEXT,
    message TEXT NOT NULL,
    remedy TEXT NOT NULL,
    ended_at REAL,
    PRIMARY KEY (code, subject, since)
) WITHOUT ROWID;
CREATE UNIQUE INDEX alerts_firing ON alerts (code, subject) WHERE ended_at IS NULL;
CREATE INDEX alerts_ended ON alerts (ended_at) WHERE ended_at IS NOT NULL;

-- How each session was, every minute and at each change of state.
CREATE TABLE history (
    session_id TEXT NOT NULL,
    at REAL NOT NULL,
    state TEXT NOT NULL,
    memory_mb INTEGER,
    is_coarse INTEGER NOT NULL,
    PRIMARY KEY (session_id, at)
) WITHOUT ROWID;
CREATE INDEX history_by_age ON history (is_coarse, at);
"""

_API_KEYS = """
-- Static keys of programs; of a key only the digest is kept.
CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    sessions TEXT,                     -- ids as JSON; null: all
    scopes TEXT NOT NULL,              -- separated by spaces
    networks TEXT NOT NULL,            -- separated by spaces; empty: from anywhere
    created_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    last_used_at REAL
) WITHOUT ROWID;
"""

_AUDIT = """
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used twice: a cursor stays true
    at REAL NOT NULL,
    action TEXT NOT NULL,
    who TEXT,
    address TEXT,
    session_id TEXT,
    target TEXT,
    request_id TEXT
);
CREATE INDEX audit_of_session ON audit (session_id, id);
"""

_ATTEMPTS = """
-- What came of each try to deliver an event; goes with the event.
CREATE TABLE attempts (
    number INTEGER PRIMARY KEY,
    event INTEGER NOT NULL REFERENCES events (number),
    session_id TEXT NOT NULL,
    at REAL NOT NULL,
    status INTEGER,
    duration_ms INTEGER NOT NULL,
    answer TEXT,
    error TEXT NOT NULL
);
CREATE INDEX attempts_of_event ON attempts (event, number);
CREATE INDEX failed_attempts ON attempts (session_id, at)
    WHERE error != '';
"""

_EVENT_NUMBERS = """
-- One row: the largest number of events that were the newest when they were deleted, so that a cursor over all events stays true.
CREATE TABLE event_numbers (deleted INTEGER NOT NULL);
INSERT INTO event_numbers VALUES (0);
"""

_MOVES = """
-- Sessions that leave for another instance, or have; and those that one has sent, which wait for its word.
CREATE TABLE departures (
    session_id TEXT PRIMARY KEY, state TEXT NOT NULL, owner TEXT NOT NULL, key TEXT NOT NULL, at REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE incoming (
    session_id TEXT PRIMARY KEY, digest TEXT NOT NULL, source TEXT NOT NULL, who TEXT, at REAL NOT NULL,
    is_taken INTEGER NOT NULL
) WITHOUT ROWID;
"""

STEPS: tuple[str, ...] = (
    _FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH, _SIXTH, _SEVENTH, _EIGHTH, _ALERTS_AND_HISTORY,
    _API_KEYS,
    _AUDIT,
    _ATTEMPTS,
    _EVENT_NUMBERS,
    _MOVES,
)  # fmt: skip
VERSION = len(STEPS)
OLDEST_READER = 5
"""The schema of the oldest release that can work with this one: whoever goes back to it loses nothing.

A step only adds what older code can pass over: tables, columns that are null or have a default, indexes. What a step
takes away must have been unused for a whole release; then this rises to that release's schema.
"""
COMPATIBLE = f"UPDATE compatibility SET oldest_reader = {OLDEST_READER};"  # noqa: S608 - a number of ours
