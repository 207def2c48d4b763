"""The sockets that the daemon inherits, and the address that it takes before anything else."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wppmt.app import sockets
from wppmt.browser.keeper.lines import line_name
from wppmt.domain.errors import SetupError

ME = 4711
NOT_OPEN = 999_999
WORDS = st.one_of(st.sampled_from(["", "0", "1", "2", "-1", " 1", "01", str(ME)]), st.text(max_size=8))


@pytest.fixture
def given_fd() -> Iterator[int]:
    """A listening socket as another process left it, to be taken over."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield os.dup(listening.fileno())


def variables(pid: int = ME, count: str = "1") -> dict[str, str]:
    return {"LISTEN_PID": str(pid), "LISTEN_FDS": count, "LISTEN_FDNAMES": "wppmt.socket", "LANG": "C"}


def test_a_socket_is_taken_over_and_kept_from_children(given_fd: int):
    os.set_inheritable(given_fd, True)
    environ = variables()
    inherited = sockets.inherited(environ, ME, given_fd).listening
    assert inherited
    with inherited, socket.create_connection(inherited.getsockname()):
        inherited.accept()[0].close()
        assert not inherited.get_inheritable()
    assert environ == {"LANG": "C"}


def test_another_processs_socket_is_left_alone(given_fd: int):
    environ = variables(pid=ME + 1)
    assert sockets.inherited(environ, ME, given_fd) == sockets.Inherited()
    assert environ == {"LANG": "C"}
    os.close(given_fd)


@given(pid=WORDS, count=WORDS)
@example(pid="", count="")
@example(pid=str(ME), count="2")
def test_odd_variables_are_refused_or_ignored(pid: str, count: str):
    """Nothing is a socket here: whoever gets that far is refused, too."""
    environ = {"LISTEN_PID": pid, "LISTEN_FDS": count}
    if pid == str(ME) and count not in {"0", "00", "000"}:
        with pytest.raises(SetupError, match=r"wppmt\.socket"):
            sockets.inherited(environ, ME, NOT_OPEN)
    else:
        assert sockets.inherited(environ, ME, NOT_OPEN) == sockets.Inherited()
    assert environ == {}


@pytest.mark.parametrize("kind", ["file", "deaf", "udp", "unix"])
def test_what_is_no_listening_tcp_socket_is_refused(tmp_path: Path, kind: str):
    if kind == "file":
        fd = os.open(tmp_path, os.O_RDONLY)
    else:
        made = socket.socket(
            socket.AF_UNIX if kind == "unix" else socket.AF_INET,
            socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM,
        )
        with closing(made):
            if kind == "unix":
                made.bind(str(tmp_path / "x"))
                made.listen()
            fd = os.dup(made.fileno())
    with pytest.raises(SetupError, match=r"wppmt\.socket"):
        sockets.inherited(variables(), ME, fd)
    if kind == "file":
        os.close(fd)


def test_what_we_stored_is_found_by_its_name_behind_the_socket():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        pairs = {line_name(name, 7): socket.socketpair() for name in ("a", "b")}
        first = os.dup(listening.fileno())
        given = [first, *(os.dup(ours.fileno()) for ours, _ in pairs.values())]
        base = _in_a_row(given)
        names = ":".join(["wppmt.socket", *pairs])
        found = sockets.inherited(variables(count="3") | {"LISTEN_FDNAMES": names}, ME, base)
        assert found.listening
        assert found.listening.getsockname() == listening.getsockname()
        assert list(found.lines) == list(pairs)
        for name, end in found.lines.items():
            end.sendall(name.encode())
            assert pairs[name][1].recv(100) == name.encode()
            assert not end.get_inheritable()
        for one in (
            found.listening,
            *found.lines.values(),
            *(end for pair in pairs.values() for end in pair),
        ):
            one.close()


def test_stored_lines_alone_are_no_socket_to_listen_on():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        names = {"LISTEN_FDNAMES": line_name("a", 7)}
        found = sockets.inherited(variables() | names, ME, _in_a_row([os.dup(ours.fileno())]))
        assert found.listening is None
        [end] = found.lines.values()
        end.close()


def _in_a_row(descriptors: list[int]) -> int:
    """Moved to numbers that follow each other, as systemd hands them over; the first one."""
    base = 200
    for number, descriptor in enumerate(descriptors):
        os.dup2(descriptor, base + number)
        os.close(descriptor)
    return base


def test_a_reserved_address_is_nobody_elses_and_accepts_nobody_yet():
    [reserved] = sockets.reserve("127.0.0.1", 0)
    host, port = reserved.getsockname()
    with reserved:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, port))
        reserved.listen()
        with pytest.raises(SetupError, match=rf"{host}:{port}.*Mude WPP_PORT"):
            sockets.reserve(host, port)


def test_every_address_of_a_name_is_reserved():
    found = sockets.reserve("localhost", 0)
    assert found
    for one in found:
        assert one.getsockname()[0] in {"127.0.0.1", "::1"}
        one.close()


def test_a_name_that_is_none_is_refused():
    with pytest.raises(SetupError, match="WPP_HOST"):
        sockets.reserve("no such host", 8005)
