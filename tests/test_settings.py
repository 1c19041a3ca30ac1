"""Settings: read from where operators write them, refused by name, and documented as they are."""

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from graphql_api import settings as module
from graphql_api.db.engine import create_engine
from graphql_api.errors import OperatorError
from graphql_api.settings import PREFIX, Settings, parse_keys

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
EXAMPLE = ROOT / ".env.example"
SECRET = "a-made-up-key-of-32-characters-or-more"
ADDRESS = "postgresql://ann:hidden@db.example/blog"


@pytest.fixture(autouse=True)
def _complete(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Begin with an environment that is enough, in a folder without a ``.env``."""
    monkeypatch.setenv("DATABASE_URL", ADDRESS)
    monkeypatch.setenv("GRAPHQL_API_SECRET_KEY", SECRET)
    monkeypatch.chdir(tmp_path)


def documented() -> dict[str, tuple[str, str]]:
    """Read the defaults and the reasons from the page, by variable."""
    rows = re.findall(rf"^\| `({PREFIX}\w+)` \| (.+?) \| (.+) \|$", PAGE, re.MULTILINE)
    return {name: (default, why) for name, default, why in rows}


def reasons() -> dict[str, str]:
    """Read the docstring under each attribute of the class, with Markdown's quotes."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef)).body
    return {
        attribute.target.id: str(docstring.value.value).replace("``", "`")
        for attribute, docstring in pairwise(body)
        if isinstance(attribute, ast.AnnAssign)
        and isinstance(attribute.target, ast.Name)
        and isinstance(docstring, ast.Expr)
        and isinstance(docstring.value, ast.Constant)
    }


def shown(value: object) -> str:
    """Write a default as an operator would."""
    if value is None or value == ():
        return "none"
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def defaults() -> dict[str, str]:
    """Say each variable's default."""
    return {
        PREFIX + name.upper(): "required" if field.is_required() else shown(field.default)
        for name, field in Settings.model_fields.items()
    }


def test_two_variables_are_enough() -> None:
    settings = Settings.load()
    assert settings.url.render_as_string(hide_password=False) == (
        "postgresql+asyncpg://ann:hidden@db.example/blog"
    )
    assert settings.secret_key.get_secret_value() == SECRET


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("DATABASE_URL", "", "must look like postgresql://user:password@host:port/name"),
        ("DATABASE_URL", "blog", "must look like postgresql://user:password@host:port/name"),
        ("DATABASE_URL", "mysql://a:hidden@b/c", "must look like postgresql://"),
        ("DATABASE_URL", "postgresql://a:hidden@b:port/c", "must look like postgresql://"),
        ("GRAPHQL_API_SECRET_KEY", "short", "must have 32 characters or more"),
        ("GRAPHQL_API_TOKEN_KEYS", "", "must look like name:secret,name:secret"),
        ("GRAPHQL_API_TOKEN_KEYS", f"hidden{SECRET}", "must look like name:secret,name:secret"),
        ("GRAPHQL_API_TOKEN_KEYS", f"a:{SECRET}-hidden,", "must look like name:secret"),
        ("GRAPHQL_API_TOKEN_KEYS", f"a b:{SECRET}-hidden", "letters, digits and hyphens"),
        ("GRAPHQL_API_DATA_KEYS", "a:hidden", "each secret must have 32 characters or more"),
        ("GRAPHQL_API_DATA_KEYS", f"a:{SECRET},a:{SECRET}hidden", "two keys of the name a"),
        ("GRAPHQL_API_DATA_KEYS", f"{'a' * 21}:{SECRET}-hidden", "must look like name:secret"),
        ("GRAPHQL_API_POOL_SIZE", "0", "greater than or equal to 1"),
        ("GRAPHQL_API_POOL_SIZE", "501", "less than or equal to 500"),
        ("GRAPHQL_API_POOL_SIZE", "many", "a valid integer"),
        ("GRAPHQL_API_POOL_SIZE", "", "a valid integer"),
        ("GRAPHQL_API_POOL_TIMEOUT_S", "0", "greater than 0"),
        ("GRAPHQL_API_POOL_TIMEOUT_S", "nan", "greater than 0"),
        ("GRAPHQL_API_POOL_RECYCLE_S", "-2", "greater than or equal to -1"),
        ("GRAPHQL_API_PGBOUNCER", "perhaps", "a valid boolean"),
        ("GRAPHQL_API_COMMAND_TIMEOUT_S", "-1", "greater than 0"),
        ("GRAPHQL_API_MAX_CONNECTIONS_PER_REQUEST", "0", "greater than or equal to 1"),
        ("DATABASE_URL", "postgresql://eve@host:99999/blog", "must look like postgresql://"),
        ("DATABASE_URL", "postgresql://eve@host:many/blog", "must look like postgresql://"),
        ("DATABASE_URL", "postgresql://eve@host/blog?tls=yes", "not known: tls"),
    ],
)
def test_a_wrong_value_is_refused_by_name_in_one_sentence(
    variable: str, value: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(OperatorError) as refused:
        Settings.load()
    sentence = str(refused.value)
    assert variable in sentence
    assert says in sentence
    assert "hidden" not in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize("variable", ["DATABASE_URL", "GRAPHQL_API_SECRET_KEY"])
def test_a_missing_value_is_named(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(variable)
    with pytest.raises(OperatorError, match=rf"{variable}: Field required"):
        Settings.load()


def test_all_wrong_values_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHQL_API_POOL_SIZE", "many")
    monkeypatch.setenv("GRAPHQL_API_PGBOUNCER", "perhaps")
    with pytest.raises(OperatorError, match=r"POOL_SIZE: .+; GRAPHQL_API_PGBOUNCER: "):
        Settings.load()


def test_every_setting_can_be_set_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "GRAPHQL_API_DATABASE_URL": "postgresql://eve@other.example/blog",
        "GRAPHQL_API_SECRET_KEY": SECRET[::-1],
        "GRAPHQL_API_TOKEN_KEYS": f"new:{SECRET}, old:{SECRET[::-1]}",
        "GRAPHQL_API_DATA_KEYS": f"a:{SECRET}",
        "GRAPHQL_API_POOL_SIZE": "7",
        "GRAPHQL_API_POOL_TIMEOUT_S": "1.5",
        "GRAPHQL_API_POOL_RECYCLE_S": "60",
        "GRAPHQL_API_COMMAND_TIMEOUT_S": "2.5",
        "GRAPHQL_API_MAX_CONNECTIONS_PER_REQUEST": "2",
        "GRAPHQL_API_PGBOUNCER": "true",
        "GRAPHQL_API_EXECUTION": "reference",
        "GRAPHQL_API_MAX_BODY_BYTES": "9000",
        "GRAPHQL_API_MAX_BATCH_OPERATIONS": "3",
        "GRAPHQL_API_REQUEST_TIMEOUT_S": "3.5",
        "GRAPHQL_API_DRAIN_S": "0.5",
        "GRAPHQL_API_GRACE_S": "3",
        "GRAPHQL_API_MAX_WAITING_REQUESTS": "70",
        "GRAPHQL_API_MAX_TOKENS": "2000",
        "GRAPHQL_API_MAX_DEPTH": "7",
        "GRAPHQL_API_MAX_ALIASES": "8",
        "GRAPHQL_API_MAX_ROOT_FIELDS": "9",
        "GRAPHQL_API_MAX_MUTATIONS": "2",
        "GRAPHQL_API_MAX_COST": "800",
        "GRAPHQL_API_MAX_NODES": "900",
        "GRAPHQL_API_RATE_LIMIT": "1000",
        "GRAPHQL_API_RATE_WINDOW_S": "30",
        "GRAPHQL_API_RATE_STORAGE": "redis://cache.example:6379/1",
        "GRAPHQL_API_TRUSTED_PROXIES": "10.0.0.1",
        "GRAPHQL_API_INTROSPECTION": "true",
        "GRAPHQL_API_GRAPHIQL": "true",
        "GRAPHQL_API_SUGGESTIONS": "true",
        "GRAPHQL_API_PERSISTED_DOCUMENTS": "trusted",
        "GRAPHQL_API_DEVELOPMENT": "true",
        "GRAPHQL_API_SLOW_OPERATION_S": "2.5",
        "GRAPHQL_API_METRICS_FOLDER": "/run/metrics",
        "GRAPHQL_API_TRACING": "true",
        "GRAPHQL_API_DIAGNOSTICS_KEY": SECRET,
        "GRAPHQL_API_ALLOWED_ORIGINS": "https://www.example.com",
        "GRAPHQL_API_MAX_SOCKETS": "50",
        "GRAPHQL_API_MAX_SOCKET_OPERATIONS": "5",
        "GRAPHQL_API_SOCKET_INIT_TIMEOUT_S": "2.5",
        "GRAPHQL_API_SOCKET_PING_S": "30",
    }
    assert values.keys() == defaults().keys()
    untouched = Settings.load()
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    settings = Settings.load()
    for field in Settings.model_fields:
        assert getattr(settings, field) != getattr(untouched, field), field


def test_the_prefixed_address_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHQL_API_DATABASE_URL", "postgresql://eve@other.example/blog")
    assert Settings.load().url.host == "other.example"


def test_a_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    lines = "GRAPHQL_API_POOL_SIZE=5\nDATABASE_URL=postgresql://eve@other.example/blog\n"
    (tmp_path / ".env").write_text(lines, encoding="utf-8")
    settings = Settings.load()
    assert settings.pool_size == 5
    assert settings.url.host == "db.example"


def test_the_scheme_of_hosting_platforms_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://ann:hidden@db.example:5433/blog")
    url = Settings.load().url
    assert (url.drivername, url.port) == ("postgresql+asyncpg", 5433)


def test_keys_keep_their_order_and_what_may_stand_in_a_secret() -> None:
    keys = parse_keys(SecretStr(f"new:{SECRET}:=/+, old:{SECRET}"))
    assert list(keys.items()) == [
        ("new", f"{SECRET}:=/+".encode()),
        ("old", SECRET.encode()),
    ]


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOKEN_KEYS", "DATA_KEYS", "DIAGNOSTICS_KEY"):
        monkeypatch.setenv(f"{PREFIX}{name}", f"a:{SECRET}")
    shown_settings = repr(Settings.load())
    assert SECRET not in shown_settings
    assert "hidden" not in shown_settings


def test_settings_stay_as_they_were_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings.load().pool_size = 3


def test_the_page_lists_every_variable_its_default_and_its_reason() -> None:
    why = {PREFIX + name.upper(): reason for name, reason in reasons().items()}
    assert documented() == {name: (default, why[name]) for name, default in defaults().items()}


def test_the_example_lists_the_same_variables_with_their_defaults() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    found = dict(re.findall(rf"^((?:# )?{PREFIX}\w+)=(.*)$", "\n".join(lines), re.MULTILINE))
    optional = {
        f"# {name}": default.replace("none", "")
        for name, default in defaults().items()
        if default != "required"
    }
    required = [name for name, default in defaults().items() if default == "required"]
    assert {name: found[name] for name in optional} == optional
    assert sorted(found.keys() - optional.keys()) == sorted(required)


def test_the_example_alone_is_not_enough_to_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.delenv("GRAPHQL_API_SECRET_KEY")
    with pytest.raises(OperatorError) as refused:
        Settings.load(_env_file=EXAMPLE)
    assert re.findall(r"GRAPHQL_API_\w+", str(refused.value)) == ["GRAPHQL_API_SECRET_KEY"]


async def test_what_cannot_be_set_is_documented_as_it_is(settings: Settings) -> None:
    table = dict(re.findall(r"^\| `([a-z_]+)` \| (.+?) \|", PAGE, re.MULTILINE))
    engine = create_engine(settings, serving=True)
    async with engine.connect() as connection:
        found = {name: str(await connection.scalar(text(f"SHOW {name}"))) for name in table}
    await engine.dispose()
    assert {name: re.sub(r"^(\d+)s$", r"\1 s", value) for name, value in found.items()} == table


def test_behind_pgbouncer_the_role_gets_the_same_values() -> None:
    table = dict(re.findall(r"^\| `([a-z_]+)` \| (.+?) \|", PAGE, re.MULTILINE))
    role = dict(re.findall(r"^ALTER ROLE app SET (\w+) = '?(.+?)'?;$", PAGE, re.MULTILINE))
    del table["application_name"]  # the same for all who share the role
    assert role == {name: value.replace(" ", "") for name, value in table.items()}


def test_the_option_of_libpq_for_encryption_reaches_the_driver(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://eve@host/blog?sslmode=require")
    url = Settings.load().url
    assert url.drivername == "postgresql+asyncpg"
    assert url.query == {"ssl": "require"}


@pytest.mark.parametrize("name", ["introspection", "graphiql", "suggestions"])
def test_what_helps_those_who_look_around_is_for_development_alone_unless_set(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shows(**given: bool) -> bool:
        return bool(getattr(Settings.load(**given), f"shows_{name}"))

    assert [shows(), shows(development=True)] == [False, True]
    monkeypatch.setenv(f"{PREFIX}{name.upper()}", "false")
    assert not shows(development=True)
    monkeypatch.setenv(f"{PREFIX}{name.upper()}", "true")
    assert shows()
