"""The names of the cluster's keys in etcd. What stands at them is in `values.py`."""

from __future__ import annotations

import re

PREFIX = "/wppmt/"
MACHINES, DRAINS = f"{PREFIX}machines/", f"{PREFIX}drains/"
SESSIONS, GOALS = f"{PREFIX}sessions/", f"{PREFIX}goals/"
LEADER = f"{PREFIX}leader"

_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}", re.ASCII)


def is_name(text: str) -> bool:
    """Whether a machine may be called so: it stands in keys, in URLs and in HAProxy's configuration."""
    return bool(_NAME.fullmatch(text))


def machine(name: str) -> str:
    """On the machine's lease: it lives."""
    return MACHINES + name


def drain(name: str) -> str:
    """On no lease: the operator wants no session on that machine."""
    return DRAINS + name


def session(session_id: str) -> str:
    """The prefix of a session's two keys."""
    return f"{SESSIONS}{session_id}/"


def owner(session_id: str) -> str:
    """On the owner's lease. Its create revision is the epoch."""
    return f"{session(session_id)}owner"


def home(session_id: str) -> str:
    """On no lease: whose the session is, also while that machine cannot say so. HAProxy is told from it."""
    return f"{session(session_id)}home"


def goal(session_id: str) -> str:
    """On no lease: where the session should go."""
    return GOALS + session_id
