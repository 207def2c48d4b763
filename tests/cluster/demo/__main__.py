"""`make cluster-demo`: three etcd, three machines with real Chromes and HAProxy, on this computer. A session moves under load,
a machine dies and comes back, one is drained; then the history is judged.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.chaos.__main__ import time_limit
from tests.chaos.closing import gather, settle
from tests.chaos.history import History, Recorder
from tests.cluster.demo.acts import Play, of_moves
from tests.cluster.demo.ground import Cluster, cluster
from tests.cluster.demo.judging import verdict, violations

MACHINES = ("m1", "m2", "m3")
SESSIONS = ("loja-1", "loja-2", "loja-3")
LIMIT_SECONDS, OF_A_MOVE = 540.0, 20.0
SENDS = 1.5
"""A second, in all; and as many inbound."""
SHOWN = 12


def main() -> int:
    options = _options()
    options.history.parent.mkdir(parents=True, exist_ok=True)
    if not options.judge:
        recorder = Recorder(options.history)
        try:
            with time_limit(LIMIT_SECONDS + OF_A_MOVE * options.moves):
                _play(recorder, options.moves)
        finally:
            recorder.close()
    return _tell_verdict(History.read(options.judge or options.history))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster.demo", description=__doc__)
    parser.add_argument(
        "--moves", type=int, default=0, help="instead of the acts: so many moves of one session under load"
    )
    parser.add_argument(
        "--history", type=Path, default=Path("var/cluster.jsonl"), help="where it is recorded"
    )
    parser.add_argument("--judge", type=Path, help="run nothing: judge this history")
    return parser.parse_args()


def _play(recorder: Recorder, moves: int) -> None:
    with tempfile.TemporaryDirectory(prefix="wppmt-cluster-", ignore_cleanup_errors=True) as folder:
        tell("três etcd, três máquinas com HAProxy, o simulador: subindo")
        with cluster(Path(folder), recorder, MACHINES, SESSIONS) as made:
            people = {one.name: {"phone": one.phone, "person": one.person} for one in made.traffic.customers}
            recorder.add("run", preset="cluster", seed=0, tenants=people)
            try:
                play = Play(made, tell)
                _perform(play, moves)
                _settle(made, recorder)
                if not moves:
                    with play.act("4. uma máquina se perde de vez, e o operador permitiu o failover"):
                        play.failover(Path(folder) / "archives")
                _close(made, recorder)
            except BaseException:
                _keep_logs(made)
                raise


def _perform(play: Play, moves: int) -> None:
    with play.act("as sessões conectam, por qualquer máquina"):
        play.connect()
    play.cluster.recorder.add("phase", name="loaded")
    play.cluster.traffic.start(SENDS, SENDS)
    if moves:
        with play.act(f"{moves} mudanças de uma sessão, sob carga"):
            play.many_moves(moves)
    else:
        with play.act("1. uma sessão muda de máquina"):
            play.a_move()
        with play.act("2. uma máquina perde a energia, e volta"):
            play.power_cut()
        with play.act("3. uma máquina é esvaziada para manutenção"):
            play.drained()
    tell(of_moves(play.moves))


def _settle(made: Cluster, recorder: Recorder) -> None:
    """What a backup brings back is of before: what is lost and what is twice is judged without it."""
    made.traffic.stop()
    settle(made, tell)
    gather(made)
    recorder.add("phase", name="stopping")


def _close(made: Cluster, recorder: Recorder) -> None:
    tell("encerrando")
    for machine in made.machines:
        machine.stop()
    made.note_leftovers()
    recorder.add("phase", name="stopped")


def _keep_logs(made: Cluster) -> None:
    """What each machine said, for whoever looks why it did not go on."""
    kept = Path(tempfile.mkdtemp(prefix="wppmt-cluster-"))
    for machine in made.machines:
        shutil.copytree(machine.folder / "logs", kept / machine.name)
        for name in ("stderr", "route"):
            shutil.copy(machine.folder / name, kept / machine.name / name)
    tell(f"Logs: {kept}")


def _tell_verdict(history: History) -> int:
    found = violations(history)
    sends = history.sends
    accepted = sum(send.accepted is not None for send in sends)
    again = sum(len(send.attempts) > 1 for send in sends)
    sum_up = (
        f"{len(sends)} envios ({accepted} aceitos, {again} só depois de repetidos com a mesma chave),"
        f" {len(history.of('written'))} recebidas, {len(history.webhooks)} eventos entregues"
    )
    lines: Sequence[str] = [
        sum_up,
        *verdict(found),
        *(f"  {one.t:.3f} {one.kind}: {one.text}" for one in found[:SHOWN]),
    ]
    print("\n".join(lines))  # noqa: T201 - what it is for
    return 1 if found else 0


_began = time.monotonic()


def tell(line: str) -> None:
    print(f"{time.monotonic() - _began:6.1f} s  {line}", flush=True)  # noqa: T201 - for who watches


if __name__ == "__main__":
    sys.exit(main())
