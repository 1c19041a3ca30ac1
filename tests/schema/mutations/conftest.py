"""Mutations on the test database: what they do is no executor's affair, what they show is.

So tests that ask for much of a payload are run by each executor, and the others by ours.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from graphql_api.db.database import Database
from graphql_api.execution import Mode
from graphql_api.models import Viewer
from tests.schema.client import Execute

As: TypeAlias = Callable[[Viewer], Execute]
"""Gives what runs operations for a viewer."""


@pytest.fixture
def mode() -> Mode:
    """Choose the executor: ours."""
    return Mode.PLAN


by_each_executor = pytest.mark.parametrize("mode", list(Mode), ids=lambda mode: mode.value)
"""Marks the tests of a module."""


@pytest.fixture
def as_(database: Database, mode: Mode) -> As:
    """Run operations as a viewer, by one executor."""
    return lambda viewer: Execute(database, viewer=viewer, modes=[mode])


def errors_of(payload: dict[str, Any]) -> list[tuple[str, str]]:
    """List the codes of a payload's errors, each with where in the input it is."""
    return [(each["code"], ".".join(each["path"] or ())) for each in payload["errors"]]
