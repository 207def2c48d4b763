"""A foreign client that sits at the other end of a conversation: told what to do, asked what it has heard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.peers.stories import end, start
from tests.simulator.conftest import SimulatorProcess

Json = dict[str, Any]


class CannotDo(Exception):
    """What the client said when it did not do what it was told."""


class OtherSide:
    """Paired with a number of its own; `name` is one of ``other_side_NAME.js``."""

    def __init__(self, name: str, simulator: SimulatorProcess, profile: Path, phone: str) -> None:
        self.name = name
        self.phone = phone
        self._process = start("other_side.js", simulator, profile, client=name)
        try:
            self._ask("pair", phone)
        except CannotDo:
            end(self._process)
            raise

    def send(self, kind: str, to: str, **content: Any) -> str:
        """The short id of the message that it says it has sent."""
        return str(self._ask("send", kind, to, content))

    def act(self, kind: str, message_id: str, **content: Any) -> None:
        """On a message that it has sent or heard of."""
        self._ask("act", kind, message_id, content)

    def hears(self, kind: str, message_id: str, **fields: Any) -> Json:
        """What its listeners were told of that message, come or yet to come."""
        heard: Json = self._ask("hear", {"kind": kind, "id": message_id, **fields})
        return heard

    def downloads(self, message_id: str) -> Json:
        """`sha256` in hex, and `mimetype`."""
        found: Json = self._ask("download", message_id)
        return found

    def marks_seen(self, chat: str) -> None:
        self._ask("seen", chat)

    def close(self) -> None:
        try:
            self._ask("close")
        finally:
            end(self._process)

    def _ask(self, command: str, *parameters: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        print(
            json.dumps({"command": command, "parameters": parameters}), file=self._process.stdin, flush=True
        )
        for line in self._process.stdout:
            # The client's own log may come here, too.
            if line.startswith('{"answer"'):
                return json.loads(line)["answer"]
            if line.startswith('{"error"'):
                raise CannotDo(json.loads(line)["error"])
        raise CannotDo(f"{command}: it has ended")
