"""The compose file of deploy/, and the same container started by podman."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
FILE = DEPLOY / "docker-compose-wppconnect-3.yml"
SERVICE = "wppconnect-3"
Service = dict[str, Any]


def service(file: Path = FILE, name: str = SERVICE) -> Service:
    """With the defaults of its variables."""
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", file.read_text(encoding="utf-8"))
    found: Service = yaml.safe_load(text)["services"][name]
    return found


def variables(file: Path) -> dict[str, str]:
    """Of a file for env_file."""
    lines = (line for line in file.read_text(encoding="utf-8").splitlines() if re.match(r"\w+=", line))
    return dict(line.split("=", 1) for line in lines)


def as_podman(told: Service, data: Path) -> list[str]:
    """`podman run`'s options for the same container, but for its network and its restarts; `data` stands for the host's folder."""
    limits = told["deploy"]["resources"]["limits"]
    options = ["--user", told["user"], "--cpus", limits["cpus"], "--memory", limits["memory"]]
    options += ["--pids-limit", str(told["pids_limit"]), "--shm-size", told["shm_size"].replace("gb", "g")]
    options += ["--stop-timeout", told["stop_grace_period"].removesuffix("s")]
    options += ["--health-cmd", shlex.join(told["healthcheck"]["test"][1:]), "--health-interval", "disable"]
    options += [f"--cap-drop={name}" for name in told["cap_drop"]]
    options += [f"--tmpfs={path}" for path in told["tmpfs"]]
    options += ["--read-only"] if told["read_only"] else []
    for option in told["security_opt"]:
        name, _, value = option.partition(":")
        options.append(f"--security-opt={name}" + (f"={DEPLOY / value}" if name == "seccomp" else ""))
    for volume in told["volumes"]:
        host, inside = volume.split(":")
        options.append(f"--volume={data / Path(host).name}:{inside}")
    given = variables(DEPLOY / "docker.env.example") | dict(
        line.split("=", 1) for line in told["environment"]
    )
    return options + [f"--env={name}={value}" for name, value in given.items() if value]
