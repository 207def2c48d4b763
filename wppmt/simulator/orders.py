"""Orders of faults at run time: who is struck at once, and what ends by itself."""

import asyncio

from wppmt.simulator.faults import CONNECTING, LIMITS, LINKED, OPEN, Fault, hidden_modules
from wppmt.simulator.world import World


class Orders:
    def __init__(self, world: World) -> None:
        self._world = world
        self._end: asyncio.TimerHandle | None = None
        self._await_next_end()

    def give(self, fault: Fault) -> None:
        """A fault for a page that is open strikes at once; any other waits for its occasion."""
        world = self._world
        world.log.add("fault", id=fault.id, kind=fault.kind, phone=fault.phone, ordered=True)
        for page in world.pages_of(fault.phone) if fault.phone else []:
            if (
                fault.kind in OPEN | LINKED and world.faults.take([fault.kind], fault.phone)
            ) or fault.kind in CONNECTING:
                page.strike(fault)
        self._tell(fault)
        world.commit()
        self._await_next_end()

    def take_back(self, fault_id: str) -> None:
        """What a page could not see of its modules is there again."""
        fault = self._world.faults.delete(fault_id)
        if fault.kind == "missing_module" and fault.phone:
            self._world.tell(fault.phone, "reveal", {"modules": hidden_modules(fault.options)})
        self._tell(fault)
        self._world.commit()

    def stop(self) -> None:
        if self._end:
            self._end.cancel()

    def _tell(self, fault: Fault) -> None:
        if fault.kind in LIMITS and fault.phone:
            self._world.tell_limits(fault.phone)

    def _await_next_end(self) -> None:
        """A limit is lifted by itself when its time is over."""
        self.stop()
        end = self._world.faults.next_end()
        if end is not None:
            delay = max(0.0, end - self._world.clock.now())
            self._end = asyncio.get_running_loop().call_later(delay, self._lift_what_is_over)

    def _lift_what_is_over(self) -> None:
        for fault in self._world.faults.take_over(self._world.clock.now()):
            self._tell(fault)
        self._world.commit()
        self._await_next_end()
