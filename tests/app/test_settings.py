from __future__ import annotations

import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from wppmt.app.secret import EXAMPLES, choose
from wppmt.app.settings import DEFAULT_FILES, Settings, keys, load
from wppmt.domain.errors import SetupError

SECRET = "s" * 32
BASE = {"WPP_SECRET": SECRET}


def refusal(environ: dict[str, str], site_file: Path | None = None) -> str:
    with pytest.raises(SetupError) as caught:
        load(environ, site_file)
    return str(caught.value)


def site(folder: Path, text: str) -> Path:
    file = folder / "local.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_default_file_is_the_reference_of_every_key():
    """Each key stands there once, under its section, with a comment that ends in its environment name."""
    section, comment, listed = "", "", []
    for line in DEFAULT_FILES[0].read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line.startswith("#"):
            comment = line
        elif found := re.match(r"(\w+) = ", line):
            name = re.fullmatch(r"# [^\[\]]+ \[(\w+)\]", comment)
            assert name, comment
            listed.append((section, found[1], name[1]))
    assert listed == [(s, k, env.name) for s, k, env in keys()]


def test_names_in_the_environment_are_unique():
    names = [env.name for _, _, env in keys()]
    assert len(names) == len(set(names))


def test_document_names_work_as_they_stand(tmp_path: Path):
    settings = load(
        {
            "WPP_PORT": "9005",
            "WPP_MULTI_TENANT": "true",
            "WPP_MAX_SESSIONS": "3",
            "WPP_SECRET": SECRET,
            "WEBHOOK_URL": "http://avelarsys-turbozap:3000/api/webhook/default",
            "WEBHOOK_TIMEOUT": "30000",
            "WEBHOOK_RETRIES": "3",
            "REDIS_URL": "redis://redis:6379",
            "NODE_ENV": "production",
            "LOG_LEVEL": "INFO",
            "WPP_PROXY_URL": "http://proxy:3128",
        },
        folder=tmp_path,
    )
    assert (settings.http.port, settings.sessions.max, settings.logs.level) == (9005, 3, "info")
    assert settings.webhooks.url.endswith("/default")
    assert (settings.redis.url, settings.browser.proxy_url) == ("redis://redis:6379", "http://proxy:3128")
    assert [notice for notice in settings.notices if "NODE_ENV" in notice]


def test_environment_wins_over_site_file_over_default(tmp_path: Path):
    file = site(tmp_path, "[http]\nport = 9001\nhost = '127.0.0.2'\n")
    settings = load(BASE | {"WPP_PORT": "9002", "WPP_CONFIG": str(file)})
    assert (settings.http.host, settings.http.port, settings.http.rate_per_minute) == ("127.0.0.2", 9002, 100)


def test_empty_variable_counts_as_absent():
    assert load(BASE | {"WPP_PORT": ""}).http.port == 8005


def test_paths_start_at_the_working_folder(tmp_path: Path):
    settings = load(BASE | {"WPP_LOG_DIR": "/elsewhere"}, folder=tmp_path)
    assert settings.store.tokens_dir == tmp_path / "tokens-3"
    assert settings.logs.dir == Path("/elsewhere")


def test_list_from_the_environment_is_split_by_commas():
    assert load(BASE | {"WPP_EGRESS_ALLOW": "sink:3000, 10.0.0.0/8,"}).egress.allow == (
        "sink:3000",
        "10.0.0.0/8",
    )


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("[htp]\nport = 1", "http"),
        ("[http]\nprt = 1", "http.port"),
        ("[simulator]\nprt = 1", "simulator.port"),
        ("[http]\nmax_sessions = 1", "sessions.max"),
        ("[http]\nWPP_PORT = 1", "http.port"),
        ("log_level = 1", "logs.level"),
    ],
)
def test_unknown_key_in_a_file_refuses_and_suggests(tmp_path: Path, text: str, suggestion: str):
    line = refusal(BASE, site(tmp_path, text))
    assert line.endswith(f"Você quis dizer {suggestion}?")


def test_unknown_variable_only_warns():
    settings = load(BASE | {"WPP_MAX_SESSION": "3", "OTHER": "x"})
    assert settings.sessions.max == 10
    assert [n for n in settings.notices if "WPP_MAX_SESSION " in n and "WPP_MAX_SESSIONS" in n]
    assert not [n for n in settings.notices if "OTHER" in n]


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("WPP_PORT", "80x", "inteiro"),
        ("WPP_PORT", "70000", "65535"),
        ("WPP_MULTI_TENANT", "talvez", "true ou false"),
        ("WPP_MULTI_TENANT", "false", "multi-tenant"),
        ("LOG_LEVEL", "loud", "'debug'"),
        ("WPP_SEND_DEADLINE", "nan", "finito"),
        ("WPP_SEND_DEADLINE", "0", "maior que 0"),
        ("REDIS_URL", "http://redis", "forma"),
        ("WPP_SIMULATOR", "yes", "'external'"),
        ("WPP_STOP_DEADLINE", "301", "300"),
        ("WPP_METRICS_LISTEN", "0.0.0.0:9464", "desta máquina"),
        ("WPP_METRICS_LISTEN", "metrics.example:9464", "desta máquina"),
        ("WPP_METRICS_LISTEN", "[::]:9464", "desta máquina"),
        ("WPP_METRICS_LISTEN", "127.0.0.1:0", "porta"),
        ("WPP_METRICS_LISTEN", "9464", "formato"),
    ],
)
def test_bad_value_is_reported_in_one_line(name: str, value: str, complaint: str):
    line = refusal(BASE | {name: value})
    assert name in line
    assert complaint in line
    assert "\n" not in line


def test_all_troubles_are_reported_at_once():
    assert len(refusal(BASE | {"WPP_PORT": "x", "WPP_RATE_LIMIT": "-1"}).splitlines()) == 2


def test_hidden_values_are_never_shown(tmp_path: Path):
    canary = "hunter2"
    assert canary not in refusal(BASE | {"REDIS_URL": f"x://user:{canary}@h"})
    assert canary not in refusal({"WPP_SECRET": canary})
    urls = {
        "REDIS_URL": f"redis://:{canary}@h",
        "WEBHOOK_URL": f"http://h/?k={canary}",
        "WPP_PROXY_URL": canary,
    }
    assert canary not in repr(load({"WPP_SECRET": canary * 8} | urls, folder=tmp_path))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[http", "não é um arquivo TOML válido: termina antes do fim"),
        ("http = 3", "está fora de seção"),
        ("[http]\nport = '80'x", "linha 2, coluna 12"),
    ],
)
def test_broken_file_refuses(tmp_path: Path, text: str, said: str):
    told = refusal(BASE, site(tmp_path, text))
    assert "local.toml" in told
    assert said in told


def test_missing_file_refuses(tmp_path: Path):
    assert "nowhere.toml" in refusal(BASE | {"WPP_CONFIG": str(tmp_path / "nowhere.toml")})


class TestKeys:
    """Which algorithm and key belong together."""

    def test_hs256_without_more(self):
        assert load(BASE).auth.algorithm == "HS256"

    def test_public_key_means_rs256_and_needs_no_secret(self):
        auth = load({"WPP_JWT_PUBLIC_KEY": "-----BEGIN PUBLIC KEY-----\\nabc"}).auth
        assert auth.algorithm == "RS256"
        assert auth.public_key.splitlines()[1] == "abc"

    @pytest.mark.parametrize(
        "environ",
        [
            {"WPP_JWT_ALGORITHM": "HS256", "WPP_JWKS_URL": "https://issuer/keys"},
            {"WPP_JWT_ALGORITHM": "ES256"},
            {"WPP_JWT_PUBLIC_KEY": "pem", "WPP_JWKS_URL": "https://issuer/keys"},
            {"WPP_JWT_ALGORITHM": "none"},
        ],
    )
    def test_contradictions_refuse(self, environ: dict[str, str]):
        assert "WPP_JW" in refusal(BASE | environ)


class TestSecret:
    """docs/contract.md 1: weak secrets refuse the start, except in simulator mode."""

    @pytest.mark.parametrize("weak", ["", "x" * 31, *sorted(EXAMPLES)])
    def test_weak_secret_refuses(self, weak: str):
        assert "WPP_SECRET" in refusal({"WPP_SECRET": weak})

    @pytest.mark.parametrize("weak", ["", "x" * 31, *sorted(EXAMPLES)])
    def test_simulator_makes_its_own_once(self, tmp_path: Path, weak: str):
        environ = {"WPP_SECRET": weak, "WPP_SIMULATOR": "1", "WPP_STATE_DIR": str(tmp_path / "state")}
        first = load(environ, makes_key=True)
        assert len(first.auth.secret.get_secret_value()) == 64
        assert load(environ).auth == first.auth
        assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
        assert [stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "state").iterdir()] == [0o600]

    def test_good_secret_stands_in_simulator_mode_too(self):
        assert load(BASE | {"WPP_SIMULATOR": "1"}).auth.secret.get_secret_value() == SECRET

    def test_two_that_start_together_agree(self, tmp_path: Path):
        with ThreadPoolExecutor(8) as pool:
            made = pool.map(lambda _: choose("", tmp_path, simulated=True, makes=True)[0], range(8))
        assert len(set(made)) == 1

    def test_state_folder_that_cannot_be_used(self, tmp_path: Path):
        (tmp_path / "file").write_text("")
        with pytest.raises(SetupError, match="WPP_STATE_DIR"):
            choose("", tmp_path / "file", simulated=True, makes=True)

    def test_who_only_looks_makes_none(self, tmp_path: Path):
        environ = {"WPP_SIMULATOR": "1", "WPP_STATE_DIR": str(tmp_path / "state")}
        assert load(environ).auth.secret.get_secret_value() == ""
        assert not (tmp_path / "state").exists()
        made = load(environ, makes_key=True).auth
        assert load(environ).auth == made


def test_settings_cannot_be_changed():
    settings: Settings = load(BASE)
    with pytest.raises(ValueError, match="frozen"):
        settings.http.port = 1  # type: ignore[misc]
