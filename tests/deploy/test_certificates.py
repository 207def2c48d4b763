"""deploy/cluster/certificates.sh, with which a cluster's machines know each other."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

SCRIPT = Path(__file__).parents[2] / "deploy" / "cluster" / "certificates.sh"


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", SCRIPT, *words], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    assert run(tmp_path, "authority").returncode == 0
    return tmp_path


def test_a_machine_is_known_by_its_name_and_its_address_at_both_ends(authority: Path):
    done = run(authority, "machine", "m1", "10.0.0.1", "m1.exemplo", "fd00::1")
    assert done.returncode == 0, done.stderr
    certificate = x509.load_pem_x509_certificate((authority / "m1" / "machine.crt").read_bytes())
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate((authority / "ca.pem").read_bytes()))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["m1", "localhost", "m1.exemplo"]
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == [
        "127.0.0.1",
        "10.0.0.1",
        "fd00::1",
    ]
    uses = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert {*uses} == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}


def test_what_it_makes_is_for_its_owner_alone_and_the_authority_s_key_goes_nowhere(authority: Path):
    run(authority, "machine", "m1", "10.0.0.1")
    made = {file.name: file.stat().st_mode & 0o777 for file in (authority / "m1").iterdir()}
    assert made == dict.fromkeys(("ca.pem", "machine.crt", "machine.key", "machine.pem"), 0o600)
    both = [(authority / "m1" / name).read_text() for name in ("machine.crt", "machine.key")]
    assert (authority / "m1" / "machine.pem").read_text() == "".join(both)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("authority",), "já há uma autoridade"),
        (("machine",), "NOME"),
        (("machine", "m 1", "10.0.0.1"), "NOME"),
        (("machine", "m1-", "10.0.0.1"), "NOME"),
        (("machine", "m" * 64, "10.0.0.1"), "NOME"),
        (("machine", "m1"), "qual é o IP de m1"),
        ((), "certificates.sh authority"),
    ],
)
def test_what_cannot_be_is_said(authority: Path, words: tuple[str, ...], said: str):
    done = run(authority, *words)
    assert done.returncode != 0
    assert said in done.stdout + done.stderr


def test_what_openssl_refuses_is_said_and_leaves_the_place_free(authority: Path):
    done = run(authority, "machine", "m1", "10.0.0.999")
    assert done.returncode != 0
    assert "10.0.0.999" in done.stderr
    assert not (authority / "m1").exists()
    assert run(authority, "machine", "m1", "10.0.0.1").returncode == 0


def test_no_second_certificate_takes_a_machine_s_place(authority: Path):
    run(authority, "machine", "m1", "10.0.0.1")
    before = (authority / "m1" / "machine.crt").read_bytes()
    done = run(authority, "machine", "m1", "10.0.0.1")
    assert done.returncode != 0
    assert "já existe" in done.stderr
    assert (authority / "m1" / "machine.crt").read_bytes() == before
