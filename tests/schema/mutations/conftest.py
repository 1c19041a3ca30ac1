"""Mutations on the test database: each is run by one executor, and every test by both."""

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from graphql_api.db.database import Database
from graphql_api.execution import Mode
from graphql_api.models import Viewer
from tests.schema.client import Execute

As: TypeAlias = Callable[[Viewer], Execute]
"""Gives what runs operations for a viewer."""


@pytest.fixture(params=list(Mode), ids=lambda mode: mode.value)
def as_(database: Database, request: pytest.FixtureRequest) -> As:
    """Run operations as a viewer, by one executor."""
    return lambda viewer: Execute(database, viewer=viewer, modes=[request.param])


def errors_of(payload: dict[str, Any]) -> list[tuple[str, str]]:
    """List the codes of a payload's errors, each with where in the input it is."""
    return [(each["code"], ".".join(each["path"] or ())) for each in payload["errors"]]
