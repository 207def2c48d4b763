"""What `make setup` installs is named to the byte, and from wherever."""

from __future__ import annotations

import configparser
import re
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-build.lock", "requirements-service.lock")


def locked(name: str) -> dict[Requirement, list[str]]:
    """Each package with its hashes."""
    found = {}
    for entry in (ROOT / name).read_text(encoding="ascii").replace("\\\n", " ").splitlines():
        requirement, *hashes = entry.split("--hash=")
        found[Requirement(requirement.strip())] = [one.strip() for one in hashes]
    return found


def here(requirement: Requirement) -> bool:
    """Whether it is for this Python and this system."""
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_has_one_version_and_hashes_and_no_place_is_named(name: str):
    for requirement, hashes in locked(name).items():
        assert [one.operator for one in requirement.specifier] == ["=="], requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes)
    assert not re.search(r"://|index|find-links|@", (ROOT / name).read_text(encoding="ascii"))


def test_the_lock_is_what_setup_asks_for():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    extras = config["options.extras_require"]
    wanted = config["options"]["install_requires"] + extras["demo"] + extras["dev"]
    versions = {canonicalize_name(one.name): one for one in locked(LOCKS[0]) if here(one)}
    asked = [
        Requirement(line) for line in wanted.splitlines() if line and not line.startswith(("#", "wppmt["))
    ]
    assert len(asked) > 30
    for requirement in filter(here, asked):
        [version] = versions[canonicalize_name(requirement.name)].specifier
        assert requirement.specifier.contains(version.version), f"{requirement}: run make lock"


def test_what_is_installed_is_what_is_locked():
    installed = {canonicalize_name(one.name): one.version for one in metadata.distributions()}
    for requirement in filter(here, locked(LOCKS[0])):
        [version] = requirement.specifier
        assert installed[canonicalize_name(requirement.name)] == version.version, "run make setup"


def test_the_package_s_lock_names_the_very_versions_that_the_tests_run_with():
    everything = {str(one): hashes for one, hashes in locked(LOCKS[0]).items()}
    for requirement, hashes in locked(LOCKS[2]).items():
        found = [known for known in everything if Requirement(known).name == requirement.name]
        assert any(
            Requirement(known).specifier == requirement.specifier and everything[known] == hashes
            for known in found
        ), f"{requirement}: run make lock"


def test_the_package_brings_what_traces_need():
    """In a tree that nobody may add to."""
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    wanted = {
        Requirement(line).name for line in config["options.extras_require"]["otel"].splitlines() if line
    }
    assert wanted <= {one.name for one in locked(LOCKS[2])}
