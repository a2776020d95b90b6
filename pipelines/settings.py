"""Settings: one typed tree, read from `detente.toml`, then `DETENTE_...` variables, then flags; each value knows
where it came from.

Promises: an unknown key is an error that names the nearest known one; a wrong value names its key, its origin and
what to write instead; secrets are references (`env:NAME`, `file:PATH`) and never values, so that no print of the
settings can show one.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal

import msgspec
import platformdirs

from schemas.errors import ConfigError

ENV_PREFIX: Final = "DETENTE_"
RESERVED: Final = ("DETENTE_DATA", "DETENTE_CONFIG", "DETENTE_CACHE", "DETENTE_RUN", "DETENTE_PYTHON", "DETENTE_TEST_")
"""Variables that are no settings."""


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class KafkaSettings(_Strict, frozen=True, kw_only=True):
    """Where Kafka is and how to log in."""

    bootstrap_servers: str = "127.0.0.1:9092"
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    sasl_mechanism: Literal["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = ""
    username: str = ""
    password: str = ""
    ca_file: str = ""


class LogSettings(_Strict, frozen=True, kw_only=True):
    """The event log. `keep_days` is for topics that may be cut; 0 keeps everything."""

    kafka: KafkaSettings = KafkaSettings()
    keep_days: int = 0


class ElasticsearchSettings(_Strict, frozen=True, kw_only=True):
    """Where Elasticsearch is and how to log in."""

    hosts: tuple[str, ...] = ("http://127.0.0.1:9200",)
    api_key: str = ""
    ca_file: str = ""


class IndexSettings(_Strict, frozen=True, kw_only=True):
    """The search index. `prefix` goes before every index and topic name of the cluster profile."""

    elasticsearch: ElasticsearchSettings = ElasticsearchSettings()
    prefix: str = ""


class FlinkSettings(_Strict, frozen=True, kw_only=True):
    """Where the Beam job server and Flink's REST interface are."""

    job_endpoint: str = "127.0.0.1:8099"
    artifact_endpoint: str = "127.0.0.1:8098"
    rest_url: str = "http://127.0.0.1:8081"
    worker_pool: str = "127.0.0.1:50000"


class ExtractSettings(_Strict, frozen=True, kw_only=True):
    """Extraction. `batch_size` is the most articles in one micro-batch of the local engine."""

    tier: Literal["auto", "small", "large"] = "auto"
    batch_size: int = 1000


class ConsoleSettings(_Strict, frozen=True, kw_only=True):
    """The pages. `bind` is HOST:PORT; port 0 takes a free one."""

    bind: str = "127.0.0.1:8642"


class FeedEntry(_Strict, frozen=True, kw_only=True):
    """One `[[feeds]]` entry. `publisher` is the outlet's id (default: the host); `country` ISO 3166 alpha-3."""

    url: str
    name: str = ""
    publisher: str = ""
    country: str = ""
    owner: str = ""
    ownership: str = ""
    language: str = ""
    timezone: str = "UTC"
    format: str = "auto"
    every: float = 900.0
    full_text: Literal["auto", "feed", "page"] = "auto"


class ChannelEntry(_Strict, frozen=True, kw_only=True):
    """One `[channels.NAME]` entry. `secret` is a reference (`env:NAME` or `file:PATH`)."""

    kind: Literal["stdout", "file", "webhook"]
    address: str = ""
    secret: str = ""
    states: tuple[str, ...] = ("firing", "acknowledged", "resolved", "retracted")


class RuleEntry(_Strict, frozen=True, kw_only=True):
    """One `[[rules]]` entry: which alerts to raise. Empty `dyads` means all pairs."""

    id: str
    kind: Literal["change", "breaking", "search"] = "change"
    dyads: tuple[str, ...] = ()
    direction: Literal["", "easing", "tension"] = ""
    min_score: float = 0.0
    query: str = ""
    channels: tuple[str, ...] = ()
    enabled: bool = True


class Settings(_Strict, frozen=True, kw_only=True):
    """Everything that can be set. `tick_seconds` is the shortest time between two live ticks."""

    profile: Literal["embedded", "cluster"] = "embedded"
    data_dir: str = ""
    log: LogSettings = LogSettings()
    index: IndexSettings = IndexSettings()
    flink: FlinkSettings = FlinkSettings()
    extract: ExtractSettings = ExtractSettings()
    feeds: tuple[FeedEntry, ...] = ()
    channels: dict[str, ChannelEntry] = {}
    rules: tuple[RuleEntry, ...] = ()
    tick_seconds: float = 1.0
    console: ConsoleSettings = ConsoleSettings()
    allow_private_addresses: bool = False


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """Settings with the origin of each value that is not a default, by dotted key."""

    settings: Settings
    origins: dict[str, str]
    data_dir: Path


def default_data_dir(environ: Mapping[str, str] | None = None) -> Path:
    """`$DETENTE_DATA`, else the platform's user data directory."""
    named = (os.environ if environ is None else environ).get("DETENTE_DATA", "")
    return Path(named).expanduser() if named else Path(platformdirs.user_data_dir("detente", appauthor=False))


def load(
    *,
    data: Path | None = None,
    config: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Loaded:
    """Read file, environment, then overrides (dotted key to value). ConfigError says which key and what to write."""
    env = dict(os.environ if environ is None else environ)
    data_dir = (data or default_data_dir(env)).expanduser()
    tree: dict[str, Any] = {}
    origins: dict[str, str] = {}
    path, required = _config_path(config, env, data_dir)
    if path.is_file():
        _merge(tree, origins, _read_toml(path), f"file {path}")
    elif required:
        raise ConfigError(f"configuration file {path} does not exist; make it, or leave --config out", "no_config")
    for dotted, value, origin in _from_environment(env):
        _set(tree, origins, dotted, value, origin)
    for dotted, value in (overrides or {}).items():
        _set(tree, origins, dotted, value, "flag")
    _check_keys(tree, origins)
    try:
        settings = msgspec.convert(tree, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise _explained(error, origins) from error
    _check_secrets(settings, origins)
    if data is None and settings.data_dir:
        data_dir = Path(settings.data_dir).expanduser()
    return Loaded(settings=settings, origins=origins, data_dir=data_dir)


def _config_path(config: Path | None, env: Mapping[str, str], data_dir: Path) -> tuple[Path, bool]:
    if config is not None:
        return config, True
    if env.get("DETENTE_CONFIG"):
        return Path(env["DETENTE_CONFIG"]), True
    return data_dir / "detente.toml", False


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}", "not_toml") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", "unreadable") from error


def _merge(tree: dict[str, Any], origins: dict[str, str], values: Mapping[str, Any], origin: str, at: str = "") -> None:
    for key, value in values.items():
        dotted = f"{at}{key}"
        if isinstance(value, dict):
            branch = tree.setdefault(key, {})
            _merge(branch, origins, value, origin, f"{dotted}.")
        else:
            tree[key] = value
            origins[dotted] = origin


def _from_environment(env: Mapping[str, str]) -> Iterator[tuple[str, Any, str]]:
    for name in sorted(env):
        if not name.startswith(ENV_PREFIX) or name.startswith(RESERVED[-1]) or name in RESERVED:
            continue
        dotted = name.removeprefix(ENV_PREFIX).lower().replace("__", ".")
        text = env[name]
        kind = _field_type(dotted)
        value: Any = text.split(",") if kind is not None and str(kind).startswith("tuple[str") else text
        yield dotted, value, f"environment {name}"


def _field_type(dotted: str) -> Any:
    kind: Any = Settings
    for part in dotted.split("."):
        fields = {f.name: f.type for f in msgspec.structs.fields(kind)} if _is_struct(kind) else {}
        kind = fields.get(part)
    return kind


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _set(tree: dict[str, Any], origins: dict[str, str], dotted: str, value: Any, origin: str) -> None:
    *parents, leaf = dotted.split(".")
    branch = tree
    for part in parents:
        branch = branch.setdefault(part, {})
        if not isinstance(branch, dict):
            raise ConfigError(f"{origin}: {dotted} goes through {part}, which is no table", "not_a_table")
    branch[leaf] = value
    origins[dotted] = origin


def _check_keys(tree: Mapping[str, Any], origins: Mapping[str, str], kind: Any = Settings, at: str = "") -> None:
    known = {f.name: f.type for f in msgspec.structs.fields(kind)}
    for key, value in tree.items():
        dotted = f"{at}{key}"
        if key not in known:
            origin = next((o for k, o in origins.items() if k == dotted or k.startswith(f"{dotted}.")), "settings")
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            hint = f"did you mean {at}{near[0]}?" if near else f"known here: {', '.join(sorted(known))}"
            raise ConfigError(f"unknown setting {dotted} ({origin}); {hint}", "unknown_setting")
        if isinstance(value, dict) and _is_struct(known[key]):
            _check_keys(value, origins, known[key], f"{dotted}.")


def _explained(error: msgspec.ValidationError, origins: Mapping[str, str]) -> ConfigError:
    text, _, path = str(error).partition(" - at `$.")
    dotted = path.rstrip("`")
    # msgspec writes [...] for any key of a table; the origins know which keys there are.
    pattern = re.escape(dotted).replace(r"\[\.\.\.\]", r"\.[^.]+")
    named = [key for key in origins if re.fullmatch(pattern, key)] if dotted else []
    under = [key for key in origins if dotted and key.startswith(dotted.partition("[")[0])]
    origin = origins[(named or under)[0]] if named or under else "settings"
    return ConfigError(f"setting {' or '.join(named) or dotted or '(top level)'} ({origin}): {text}", "invalid_setting")


def _check_secrets(settings: Settings, origins: Mapping[str, str]) -> None:
    secrets = {
        "log.kafka.password": settings.log.kafka.password,
        "index.elasticsearch.api_key": settings.index.elasticsearch.api_key,
    } | {f"channels.{name}.secret": entry.secret for name, entry in settings.channels.items()}
    for dotted, value in secrets.items():
        if value and not value.startswith(("env:", "file:")):
            raise ConfigError(
                f"setting {dotted} ({origins.get(dotted, 'settings')}) holds a secret itself; "
                'write a reference instead: "env:NAME" or "file:PATH"',
                "plain_secret",
            )


def resolve_secret(reference: str, environ: Mapping[str, str] | None = None) -> str:
    """The secret behind `env:NAME` or `file:PATH` ("" for ""). ConfigError where it is missing."""
    if not reference:
        return ""
    kind, _, name = reference.partition(":")
    if kind == "env":
        value = (os.environ if environ is None else environ).get(name)
        if value is None:
            raise ConfigError(f"secret {reference}: the variable {name} is not set", "no_secret")
        return value
    if kind != "file":
        raise ConfigError('a secret is a reference: "env:NAME" or "file:PATH"', "plain_secret")
    try:
        return Path(name).expanduser().read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(f"secret {reference} cannot be read: {error.strerror}", "no_secret") from error


def flatten(settings: Settings) -> dict[str, Any]:
    """Every setting by its dotted key, as built-in values."""
    flat: dict[str, Any] = {}

    def walk(value: Any, at: str) -> None:
        if isinstance(value, dict) and value and at != "channels":
            for key, inner in value.items():
                walk(inner, f"{at}.{key}" if at else key)
        else:
            flat[at] = value

    walk(msgspec.to_builtins(settings), "")
    return flat
