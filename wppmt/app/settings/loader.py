"""Where settings come from: config/default.toml, then a site file, then the environment; checked once."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails

from wppmt.app import secret
from wppmt.app.addresses import base_url, is_wildcard, loopback
from wppmt.app.settings.cluster import settle_cluster
from wppmt.app.settings.model import (
    ArchiveSettings,
    AuthSettings,
    HttpSettings,
    PolicySettings,
    Settings,
    keys,
)
from wppmt.domain.errors import SetupError
from wppmt.domain.system_errors import explain
from wppmt.net import proxies

OF_COMMANDS = ("WPP_CONFIG", "WPP_API_URL", "WPP_API_TOKEN", "WPP_INSTANCE")
"""Variables that are no setting: where commands find the settings, and the API; which of several instances this is."""
DEFAULT_FILES = (
    Path(__file__).parents[3] / "config/default.toml",  # a clone
    Path(sys.prefix) / "share/wppmt/default.toml",  # an installed package
)


def load(
    environ: Mapping[str, str],
    site_file: Path | None = None,
    folder: Path | None = None,
    *,
    makes_key: bool = False,
) -> Settings:
    """Read and check everything; relative paths start at `folder` (default: the working folder).

    Nothing is written, unless it `makes_key`: the simulator's own, where it needs one. Raises SetupError with one
    Portuguese line per trouble, which never shows a hidden value.
    """
    values = _read(next((file for file in DEFAULT_FILES if file.is_file()), DEFAULT_FILES[0]))
    site = site_file or (Path(environ["WPP_CONFIG"]) if environ.get("WPP_CONFIG") else None)
    for layer in (_read(site) if site else {}, _from_environment(environ)):
        for section, content in layer.items():
            values[section] |= content
    try:
        settings = Settings.model_validate(values)
    except ValidationError as failure:
        raise SetupError("\n".join(_tell(error, values) for error in failure.errors())) from None
    return _settle(settings, folder or Path.cwd(), tuple(_notices(environ)), makes_key=makes_key)


def _read(file: Path) -> dict[str, dict[str, Any]]:
    content = _parse(file)
    sections = {section for section, _, _ in keys()}
    known = {(section, key) for section, key, _ in keys()}
    for section, group in content.items():
        if not isinstance(group, dict):
            raise SetupError(f"{file}: {section} está fora de seção. {_nearest_key('', section)}")
        if section not in sections:
            raise SetupError(
                f"{file}: seção desconhecida [{section}]. {_nearest(section, {s: s for s in sections})}"
            )
        for key in group:
            if (section, key) not in known:
                raise SetupError(f"{file}: chave desconhecida {section}.{key}. {_nearest_key(section, key)}")
    return content


def _parse(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as failure:
        raise SetupError(f"Não foi possível ler {file}: {explain(failure)}") from None
    except UnicodeDecodeError:
        raise SetupError(f"{file} não está em UTF-8") from None
    except tomllib.TOMLDecodeError as failure:
        raise SetupError(f"{file} não é um arquivo TOML válido{_place(str(failure))}") from None


def _place(complaint: str) -> str:
    """Python says what is wrong in English, and where."""
    found = re.search(r"at line (\d+), column (\d+)", complaint)
    return f": linha {found[1]}, coluna {found[2]}" if found else ": termina antes do fim"


def _nearest(word: str, words: Mapping[str, str]) -> str:
    return f"Você quis dizer {words[get_close_matches(word.lower(), words, n=1, cutoff=0.0)[0]]}?"


def _nearest_key(section: str, key: str) -> str:
    """By the key's name and by its environment's, in every section; the key's own section comes first."""
    words = {}
    for there, name, env in sorted(keys(), key=lambda known: known[0] == section):
        words[env.name.lower()] = words[env.name.lower().removeprefix("wpp_")] = words[name] = (
            f"{there}.{name}"
        )
    return _nearest(key, words)


def _from_environment(environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    layer: dict[str, dict[str, Any]] = {}
    for section, key, env in keys():
        if value := environ.get(env.name):
            layer.setdefault(section, {})[key] = value
    return layer


def _notices(environ: Mapping[str, str]) -> Iterator[str]:
    known = [env.name for _, _, env in keys()] + [*OF_COMMANDS]
    for name in sorted(environ):
        if name.startswith("WPP_") and name not in known:
            yield f"Variável {name} desconhecida: ignorada. A mais parecida é {get_close_matches(name, known, 1, 0)[0]}"
    if "NODE_ENV" in environ:
        yield "NODE_ENV não tem efeito aqui: ignorada"


_COMPLAINTS = {
    "bool_parsing": "deve ser true ou false",
    "bool_type": "deve ser true ou false",
    "enum": "deve ser um destes: {expected}",
    "finite_number": "deve ser um número finito",
    "float_parsing": "deve ser um número",
    "float_type": "deve ser um número",
    "greater_than": "deve ser maior que {gt}",
    "greater_than_equal": "deve ser no mínimo {ge}",
    "int_from_float": "deve ser um número inteiro",
    "int_parsing": "deve ser um número inteiro",
    "int_type": "deve ser um número inteiro",
    "less_than_equal": "deve ser no máximo {le}",
    "literal_error": "deve ser um destes: {expected}",
    "missing": "está faltando em default.toml",
    "path_type": "deve ser um caminho",
    "string_pattern_mismatch": "não tem o formato esperado ({pattern})",
    "string_too_short": "não pode ficar em branco",
    "string_type": "deve ser um texto",
    "tuple_type": "deve ser uma lista",
}


def _tell(error: ErrorDetails, values: Mapping[str, Mapping[str, Any]]) -> str:
    section, key = str(error["loc"][0]), str(error["loc"][1])
    env = next(env for s, k, env in keys() if (s, k) == (section, key))
    complaint = (
        _COMPLAINTS.get(error["type"], "tem um valor inválido")
        .format(**error.get("ctx", {}))
        .replace(" or ", " ou ")
    )
    text = f"{env.name} ({section}.{key}) {complaint}"
    return text if env.hidden else f"{text}. Recebido: {_shown(values[section].get(key))}"


def _shown(value: object) -> str:
    """As the operator wrote it, or nearly."""
    return repr(value[:60]) if isinstance(value, str) else json.dumps(value, default=str)[:60]


def _settle(settings: Settings, folder: Path, notices: tuple[str, ...], *, makes_key: bool) -> Settings:
    """Cross checks, absolute paths, and the secret that belongs to this way of running."""
    if settings.http.metrics_listen:
        loopback(settings.http.metrics_listen, "WPP_METRICS_LISTEN")
    if not settings.sessions.multi_tenant:
        raise SetupError("WPP_MULTI_TENANT=false não é aceito: o wppmt só tem o modo multi-tenant")
    _check_policy(settings.policy)
    if url := settings.browser.proxy_url:
        try:
            proxies.parse(url)
        except proxies.BadProxy as bad:
            raise SetupError(f"WPP_PROXY_URL {bad}") from None
    folders = {name: folder / getattr(settings.store, name) for name in ("state_dir", "tokens_dir")}
    store = settings.store.model_copy(update=folders)
    logs = settings.logs.model_copy(update={"dir": folder / settings.logs.dir})
    auth, more = _settle_auth(
        settings.auth, store.state_dir, simulated=settings.simulator.used, makes_key=makes_key
    )
    notices += more + _about_public_url(settings.http)
    archive = _settle_archive(settings.archive, folder, store.state_dir)
    cluster = settle_cluster(settings.cluster, settings.http, folder)
    update = {
        "store": store,
        "archive": archive,
        "logs": logs,
        "auth": auth,
        "cluster": cluster,
        "notices": notices,
    }
    return settings.model_copy(update=update)


def _settle_archive(archive: ArchiveSettings, folder: Path, state_dir: Path) -> ArchiveSettings:
    backup_dir = folder / archive.backup_dir if archive.backup_dir else state_dir / "backups"
    key_file = str(folder / archive.key_file) if archive.key_file else ""
    return archive.model_copy(update={"backup_dir": str(backup_dir), "key_file": key_file})


def _check_policy(policy: PolicySettings) -> None:
    """Raises SetupError for what does not fit together."""
    if policy.gap_min_seconds > policy.gap_max_seconds:
        raise SetupError("WPP_STRANGER_GAP_MIN passa de WPP_STRANGER_GAP_MAX")
    if bool(policy.quiet_from) is not bool(policy.quiet_to):
        raise SetupError("WPP_QUIET_FROM e WPP_QUIET_TO: defina os dois, ou nenhum")
    if policy.quiet_from and policy.quiet_from == policy.quiet_to:
        raise SetupError("WPP_QUIET_FROM e WPP_QUIET_TO são o mesmo horário")


def _about_public_url(http: HttpSettings) -> tuple[str, ...]:
    if not is_wildcard(http.host) or http.public_url:
        return ()
    notice = (
        f"WPP_HOST={http.host} sem WPP_PUBLIC_URL: mediaUrl começa com {base_url(http.host, http.port)}."
        " Defina WPP_PUBLIC_URL com o endereço pelo qual os clientes chegam a esta API"
    )
    return (notice,)


def _settle_auth(
    auth: AuthSettings, state_dir: Path, *, simulated: bool, makes_key: bool
) -> tuple[AuthSettings, tuple[str, ...]]:
    asymmetric = bool(auth.public_key or auth.jwks_url)
    algorithm = auth.algorithm or ("RS256" if asymmetric else "HS256")
    if auth.public_key and auth.jwks_url:
        raise SetupError("Defina WPP_JWT_PUBLIC_KEY ou WPP_JWKS_URL, não os dois")
    if asymmetric == (algorithm == "HS256"):
        raise SetupError(
            "WPP_JWT_ALGORITHM não combina: HS256 usa WPP_SECRET; os outros, WPP_JWT_PUBLIC_KEY ou WPP_JWKS_URL"
        )
    auth = auth.model_copy(
        update={"algorithm": algorithm, "public_key": auth.public_key.replace("\\n", "\n")}
    )
    if asymmetric:
        return auth, ()
    chosen, notices = secret.choose(
        auth.secret.get_secret_value(), state_dir, simulated=simulated, makes=makes_key
    )
    return auth.model_copy(update={"secret": SecretStr(chosen)}), notices
