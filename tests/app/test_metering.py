"""The address of /metrics alone: taken before anything starts, let go afterwards, refused where somebody else has it."""

from __future__ import annotations

import socket

import pytest

from tests.defaults import SETTINGS
from tests.support import free_port
from wppmt.app import metering
from wppmt.app.settings import Settings
from wppmt.domain.errors import SetupError


def settings(where: str) -> Settings:
    return SETTINGS.model_copy(update={"http": SETTINGS.http.model_copy(update={"metrics_listen": where})})


def test_nothing_is_taken_unasked():
    with metering.reserved_sockets(SETTINGS) as found:
        assert list(found) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.3"])
def test_it_is_taken_and_let_go(host: str):
    with metering.reserved_sockets(settings(f"{host}:{free_port()}")) as found:
        assert {one.getsockname()[0] for one in found} <= {"127.0.0.1", "::1", "127.0.0.3"}
        assert found
    assert [one.fileno() for one in found] == [-1] * len(found)


def test_somebody_else_s_is_refused_by_the_name_of_its_setting():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        where = f"127.0.0.1:{other.getsockname()[1]}"
        with (
            pytest.raises(SetupError, match="WPP_METRICS_LISTEN"),
            metering.reserved_sockets(settings(where)),
        ):
            pass
