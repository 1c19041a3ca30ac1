"""The schema's two ways: with the hooks of extensions, and past them for documents it knows."""

from collections.abc import Iterator
from typing import Any

import pytest
import strawberry
from strawberry.directive import DirectiveLocation, DirectiveValue
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from graphql_api.execution import PlanExecutor, documents_of
from graphql_api.schema.schema import EXTENSIONS, Schema


@strawberry.type
class Query:
    """What can be read."""

    @strawberry.field
    def half(self, of: int) -> int:
        """Refuse what is odd."""
        if of % 2:
            raise ValueError(f"secret: {of} is odd")
        return of // 2


@strawberry.type
class Mutation:
    """What can be changed."""

    @strawberry.mutation
    def change(self) -> int:
        """Change nothing."""
        return 1


class Counting(SchemaExtension):
    """An extension that somebody added."""

    n_operations = 0

    def on_operation(self) -> Iterator[None]:
        """Count."""
        yield
        Counting.n_operations += 1


class FaultyExtension(SchemaExtension):
    """An extension with a fault, before the operation or after it."""

    is_late = False

    def on_operation(self) -> Iterator[None]:
        """Raise."""
        if not self.is_late:
            raise RuntimeError("secret")
        yield
        raise RuntimeError("secret")


class LateFaultyExtension(FaultyExtension):
    """One that fails after the operation."""

    is_late = True


@strawberry.directive(locations=[DirectiveLocation.FIELD])
def doubled(value: DirectiveValue[int]) -> int:
    """Double a number."""
    return 2 * value


class OwnExecutor(PlanExecutor):
    """An executor that somebody made."""

    n_operations = 0

    def execute_operation(self, serially: bool | None = None) -> Any:  # noqa: FBT001  # as graphql-core calls it
        """Count."""
        OwnExecutor.n_operations += 1
        return super().execute_operation(serially)


class Watched(Schema):
    """A schema that counts the operations which run with hooks."""

    n_with_hooks = 0

    def create_extensions_runner(self, *given: Any) -> Any:
        """Count."""
        self.n_with_hooks += 1
        return super().create_extensions_runner(*given)


class Faulty:
    """A context that breaks the executor."""

    @property
    def execution(self) -> object:
        """Raise what no field does."""
        raise RuntimeError("secret")


def schema_with(*extensions: type[SchemaExtension], **given: Any) -> Watched:
    """Build a small schema with our extensions and more."""
    return Watched(
        Query,
        Mutation,
        extensions=[*EXTENSIONS, *extensions],
        **{"execution_context_class": PlanExecutor, **given},
    )


async def both(schema: Schema, query: str, **given: Any) -> ExecutionResult:
    """Execute a query before and after it is known, and return what both times came of it."""
    assert documents_of(schema).get(query) is None
    first = await schema.execute(query, **given)
    assert documents_of(schema).get(query) is not None
    second = await schema.execute(query, **given)
    assert _said(first) == _said(second)
    assert type(second) is ExecutionResult
    return second


def _said(result: ExecutionResult) -> object:
    errors = [
        (error.path, error.locations, (error.extensions or {})["code"], error.message[:30])
        for error in result.errors or ()
    ]
    return result.data, errors, result.extensions


async def test_a_known_document_is_answered_as_before() -> None:
    schema = schema_with()
    result = await both(schema, "{ half(of: 6) }")
    assert (result.data, result.errors, result.extensions) == ({"half": 3}, None, {})
    assert schema.n_with_hooks == 1


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{ half(of: 3) }", {}, "INTERNAL"),
        ("query ($n: Int!) { half(of: $n) }", {"n": "x"}, "BAD_USER_INPUT"),
        ("query ($n: Int!) { half(of: $n) }", {}, "BAD_USER_INPUT"),
    ],
)
async def test_an_error_has_its_code_whether_or_not_the_document_is_known(
    query: str, variables: dict[str, object], code: str
) -> None:
    result = await both(schema_with(), query, variable_values=variables)
    [error] = result.errors or []
    assert (error.extensions or {})["code"] == code
    assert "secret" not in error.message


async def test_a_fault_of_the_executor_is_masked_whether_or_not_the_document_is_known() -> None:
    schema = schema_with()
    for known in (False, True):
        if known:
            await schema.execute("{ half(of: 6) }")
        result = await schema.execute("{ half(of: 6) }", context_value=Faulty())
        [error] = result.errors or []
        assert (error.extensions or {})["code"] == "INTERNAL"
        assert "secret" not in str(error.formatted)


async def test_an_extension_that_somebody_adds_gets_its_hooks_for_a_known_document() -> None:
    Counting.n_operations = 0
    await both(schema_with(Counting), "{ half(of: 6) }")
    assert Counting.n_operations == 2


async def test_a_directive_of_the_schema_is_obeyed_in_a_known_document() -> None:
    result = await both(schema_with(directives=[doubled]), "{ half(of: 6) @doubled }")
    assert result.data == {"half": 6}


async def test_an_executor_that_somebody_made_runs_a_known_document() -> None:
    OwnExecutor.n_operations = 0
    await both(schema_with(execution_context_class=OwnExecutor), "{ half(of: 6) }")
    assert OwnExecutor.n_operations == 2


@pytest.mark.parametrize("extension", [FaultyExtension, LateFaultyExtension])
@pytest.mark.parametrize("is_first", [True, False])
async def test_a_fault_of_an_extension_is_masked(
    extension: type[SchemaExtension], *, is_first: bool
) -> None:
    ours: list[type[SchemaExtension]] = list(EXTENSIONS)
    extensions = [extension, *ours] if is_first else [*ours, extension]
    schema = Schema(Query, extensions=extensions, execution_context_class=PlanExecutor)
    result = await schema.execute("{ half(of: 6) }")
    [error] = result.errors or []
    assert (error.extensions or {})["code"] == "INTERNAL"
    assert "secret" not in str(error.formatted)


async def test_a_known_document_is_run_only_where_its_kind_may() -> None:
    schema = schema_with()
    changed = await both(schema, "mutation { change }")
    assert changed.data == {"change": 1}
    for allowed in ([OperationType.QUERY], iter([OperationType.QUERY])):
        with pytest.raises(InvalidOperationTypeError):
            await schema.execute("mutation { change }", allowed_operation_types=allowed)


async def test_of_several_operations_the_named_one_runs() -> None:
    schema = schema_with()
    document = "query Three { half(of: 6) } query Four { half(of: 8) }"
    result = await both(schema, document, operation_name="Four")
    assert result.data == {"half": 4}
