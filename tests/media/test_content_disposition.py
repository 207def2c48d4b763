"""File names in Content-Disposition headers, as servers of all kinds write them and as clients read ours."""

from __future__ import annotations

import re
from email.message import EmailMessage
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wppmt.media.content_disposition import attachment, file_name_in, name_in_address

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\'), min_size=1).map(
    str.strip
).filter(bool)  # fmt: skip


def as_aiohttp_gives_it(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="boleto 11-2026.pdf"', "boleto 11-2026.pdf"),
        ("attachment; filename=boleto.pdf", "boleto.pdf"),
        ("attachment;filename=boleto.pdf;size=3", "boleto.pdf"),
        ("attachment; filename=relatório final.pdf", "relatório final.pdf"),
        ("inline; FileName = \"a.pdf\"", "a.pdf"),
        ("attachment; filename=\"relat_rio final.pdf\"; filename*=UTF-8''relat%C3%B3rio%20final.pdf", "relatório final.pdf"),
        ("attachment; filename*=UTF-8''relat%C3%B3rio.pdf; filename=\"x.pdf\"", "relatório.pdf"),
        ("attachment; filename*=utf-8'pt-BR'relat%C3%B3rio.pdf", "relatório.pdf"),
        ("attachment; filename*=ISO-8859-1''relat%F3rio.pdf", "relatório.pdf"),
        ("attachment; filename*=\"UTF-8''relat%C3%B3rio.pdf\"", "relatório.pdf"),
        ("attachment; filename*=UTF-8''a%2520b.pdf", "a%20b.pdf"),
        ("attachment; filename=\"a.pdf\"; filename*=x-none''b.pdf", "a.pdf"),
        ("attachment; filename=\"a.pdf\"; filename*=UTF-8''%FF.pdf", "a.pdf"),
        ("attachment; filename=\"a.pdf\"; filename*=b.pdf", "a.pdf"),
        (r'attachment; filename="diz \"oi\".pdf"', 'diz "oi".pdf'),
        (r'attachment; filename="C:\pasta\a.pdf"', r"C:\pasta\a.pdf"),
        ('attachment; filename="a;b=c.pdf"', "a;b=c.pdf"),
        ('attachment; filename="sem fim.pdf', "sem fim.pdf"),
        ("attachment; filename==?UTF-8?B?cmVsYXTDs3Jpby5wZGY=?=", "relatório.pdf"),
        ('attachment; filename="=?UTF-8?Q?relat=C3=B3rio.pdf?="', "relatório.pdf"),
        ('attachment; filename="=?x-none?Q?a?="', "=?x-none?Q?a?="), ('attachment; filename="=?UTF-8?B?a?="', "=?UTF-8?B?a?="),
        ("attachment; filename*=UTF-8''relatório.pdf", "relatório.pdf"), ("attachment; filename*=base64''YQ.pdf; filename=a.pdf", "a.pdf"),
        ('form-data; name="arquivo"; filename="a.pdf"', "a.pdf"),
        ("attachment; filename=\"100%25.pdf\"", "100%25.pdf"),
        ("attachment", ""), ("", ""), ("attachment; filename=", ""), ("attachment; filename=\"\"", ""), (";;;", ""), ("filename=a.pdf", ""),
    ],
)  # fmt: skip
def test_what_servers_write(header: str, name: str):
    assert file_name_in(header) == name


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "cp1252"])
def test_raw_bytes_of_either_charset(charset: str):
    raw = 'attachment; filename="relatório nº 1.pdf"'.encode(charset)
    assert file_name_in(as_aiohttp_gives_it(raw)) == "relatório nº 1.pdf"


@given(NAMES, st.sampled_from(["utf-8", "UTF-8", "utf-16-le", "iso-8859-15"]))
def test_any_name_is_read_as_it_was_escaped(name: str, charset: str):
    try:
        value = quote(name.encode(charset), safe="")
    except UnicodeEncodeError:
        return
    assert file_name_in(f"attachment; filename=\"x\"; filename*={charset}''{value}") == name


@given(NAMES)
def test_any_quoted_name_is_read_as_it_was_written(name: str):
    if not re.fullmatch(r"=\?.*\?=", name):
        assert file_name_in(as_aiohttp_gives_it(f'attachment; filename="{name}"'.encode())) == name


@given(st.text())
def test_no_header_breaks_the_reader(header: str):
    file_name_in(header.encode("utf-8", "replace").decode())
    file_name_in(header.encode("utf-16", "replace").decode("utf-8", "surrogateescape"))


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("relat%C3%B3rio%20final.pdf", "relatório final.pdf"),
        ("a%2520b.pdf", "a%20b.pdf"),
        ("relat%F3rio.pdf", "relatório.pdf"),
        ("50%.pdf", "50%.pdf"),
        ("a+b.pdf", "a+b.pdf"),
    ],
)
def test_an_address_is_decoded_once(raw: str, name: str):
    assert name_in_address(raw) == name


@given(NAMES)
def test_an_escaped_name_comes_out_of_an_address_as_it_was(name: str):
    assert name_in_address(quote(name, safe="")) == name


@given(NAMES.filter(lambda name: not re.search(r"=\?.*\?=", name)))
def test_our_own_header_is_read_back(name: str):
    assert file_name_in(attachment(name)) == name


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_our_own_header_is_one_line_of_ascii(name: str):
    header = attachment(name)
    assert header.isascii()
    assert header.isprintable()


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("teste 50%.pdf", "teste 50%.pdf"),
        ("relatório.pdf", "relatorio.pdf"),
        ("👩‍💻 currículo.pdf", "_ curriculo.pdf"),
        ('diz "oi"\\.pdf', "diz _oi__.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "a__Set-Cookie: x.pdf"),
    ],
)
def test_old_clients_get_a_plain_name(name: str, plain: str):
    message = EmailMessage()
    message["Content-Disposition"] = attachment(name).partition("; filename*")[0]
    assert message.get_filename() == plain
