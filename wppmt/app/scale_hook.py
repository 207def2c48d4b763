"""The operator's command that is told when the cluster should grow or shrink."""

from __future__ import annotations

import asyncio
import os
import shlex
from asyncio.subprocess import DEVNULL

from wppmt.cluster.scaling import Advice, Places
from wppmt.domain.log import WriteLog
from wppmt.domain.system_errors import explain

HOOK_SECONDS = 60.0


async def advise(command: str, log: WriteLog, advice: Advice, places: Places) -> None:
    """`command` gets the advice as its last argument, and the figures in its environment; nothing else of ours."""
    log(
        "cluster_advice",
        level="warning" if advice is Advice.MORE else "info",
        advice=advice,
        free=places.free,
        places=places.all,
        machines=places.machines,
    )
    if command:
        await _run([*shlex.split(command), advice.value], log, places)


async def _run(words: list[str], log: WriteLog, places: Places) -> None:
    figures = {
        "WPP_CLUSTER_PLACES": str(places.all),
        "WPP_CLUSTER_FREE": str(places.free),
        "WPP_CLUSTER_MACHINES": str(places.machines),
    }
    environ = {"PATH": os.environ.get("PATH", os.defpath)} | figures
    try:
        process = await asyncio.create_subprocess_exec(
            *words, env=environ, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
        )
    except OSError as failure:
        log("scale_hook_failed", level="error", note=explain(failure))
        return
    try:
        code = await asyncio.wait_for(process.wait(), HOOK_SECONDS)
    except TimeoutError:
        log("scale_hook_failed", level="error", note=f"Não terminou em {HOOK_SECONDS:.0f} segundos")
        return
    finally:
        # Also where nobody waits for it any more.
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code:
        log("scale_hook_failed", level="error", code=code)
