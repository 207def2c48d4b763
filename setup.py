"""What setup.cfg cannot say: a package without the scripts that run in WhatsApp's page is not built at all."""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent


def from_npm() -> list[Path]:
    """The files of npm packages that setup.cfg puts into the wheel."""
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    data = config["options.package_data"]
    return [
        Path(package.replace(".", "/"), name)
        for package in data
        for name in data[package].split()
        if "node_modules" in name
    ]


class BuildWithScripts(build_py):
    """An editable install comes before `npm ci`, and looks into the clone itself."""

    def run(self) -> None:
        missing = [str(file) for file in from_npm() if not (ROOT / file).is_file()]
        if missing and not self.editable_mode:
            raise SystemExit(f"Not built, for want of {', '.join(missing)}. Run `make setup` first")
        super().run()


setup(cmdclass={"build_py": BuildWithScripts})
