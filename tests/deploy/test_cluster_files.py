"""What docs/escala.md copies to a machine: three etcd come up by it, and take nobody without a certificate."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support import wait_until
from wppmt.app.settings import keys, load

ROOT = Path(__file__).parents[2]
CLUSTER = ROOT / "deploy" / "cluster"
GUIDE = (ROOT / "docs" / "escala.md").read_text(encoding="utf-8")
ADDRESSES = {"m1": "127.0.0.41", "m2": "127.0.0.42", "m3": "127.0.0.43"}
"""All of loopback is this machine's; the ports are those of the guide."""
ELECTED_SECONDS = 20.0

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(60),
    pytest.mark.skipif(not shutil.which("etcd"), reason="etcd is not installed"),
]


def typed(begin: str) -> str:
    """The command of the guide that begins so, with the lines that go on with it."""
    found = re.search(rf"^{re.escape(begin)}(?:.*\\\n)*.*$", GUIDE, re.MULTILINE)
    assert found, begin
    return found[0].replace("/usr/share/doc/wppmt/examples/cluster", str(CLUSTER))


def by_guide(begin: str, name: str, folder: Path, redirected: str) -> str:
    """The file that this command of the guide writes on a machine."""
    command = typed(begin).replace(redirected, str(folder / "made"))
    (folder / "made").write_text("")
    environ = {"PATH": os.environ["PATH"], "NOME": name, "IP": ADDRESSES[name]}
    subprocess.run(["bash", "-euc", command], env=environ, check=True)
    return (folder / "made").read_text(encoding="utf-8")


def test_no_variable_of_before_stays_beside_the_new_one(tmp_path: Path):
    """systemd would take the last of two, and the command the first."""
    file = tmp_path / "wppmt.env"
    file.write_text(
        "WPP_SECRET=old\nWPP_PORT=8005\nWPP_CLUSTER_ETCD=old\nWPP_PUBLIC_URL=old\nWPP_ARCHIVE_KEY=old\n"
    )
    command = typed("sed -i '/^WPP_").replace("/etc/wppmt/wppmt.env", str(file))
    subprocess.run(["bash", "-euc", command], check=True)
    assert file.read_text() == "WPP_PORT=8005\n"


def variables(text: str) -> dict[str, str]:
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ca")
    for words in (["authority"], *(["machine", name, address] for name, address in ADDRESSES.items())):
        subprocess.run(["bash", CLUSTER / "certificates.sh", *words], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, certificates: Path) -> Iterator[None]:
    with ExitStack() as down:
        for name in ADDRESSES:
            folder = tmp_path_factory.mktemp(name)
            text = by_guide('sed "/^ETCD_INITIAL_CLUSTER=/!s/NOME', name, folder, "/etc/default/etcd")
            text = text.replace("/etc/etcd", str(certificates / name))
            # The list of all three, which the guide has corrected by hand.
            for number, address in enumerate(ADDRESSES.values(), start=1):
                text = text.replace(f"https://10.0.0.{number}:", f"https://{address}:")
            environ = {"PATH": os.environ["PATH"], "ETCD_DATA_DIR": str(folder / "data"), **variables(text)}
            with (folder / "log").open("wb") as log:
                process = subprocess.Popen(["etcd"], env=environ, stdout=log, stderr=log)
            down.callback(process.wait)
            down.callback(process.kill)
        yield


def etcdctl(certificates: Path | None, *words: str) -> subprocess.CompletedProcess[str]:
    endpoints = ",".join(f"https://{address}:2379" for address in ADDRESSES.values())
    environ = {"PATH": os.environ["PATH"], "ETCDCTL_API": "3", "ETCDCTL_ENDPOINTS": endpoints}
    if certificates:
        own = certificates / "m1"
        environ |= {"ETCDCTL_CACERT": f"{own}/ca.pem", "ETCDCTL_CERT": f"{own}/machine.crt", "ETCDCTL_KEY": f"{own}/machine.key"}  # fmt: skip
    return subprocess.run(
        ["etcdctl", *words], env=environ, capture_output=True, text=True, check=False, timeout=20
    )


@pytest.mark.skipif(not shutil.which("etcdctl"), reason="etcdctl is not installed")
@pytest.mark.usefixtures("cluster")
def test_three_come_up_elect_one_and_take_nobody_without_a_certificate(certificates: Path):
    wait_until(lambda: etcdctl(certificates, "put", "a", "b").returncode == 0, ELECTED_SECONDS)
    words = typed("etcdctl endpoint status").split()[1:]
    said = etcdctl(certificates, *words).stdout
    assert all(f"https://{address}:2379" in said for address in ADDRESSES.values())
    assert said.count(" true ") == 1
    stranger = etcdctl(
        None, "--insecure-skip-tls-verify", "--dial-timeout=2s", "--command-timeout=3s", "get", "a"
    )
    assert stranger.returncode != 0


def test_the_settings_of_the_guide_are_settings_of_this_version(tmp_path: Path, certificates: Path):
    text = by_guide('sed "s/=NOME$', "m2", tmp_path, "/etc/wppmt/wppmt.env")
    found = variables(text)
    assert "NOME" not in text.replace("Troque NOME", "")
    assert found["WPP_CLUSTER_MACHINE"] == "m2"
    assert found["WPP_CLUSTER_URL"] == "https://127.0.0.42:8443"
    assert found.keys() <= {env.name for _, _, env in keys()}
    environ = {
        name: value.replace("/etc/wppmt/cluster", str(certificates / "m2")) for name, value in found.items()
    }
    settings = load({"WPP_SECRET": "x" * 40, **environ}, folder=tmp_path)
    assert settings.cluster.machine == "m2"
    assert len(settings.cluster.etcd) == 3
