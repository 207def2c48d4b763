"""A process for test_killed.py: does something in a child again and again, which is killed (-9) one step later each time.

A step is what changes files, as Python's audit events tell it. What each child left is cleared up by `sweep`, as the next
start does it, and judged; the judgements are printed, one a line.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from tests.archive.installation import KEY, LOGIN, Installation
from wppmt.archive.arrival import sweep

EVENTS = (
    "os.rename",
    "os.link",
    "os.mkdir",
    "os.remove",
    "os.rmdir",
    "open",
    "sqlite3.connect",
    "shutil.rmtree",
)


def main() -> None:
    folder, what = Path(sys.argv[1]), sys.argv[2]
    action, judge = {"backup": (back_up, judge_backup), "restore": (restore, judge_restore)}[what]
    step, is_over = 0, False
    while not is_over:
        step += 1
        shutil.rmtree(folder / "now", ignore_errors=True)
        shutil.copytree(folder / "first", folder / "now")
        is_over = not killed(lambda: action(folder / "now"), step)
        sys.stdout.write(f"{judge(folder / 'now')}\n")


def killed(action: Callable[[], None], step: int) -> bool:
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    left = [step]

    def count(event: str, arguments: tuple[object, ...]) -> None:
        if event in EVENTS and _changes(event, arguments):
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    action()
    os._exit(0)


def _changes(event: str, arguments: tuple[object, ...]) -> bool:
    return event != "open" or (
        isinstance(arguments[2], int) and bool(arguments[2] & (os.O_WRONLY | os.O_RDWR))
    )


def back_up(folder: Path) -> None:
    Installation(folder / "here").back_up()


def judge_backup(folder: Path) -> str:
    here = Installation(folder / "here")
    sweep(here.place, here.backups)
    left = here.leftovers()
    is_there = len(here.store.events_after("loja", 0, 10)) == 5 and here.login().items() >= LOGIN.items()
    archives = list(here.backups.glob("*"))
    for archive in archives:
        there = Installation(folder / "there")
        there.take_in(archive, KEY)
        is_there = is_there and there.login() == LOGIN
    here.store.close()
    return f"{'lost' if left or not is_there else 'whole'} {len(archives)}"


def restore(folder: Path) -> None:
    there = Installation(folder / "there")
    [archive] = (folder / "here/backups").iterdir()
    there.take_in(archive)


def judge_restore(folder: Path) -> str:
    there = Installation(folder / "there")
    sweep(there.place)
    known, login = there.store.session("loja"), there.login()
    is_all = known is not None and login == LOGIN and there.store.last_sequence("loja") == 5
    is_none = known is None and not there.place.profile("loja").exists()
    left = there.leftovers()
    there.store.close()
    if left or not (is_all or is_none):
        return f"half {left} {known}"
    return "restored" if is_all else "nothing"


if __name__ == "__main__":
    main()
