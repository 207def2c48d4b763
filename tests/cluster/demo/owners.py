"""Notes whose each session is by etcd, as it changes: what the judges hold the browsers against."""

from __future__ import annotations

import base64
from typing import Any

from tests.chaos.history import Recorder
from tests.cluster.etcd_server import EtcdServers
from wppmt.cluster import keys

OWNER = "/owner"


class Owners:
    def __init__(self, etcd: EtcdServers, recorder: Recorder) -> None:
        self._etcd = etcd
        self._recorder = recorder
        self.now: dict[str, tuple[str, int]] = {}
        """By session: the machine and its epoch."""

    def look(self) -> None:
        found = self._read()
        if found is None:
            return
        for session in found.keys() | self.now.keys():
            machine, epoch = found.get(session, ("", 0))
            if self.now.get(session, ("", 0)) != (machine, epoch):
                self._recorder.add("owner", tenant=session, machine=machine, epoch=epoch)
        self.now = found

    def _read(self) -> dict[str, tuple[str, int]] | None:
        """None while no member answers."""
        end = keys.SESSIONS[:-1] + chr(ord(keys.SESSIONS[-1]) + 1)
        asked = {"key": _coded(keys.SESSIONS), "range_end": _coded(end)}
        for member in self._etcd.members:
            try:
                answer = self._etcd.call(member, "POST", "/v3/kv/range", asked)
            except OSError:
                continue
            return dict(_owner(pair) for pair in answer.get("kvs", ()) if _text(pair["key"]).endswith(OWNER))
        return None


def _owner(pair: dict[str, Any]) -> tuple[str, tuple[str, int]]:
    session = _text(pair["key"]).removeprefix(keys.SESSIONS).removesuffix(OWNER)
    return session, (_text(pair["value"]), int(pair["create_revision"]))


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _text(coded: str) -> str:
    return base64.b64decode(coded).decode()
