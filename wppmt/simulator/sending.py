"""What the server does with the messages of one page: accepts them at once, answers after its delay."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from wppmt.simulator.errors import Refused
from wppmt.simulator.faults import Fault
from wppmt.simulator.limits import Limits
from wppmt.simulator.records import Device, Json, Media
from wppmt.simulator.routing import Draft
from wppmt.simulator.world import World

REJECTED_ERROR = 479

Reply = Callable[[Json], None]


class Sending:
    """``faults`` are those that this page brought with it; faults ordered for its phone come on top."""

    def __init__(self, world: World, device: Device, faults: list[Fault]) -> None:
        self._world = world
        self._device = device
        self._faults = {fault.kind: fault for fault in faults}
        self.limits = Limits(world, device.phone, faults)

    def send(self, data: Json, reply: Reply) -> None:
        draft = draft_of(data)
        try:
            fault = self._accept(draft)
        except Refused as refusal:
            answer = {"error": refusal.code, "ackErrorCode": refusal.status}
            self._answer_later(reply, answer, 0)
            return
        if not fault or fault.kind == "ack_delay":
            extra_ms = fault.option("delayMs", 0) if fault else 0
            self._answer_later(reply, {"t": draft.t, "id": draft.id}, extra_ms)

    def _accept(self, draft: Draft) -> Fault | None:
        """Answers the fault that strikes the ack. The message is on disk when this returns."""
        self._check(draft)
        fault = self._take("ack_never") or self._take("ack_delay")
        if fault:
            self._log("fault", id=fault.id, kind=fault.kind, message=draft.id)
        lost = fault is not None and fault.kind == "ack_never" and not fault.option("deliver", True)
        new = not lost and self._world.switchboard.accept(self._device.phone, draft, self._device.id)[1]
        self._log("send", id=draft.id, to=draft.to, type=draft.type, via="page", repeated=not (new or lost))
        self._world.commit()
        return fault

    def _check(self, draft: Draft) -> None:
        fault = self._take("send_reject")
        if fault:
            self._reject(fault, draft, fault.option("errorCode", REJECTED_ERROR))
        refusal = self.limits.refusal(draft.to)
        if refusal:
            self._reject(refusal[0], draft, refusal[1])

    def _reject(self, fault: Fault, draft: Draft, error: int) -> None:
        self._log("fault", id=fault.id, kind=fault.kind, message=draft.id)
        self._world.commit()
        raise Refused(error, fault.kind.upper(), "o servidor recusou a mensagem")

    def _take(self, kind: str) -> Fault | None:
        return self._faults.get(kind) or self._world.faults.take([kind], self._device.phone)

    def _answer_later(self, reply: Reply, answer: Json, extra_ms: float) -> None:
        delay = (self._world.settings.ack_ms + extra_ms) / 1000
        asyncio.get_running_loop().call_later(delay, self._answer, reply, answer)

    def _answer(self, reply: Reply, answer: Json) -> None:
        if "error" not in answer:
            self._log("ack", id=answer["id"], ack=1)
            self._world.commit()
        reply(answer)

    def _log(self, event: str, **details: object) -> None:
        self._world.log.add(event, phone=self._device.phone, device=self._device.id, **details)


def draft_of(data: Json) -> Draft:
    """The message as the page writes it on the wire."""
    draft = Draft(
        id=data["id"],
        to=data["to"],
        t=data["t"],
        type=data["type"],
        body=data.get("body"),
        caption=data.get("caption"),
        quoted=data.get("quoted"),
        mentions=tuple(data.get("mentions") or ()),
        target=data.get("target"),
        content=data.get("content"),
    )
    media = data.get("media")
    if not media:
        return draft
    return replace(
        draft, media=Media(media["sha256"], media["size"], media["mimetype"], media.get("fileName"))
    )
