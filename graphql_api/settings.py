"""What an operator can set: one attribute a variable, its reason beside its default.

Variables carry the prefix ``GRAPHQL_API_`` and may stand in a ``.env`` file; ``DATABASE_URL`` is
read without the prefix too, because every hosting platform sets it under that name.
"""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from graphql_api.errors import OperatorError

PREFIX = "GRAPHQL_API_"
_DRIVER = "postgresql+asyncpg"
_OPTIONS = {"host", "port", "ssl", "sslmode"}
_LARGEST_PORT = 65_535
_WANTED = "must look like postgresql://user:password@host:port/name"
_SECRET_CHARACTERS = 32  # 128 bits when written in hexadecimal
_KEY = re.compile(r"(?P<name>[A-Za-z0-9-]{1,20}):(?P<secret>[^\s,]+)")
_REDIS = re.compile(r"rediss?://[^\s/]")
_KEYS_WANTED = "must look like name:secret,name:secret, with letters, digits and hyphens in names"
# as browsers write them: in lower case, and without the port that goes without saying
_ORIGIN = re.compile(
    r"(http(?!.*:80$)|https(?!.*:443$))://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?"
)
_ORIGINS_WANTED = "must look like https://www.example.com,https://example.org:8443, in lower case"


class Settings(BaseSettings):
    """Every setting of a server or command, read once at start and refused by name when wrong."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="ignore", frozen=True, populate_by_name=True
    )

    database_url: Annotated[
        SecretStr, Field(validation_alias=AliasChoices(f"{PREFIX}DATABASE_URL", "DATABASE_URL"))
    ]
    """Address of PostgreSQL 15 or newer, ``postgresql://user:password@host:port/name``."""

    secret_key: SecretStr
    """Signs cursors; 32 characters or more, one for all processes. A new one ends old cursors."""

    token_keys: SecretStr | None = None
    """Sign access tokens: ``name:secret,…``, the first new ones; none: the secret key does."""

    data_keys: SecretStr | None = None
    """Encrypt e-mail addresses, likewise; none: the secret key does, and its change loses them."""

    pool_size: Annotated[int, Field(ge=1, le=500)] = 16
    """Connections kept per process; two cores of PostgreSQL are busy with about this many."""

    pool_timeout_s: Annotated[float, Field(gt=0)] = 5.0
    """Seconds a statement waits for a connection before the request is told to come back later."""

    pool_recycle_s: Annotated[int, Field(ge=-1)] = 3600
    """Seconds after which a connection is replaced: shorter than what firewalls keep idle ones."""

    command_timeout_s: Annotated[float, Field(gt=0)] = 6.0
    """Seconds one statement may take on the client's side; the last defence against a lost peer."""

    max_connections_per_request: Annotated[int, Field(ge=1)] = 4
    """Statements of one request that run side by side: a quarter of the default pool."""

    pgbouncer: bool = False
    """True behind PgBouncer in transaction mode: prepared statements end with their transaction."""

    execution: Literal["plan", "reference"] = "plan"
    """Which executor runs operations: ours, level by level, or graphql-core's."""

    max_body_bytes: Annotated[int, Field(ge=1024)] = 256 * 1024
    """Bytes of a request's body; four times the longest post, and read as JSON in a millisecond."""

    max_batch_operations: Annotated[int, Field(ge=0, le=100)] = 0
    """Operations that one body may hold as a list, which run at once; 0: a body holds one."""

    request_timeout_s: Annotated[float, Field(gt=0)] = 8.0
    """Seconds for a request, with its wait for its turn; what it still reads then is stopped."""

    max_waiting_requests: Annotated[int, Field(ge=0)] = 1000
    """Requests that wait while twice the pool's size run; whoever comes then is sent away (503)."""

    max_tokens: Annotated[int, Field(ge=100, le=10_000)] = 1_500
    """Words and signs of a document, parsed in 10 ms; a large page of a front end has some 500."""

    max_depth: Annotated[int, Field(ge=3, le=50)] = 10
    """Levels of fields within each other: three lists, each with its `nodes`, and a thing below."""

    max_aliases: Annotated[int, Field(ge=0, le=1_000)] = 30
    """Aliases of a document: with them one field is asked for as often as there is room."""

    max_root_fields: Annotated[int, Field(ge=1, le=1_000)] = 20
    """Fields at the root of an operation, each a statement or more of its own."""

    max_mutations: Annotated[int, Field(ge=1, le=100)] = 5
    """Mutations of one document, each a transaction; a login is a guess at a password."""

    max_cost: Annotated[int, Field(ge=1)] = 5_000
    """What one request may cost, by `@cost`: about as many entries of lists, read in 100 ms."""

    max_nodes: Annotated[int, Field(ge=1)] = 10_000
    """Things in one answer, with those that cost nothing: some 2 MB of JSON."""

    rate_limit: Annotated[int, Field(ge=0)] = 0
    """What one client may spend in a window, by `@cost`; 0: no such limit."""

    rate_window_s: Annotated[int, Field(ge=1, le=86_400)] = 60
    """Seconds of a window: whoever is refused waits no longer than this."""

    rate_storage: SecretStr | None = None
    """Redis that all processes count in, ``redis://…``; none: each process counts for itself."""

    trusted_proxies: str = "127.0.0.1"
    """Whose `X-Forwarded-For` is believed, with commas; ``*`` where the proxy writes it anew."""

    introspection: bool | None = None
    """Whether clients may ask for the schema itself; none: in development alone."""

    graphiql: bool | None = None
    """Whether browsers get GraphiQL at the endpoint; none: in development alone."""

    suggestions: bool | None = None
    """Whether errors name what else there is, «Did you mean»; none: in development alone."""
    drain_s: Annotated[float, Field(ge=0)] = 2.0
    """Seconds of service after SIGTERM, while ``/readyz`` says 503: balancers look this often."""

    grace_s: Annotated[int, Field(ge=1)] = 10
    """Seconds after that, in which a request that is under way may end: it has 8."""

    persisted_documents: Literal["off", "automatic", "trusted"] = "automatic"
    """Which documents may be named: none, all; or trusted ones, and then nothing else is run."""

    development: bool = False
    """Shows everybody what costs an operator's key elsewhere: each answer says what was loaded."""

    slow_operation_s: Annotated[float, Field(gt=0)] = 1.0
    """Seconds from which the log says of an operation which of its batches were slow."""

    metrics_folder: Path | None = None
    """Where several processes put their counts, so that each answers for all of them."""

    tracing: bool = False
    """Sends spans to OpenTelemetry; needs the extra `otel`, and that one's own variables."""

    diagnostics_key: SecretStr | None = None
    """Who sends it as ``X-Diagnostics-Key`` may ask for batches and choose the executor."""

    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Sites whose pages may use the API beside our own: ``https://www.example.com,…``; or none."""

    max_sockets: Annotated[int, Field(ge=1)] = 1000
    """WebSockets open at once per process; an idle one takes some 30 kB."""

    max_socket_operations: Annotated[int, Field(ge=1, le=1000)] = 20
    """Operations that run at once on one WebSocket; a page with more has forgotten to end some."""

    socket_init_timeout_s: Annotated[float, Field(gt=0)] = 10.0
    """Seconds a new WebSocket has to say ``connection_init``; a page does so at once."""

    socket_ping_s: Annotated[float, Field(gt=0)] = 20.0
    """Seconds between pings, and for their answers: proxies cut what is silent for a minute."""

    @property
    def url(self) -> URL:
        """The database's address as our driver takes it."""
        return _address(self.database_url.get_secret_value())

    @property
    def shows_introspection(self) -> bool:
        """Whether clients may ask for the schema."""
        return self.development if self.introspection is None else self.introspection

    @property
    def shows_graphiql(self) -> bool:
        """Whether browsers get GraphiQL."""
        return self.development if self.graphiql is None else self.graphiql

    @property
    def shows_suggestions(self) -> bool:
        """Whether errors name what else there is."""
        return self.development if self.suggestions is None else self.suggestions

    @classmethod
    def load(cls, **overrides: object) -> Self:
        """Read the environment; ``overrides`` win over it.

        Raises:
            OperatorError: a variable is missing or wrong; the sentence names each.
        """
        try:
            return cls(**overrides)  # type: ignore[arg-type]  # pydantic checks them
        except ValidationError as error:
            raise OperatorError(_sentence(error)) from None

    def changed(self) -> list[str]:
        """Name the settings that are not as they are by default, and could be."""
        return [
            name
            for name, field in type(self).model_fields.items()
            if not field.is_required() and getattr(self, name) != field.default
        ]

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, value: SecretStr) -> SecretStr:
        _address(value.get_secret_value())
        return value

    @field_validator("secret_key", "diagnostics_key")
    @classmethod
    def _is_long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < _SECRET_CHARACTERS:
            raise ValueError(f"must have {_SECRET_CHARACTERS} characters or more")
        return value

    @field_validator("rate_storage")
    @classmethod
    def _is_redis(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            if not _REDIS.match(value.get_secret_value()):
                raise ValueError("must look like redis://host:port/0 or rediss://host:port/0")
            if find_spec("redis") is None:
                raise ValueError("needs the package redis: pip install 'graphql-api[redis]'")
        return value

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _are_origins(cls, value: str | tuple[str, ...]) -> tuple[str, ...]:
        given = value.split(",") if isinstance(value, str) else value
        origins = tuple(origin.strip() for origin in given if origin.strip())
        if not all(map(_ORIGIN.fullmatch, origins)):
            raise ValueError(_ORIGINS_WANTED)
        return origins

    @field_validator("token_keys", "data_keys")
    @classmethod
    def _are_keys(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_keys(value)
        return value


def parse_keys(text: SecretStr) -> dict[str, bytes]:
    """Read secrets by their names, in order.

    Raises:
        ValueError: they are not written as ``name:secret,name:secret``, or cannot be used.
    """
    keys: dict[str, bytes] = {}
    for part in text.get_secret_value().split(","):
        key = _KEY.fullmatch(part.strip())
        if key is None:
            raise ValueError(_KEYS_WANTED)
        if len(key["secret"]) < _SECRET_CHARACTERS:
            raise ValueError(f"each secret must have {_SECRET_CHARACTERS} characters or more")
        if key["name"] in keys:
            raise ValueError(f"has two keys of the name {key['name']}")
        keys[key["name"]] = key["secret"].encode()
    return keys


def _address(text: str) -> URL:
    """Read an address as libpq's clients and hosting platforms write it."""
    try:
        url = make_url(text)
        known = url.get_backend_name() in {"postgresql", "postgres"}
    except (ArgumentError, ValueError):
        raise ValueError(_WANTED) from None
    if not known or not 0 < (url.port or 1) <= _LARGEST_PORT:
        raise ValueError(_WANTED)
    if strange := set(url.query) - _OPTIONS:
        raise ValueError(f"has an option that is not known: {', '.join(sorted(strange))}")
    # asyncpg takes libpq's values under its own name
    options = {"ssl" if name == "sslmode" else name: value for name, value in url.query.items()}
    return url.set(drivername=_DRIVER, query=options)


def _sentence(error: ValidationError) -> str:
    """Name each wrong variable with what would be right, on one line."""
    problems = [
        f"{_variable(problem['loc'])}: {problem['msg'].removeprefix('Value error, ')}"
        for problem in error.errors(include_input=False, include_url=False)
    ]
    return "settings cannot be used: " + "; ".join(problems)


def _variable(location: tuple[int | str, ...]) -> str:
    name = str(location[0]).upper()
    return name if name.startswith(PREFIX) else PREFIX + name
