"""Pix keys: written as the directory has them, refused where a digit is wrong."""

from __future__ import annotations

import pytest

from wppmt.domain.pix import pix_key


@pytest.mark.parametrize(
    ("key_type", "written", "key"),
    [
        ("CPF", "111.444.777-35", "11144477735"),
        ("CPF", "11144477736", None),
        # Both remainders that end on a digit of their own: 2 gives 9, 1 gives 0.
        ("CPF", "111.222.333-96", "11122233396"),
        ("CPF", "222.333.444-05", "22233344405"),
        # The first check digit is wrong, the second is right for it.
        ("CPF", "11144477743", None),
        ("CPF", "11111111111", None),
        ("CPF", "1114447773", None),
        ("CNPJ", "11.222.333/0001-81", "11222333000181"),
        ("CNPJ", "11.222.333/0001-18", None),
        ("CNPJ", "12.ABC.345/01DE-35", "12ABC34501DE35"),
        ("CNPJ", "12.abc.345/01de-35", "12ABC34501DE35"),
        ("CNPJ", "12.ABC.345/01DE-36", None),
        ("CNPJ", "00000000000000", None),
        ("PHONE", "(11) 99999-8888", "+5511999998888"),
        ("PHONE", "+55 11 3333-4444", "+551133334444"),
        ("PHONE", "5511999998888", "+5511999998888"),
        # The country's number is also an area's.
        ("PHONE", "(55) 99999-8888", "+5555999998888"),
        ("PHONE", "999998888", None),
        ("PHONE", "+14155550123", None),
        ("EMAIL", " Pix@Loja.br ", "pix@loja.br"),
        ("EMAIL", "loja.br", None),
        ("EMAIL", "a@" + "b" * 80 + ".br", None),
        ("EVP", "123E4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174000"),
        ("EVP", "123e4567e89b12d3a456426614174000", None),
        ("EVP", "11144477735", None),
    ],
)
def test_a_key_is_as_the_directory_has_it_or_none(key_type: str, written: str, key: str | None):
    assert pix_key(key_type, written) == key
