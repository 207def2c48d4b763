"""What a machine has of the cluster while it is read anew."""

from __future__ import annotations

from wppmt.cluster import keys
from wppmt.cluster.etcd import Entry, Snapshot
from wppmt.cluster.values import Home
from wppmt.cluster.view import View


def test_what_another_thread_reads_stays_whole_while_everything_is_read_anew():
    view = View()
    home = Entry(keys.home("loja"), Home(machine="a").dump(), 5, 5, 0)
    leader = Entry(keys.LEADER, "a", 6, 6, 7)
    view.reset(Snapshot(6, (home, leader)))
    in_use = view.sessions
    view.reset(Snapshot(9, ()))
    assert list(in_use) == ["loja"]
    assert (list(view.sessions), view.leader, view.revision) == ([], "", 9)
