"""`python -m tests.http.alone FOLDER`: the front with fake actors in a process of its own, whose memory can be weighed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.http.conftest import Api, serve


async def main(folder: Path) -> None:
    api = Api()
    api.folder = folder
    async for _ in serve(api):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
