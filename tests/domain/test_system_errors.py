"""What the operating system refuses with, in Portuguese."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wppmt.domain.system_errors import explain


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EACCES, "permissão negada"),
        (errno.EADDRINUSE, "endereço já em uso"),
        (errno.ENOENT, "arquivo ou pasta não existe"),
        (errno.ECONNREFUSED, "conexão recusada"),
        (errno.ENOSPC, "não há espaço no disco"),
    ],
)
def test_the_common_ones_have_words(number: int, said: str):
    assert explain(OSError(number, os.strerror(number))) == said


@given(st.integers(-5, 200))
def test_none_is_reported_in_the_systems_own_language(number: int):
    text = explain(OSError(number, os.strerror(number)))
    assert text
    assert os.strerror(number) not in text


def test_a_rare_one_keeps_the_name_that_one_can_search_for():
    assert explain(OSError(errno.EXDEV, "Invalid cross-device link")) == "erro EXDEV do sistema"


def test_what_python_itself_raises_is_reported(tmp_path: Path):
    with pytest.raises(OSError) as found:
        (tmp_path / "a" / "b").write_text("")
    assert explain(found.value) == "arquivo ou pasta não existe"
    assert explain(TimeoutError()) == "tempo esgotado"
    assert (
        explain(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
        == "nome não encontrado no DNS"
    )


def test_one_without_a_number_is_not_given_that_of_another():
    assert explain(OSError("algo")) == "erro OSError do sistema"
    assert explain(socket.gaierror("algo")) == "o nome não pôde ser resolvido (0)"
