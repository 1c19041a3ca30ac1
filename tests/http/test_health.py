"""Alive is not ready."""

from contextlib import closing

import httpx
import pytest
from sqlalchemy import URL

from graphql_api.db import migrate
from graphql_api.settings import Settings
from tests.http.running import running
from tests.schema.client import settings_for
from tests.support import asking
from tests.support.postgres import Link, on_engine


def test_a_process_that_serves_is_alive_and_ready(http: httpx.Client) -> None:
    assert http.get("/healthz").json() == {"status": "alive"}
    answer = http.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


def test_without_its_tables_a_process_is_alive_and_not_ready(empty_database: URL) -> None:
    unready = {
        "status": "unready",
        "reason": "the database is not migrated: run graphql-api db upgrade",
    }
    with running(settings_for(empty_database)) as base, asking.client(base) as client:
        assert client.get("/healthz").status_code == 200
        answer = client.get("/readyz")
        assert (answer.status_code, answer.json()) == (503, unready)
        on_engine(empty_database, migrate.upgrade)
        assert client.get("/readyz").status_code == 200
        with closing(Link(empty_database)) as link:
            link.execute("UPDATE alembic_version SET version_num = 'older'")
        assert client.get("/readyz").json() == unready


def test_without_its_database_a_process_is_alive_and_not_ready(settings: Settings) -> None:
    address = type(settings.database_url)("postgresql://nobody:secret@127.0.0.1:1/none")
    gone = settings.model_copy(update={"database_url": address})
    with running(gone) as base, asking.client(base) as client:
        assert client.get("/healthz").status_code == 200
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json() == {"status": "unready", "reason": "the database cannot be reached"}
        answer = client.post("/graphql", json={"query": "{ categories { id } }"})
        [error] = answer.json()["errors"]
        assert error["extensions"] == {"code": "UNAVAILABLE", "retryAfterSeconds": 1}
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_is_read_only(path: str, http: httpx.Client) -> None:
    assert http.head(path).status_code == 200
    answer = http.post(path)
    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}
