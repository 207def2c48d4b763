"""Keeps the tables of a HAProxy as the cluster is: follows etcd, writes the files, tells the process that runs."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable

from wppmt.cluster import keys
from wppmt.cluster.addresses import Addresses
from wppmt.cluster.etcd import Compacted, Etcd, Unavailable
from wppmt.cluster.haproxy import HAProxy, Unanswered
from wppmt.cluster.map_files import MapFiles
from wppmt.cluster.routing import Tables, tables
from wppmt.cluster.view import View
from wppmt.domain.cluster import MachineState

LOOK_SECONDS = 1.0
"""Between two looks at HAProxy's process, where nothing changes."""
ASK_EVERY = 30
"""Looks until it is asked what it holds, whether or not something seems to have changed."""
RESOLVE_EVERY = 300
"""Looks until all names are looked up again: a host may have another address by now."""


class Router:
    """`say` is told in Portuguese what is otherwise than before."""

    def __init__(
        self,
        etcd: Etcd,
        files: MapFiles,
        haproxy: HAProxy,
        say: Callable[[str], None],
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._etcd = etcd
        self._files = files
        self._haproxy = haproxy
        self._say = say
        self._look_seconds = look_seconds
        self._addresses = Addresses(self._is)
        self._view = View()
        self._tables = Tables()
        self._changed = asyncio.Event()
        self._troubles: dict[str, str] = {}

    def begin(self) -> None:
        """What held when it ran last holds until etcd says otherwise; HAProxy finds all its files. Raises OSError."""
        self._tables = self._files.read()
        self._files.write(self._tables)

    async def run(self) -> None:
        """Until it is cancelled. Raises OSError where the files cannot be written."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._follow())
            both.create_task(self._keep())

    async def _follow(self) -> None:
        while True:
            try:
                snapshot = await self._etcd.read(keys.PREFIX)
                self._is("etcd", "")
                self._view.reset(snapshot)
                self._changed.set()
                async for changes in self._etcd.watch(keys.PREFIX, snapshot.revision):
                    self._view.apply(changes)
                    self._changed.set()
            except Compacted:
                continue
            except Unavailable as failure:
                why = f" ({failure})" if str(failure) else ""
                self._is("etcd", f"o etcd não responde{why}: as tabelas ficam como estão")
                await asyncio.sleep(self._look_seconds)

    async def _keep(self) -> None:
        for look in itertools.count():
            asks = look % ASK_EVERY == 0
            if asks and self._addresses.forget_failures():
                self._changed.set()
            if look and look % RESOLVE_EVERY == 0:
                self._addresses.forget_all()
                self._changed.set()
            # Until etcd has answered, what was true when this last ran stays.
            if self._changed.is_set() and self._view.revision:
                self._changed.clear()
                await self._draw_up()
            await self._tell(asks=asks)
            try:
                async with asyncio.timeout(self._look_seconds):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _draw_up(self) -> None:
        view = self._view
        homes = {name: one.home for name, one in view.sessions.items() if one.home}
        # Who lost its lease may serve on where it was.
        urls = {home.machine: home.url for home in homes.values() if home.url}
        urls |= {name: machine.value.url for name, machine in view.machines.items()}
        came = {name: machine.created for name, machine in view.machines.items()}
        await self._addresses.look_up({url: came.get(name, 0) for name, url in urls.items()})
        made = tables(
            {name: home.machine for name, home in homes.items()},
            {name: address for name, url in urls.items() if (address := self._addresses.of(url))},
            self._free(),
            self._tables,
        )
        # First the files: a HAProxy that starts in between has read them.
        self._files.write(made, self._tables)
        self._tables = made

    def _free(self) -> dict[str, int]:
        """Of those that take new sessions; where none does, of all."""
        machines = self._view.machines
        well = {name for name, one in machines.items() if one.value.state == MachineState.OK}
        takers = well - self._view.drains or machines.keys()
        return {name: machines[name].value.places - machines[name].value.used for name in takers}

    async def _tell(self, *, asks: bool) -> None:
        wanted = {str(self._files.path(name)): table for name, table in self._tables.items().items()}
        try:
            is_new = await self._haproxy.keep(wanted, asks=asks)
        except Unanswered as failure:
            self._is("HAProxy", str(failure))
            return
        self._is("HAProxy", "")
        if is_new:
            self._say(
                f"HAProxy em dia: {len(self._tables.owners)} sessões, {len(self._tables.machines)} máquinas"
            )

    def _is(self, what: str, trouble: str) -> None:
        """Told once when it begins, and once when it is over."""
        if trouble != self._troubles.get(what, ""):
            self._troubles[what] = trouble
            self._say(trouble or f"{what}: de novo em ordem")
