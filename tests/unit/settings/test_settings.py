from pathlib import Path

import pytest

from pipelines.settings import flatten, load, resolve_secret
from schemas.errors import ConfigError


def write(folder: Path, text: str) -> Path:
    file = folder / "detente.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_defaults_need_no_file_and_no_environment(tmp_path: Path) -> None:
    loaded = load(data=tmp_path, environ={})
    assert loaded.settings.profile == "embedded"
    assert loaded.origins == {}
    assert loaded.data_dir == tmp_path


def test_flag_beats_environment_beats_file(tmp_path: Path) -> None:
    write(tmp_path, "tick_seconds = 2\n[console]\nbind = '127.0.0.1:1'\n[extract]\nbatch_size = 7\n")
    loaded = load(
        data=tmp_path,
        environ={"DETENTE_TICK_SECONDS": "3", "DETENTE_CONSOLE__BIND": "127.0.0.1:2"},
        overrides={"console.bind": "127.0.0.1:3"},
    )
    assert (loaded.settings.tick_seconds, loaded.settings.console.bind) == (3.0, "127.0.0.1:3")
    assert loaded.settings.extract.batch_size == 7
    assert loaded.origins["tick_seconds"] == "environment DETENTE_TICK_SECONDS"
    assert loaded.origins["console.bind"] == "flag"
    assert loaded.origins["extract.batch_size"].startswith("file ")


@pytest.mark.parametrize(
    "text,says",
    [
        ("tick_secnds = 2", "did you mean tick_seconds?"),
        ("[log.kafak]\nx = 1", "did you mean log.kafka?"),
        ("[console]\nbnd = 'x'", "did you mean console.bind?"),
        ("zzz = 1", "known here: "),
        ("tick_seconds = 'soon'", "tick_seconds"),
        ("profile = 'cloud'", "profile"),
        ("[[feeds]]\nurl = 'https://a.example/f'\ncolour = 'red'", "colour"),
        ("[channels.desk]\nkind = 'pigeon'", "channels.desk.kind"),
        ("[channels.desk]\nkind = 'webhook'\nsecret = 'whsec_abc'", "channels.desk.secret"),
        ("[log.kafka]\npassword = 'hunter2'", "log.kafka.password"),
        ("profile = ", "is not TOML"),
    ],
)
def test_a_wrong_file_says_which_key_and_what_to_write(tmp_path: Path, text: str, says: str) -> None:
    write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load(data=tmp_path, environ={})
    assert says in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert "whsec_abc" not in str(caught.value)


def test_a_wrong_variable_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="DETENTE_PROFIL"):
        load(data=tmp_path, environ={"DETENTE_PROFIL": "embedded"})


def test_reserved_variables_are_no_settings(tmp_path: Path) -> None:
    environ = {"DETENTE_TEST_KAFKA": "x", "DETENTE_CACHE": "x", "DETENTE_RUN": "x", "DETENTE_PYTHON": "x"}
    assert load(data=tmp_path, environ=environ).origins == {}


def test_the_data_directory_comes_from_flag_then_variable(tmp_path: Path) -> None:
    environ = {"DETENTE_DATA": str(tmp_path / "variable")}
    assert load(environ=environ).data_dir == tmp_path / "variable"
    assert load(data=tmp_path / "flag", environ=environ).data_dir == tmp_path / "flag"


def test_a_named_configuration_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        load(data=tmp_path, config=tmp_path / "no.toml", environ={})


def test_lists_in_variables_are_separated_by_commas(tmp_path: Path) -> None:
    loaded = load(data=tmp_path, environ={"DETENTE_INDEX__ELASTICSEARCH__HOSTS": "http://a:1,http://b:2"})
    assert loaded.settings.index.elasticsearch.hosts == ("http://a:1", "http://b:2")


def test_secrets_are_read_through_their_reference(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-file\n", encoding="utf-8")
    assert resolve_secret("env:KEY", {"KEY": "from-env"}) == "from-env"
    assert resolve_secret(f"file:{tmp_path / 'key'}") == "from-file"
    assert resolve_secret("") == ""
    for reference in ("env:GONE", f"file:{tmp_path / 'gone'}", "plain"):
        with pytest.raises(ConfigError):
            resolve_secret(reference, {})


def test_every_setting_has_a_dotted_key(tmp_path: Path) -> None:
    flat = flatten(load(data=tmp_path, environ={}).settings)
    for key in ("profile", "log.kafka.bootstrap_servers", "index.prefix", "extract.tier", "console.bind", "channels"):
        assert key in flat
