"""PURE: to which machine a request goes, as three tables that HAProxy looks things up in (deploy/front/haproxy-cluster.cfg)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

DRAWS = 100
"""HAProxy draws a number below it for a request that is of no session yet."""
Table = Mapping[str, str]
_PLAIN = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
"""What is otherwise is no session and no machine, and might be a command to HAProxy."""


@dataclass(frozen=True, slots=True)
class Tables:
    """By file name without its ending."""

    owners: Table = field(default_factory=dict)
    """By session, its machine: by `home` and not by `owner`, which ends with a lease, though its machine may serve on."""
    machines: Table = field(default_factory=dict)
    """By machine, `IP/PORT`: HAProxy takes both apart, and an IPv6 address has colons of its own."""
    draws: Table = field(default_factory=dict)
    """By number drawn, the machine. Empty: nobody is there."""

    def items(self) -> Mapping[str, Table]:
        return {"owners": self.owners, "machines": self.machines, "draws": self.draws}


def tables(homes: Table, addresses: Table, free: Mapping[str, int], before: Tables) -> Tables:
    """What holds now: each session's machine, where each is, and how many more sessions take those that live. Where none does,
    draws stay as they were.
    """
    machines = {name: address for name, address in addresses.items() if _PLAIN.fullmatch(name)}
    owners = {
        session: name
        for session, name in homes.items()
        if _PLAIN.fullmatch(session) and _PLAIN.fullmatch(name)
    }
    known = {name: places for name, places in free.items() if name in machines}
    left = {number: name for number, name in before.draws.items() if name in machines}
    return Tables(owners, machines, draws(known) or left)


def draws(free: Mapping[str, int]) -> dict[str, str]:
    """The numbers below DRAWS among the machines, in proportion to their free places; evenly where nobody has any."""
    weights = {name: max(places, 0) for name, places in free.items()}
    if not any(weights.values()):
        weights = dict.fromkeys(free, 1)
    names: list[str] = []
    total, reached = sum(weights.values()), 0
    for name in sorted(weights):
        reached += weights[name]
        names += [name] * (DRAWS * reached // total - len(names))
    return {str(number): name for number, name in enumerate(names)}


def host_and_port(url: str) -> tuple[str, int]:
    """Where HAProxy reaches it. Raises ValueError."""
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError(url)
    return parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def commands(file: str, there: Table, wanted: Table) -> list[str]:
    """For HAProxy's runtime interface: what makes a table of one the other."""
    return [
        *(f"del map {file} {key}" for key in there if key not in wanted),
        *(
            f"set map {file} {key} {wanted[key]}"
            for key in there
            if wanted.get(key, there[key]) != there[key]
        ),
        *(f"add map {file} {key} {value}" for key, value in wanted.items() if key not in there),
    ]
