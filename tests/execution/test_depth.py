"""Answers as deep as the parser lets a query be."""

import strawberry

from graphql_api.execution import PlanExecutor


@strawberry.type
class Step:
    """A step down."""

    @strawberry.field
    def next(self) -> "list[Step]":
        """Go on."""
        return [Step()]

    @strawberry.field
    def wrong(self) -> str | None:
        """Fail."""
        raise ValueError("wrong")


@strawberry.type
class Query:
    """Where it begins."""

    @strawberry.field
    def first(self) -> Step:
        """Begin."""
        return Step()


class Silent(strawberry.Schema):
    """Logs no errors: here they are meant."""

    def process_errors(self, *_: object) -> None:
        """Log nothing."""


async def test_an_error_at_any_depth_is_the_one_that_a_resolver_raised() -> None:
    schema = Silent(Query, execution_context_class=PlanExecutor)
    for depth in (1, 60, 90, 95):
        query = "{ first " + "{ next " * depth + "{ wrong }" + " }" * depth + " }"
        [error] = (await schema.execute(query)).errors or []
        assert error.message == "wrong"
        assert error.path == ["first", *["next", 0] * depth, "wrong"]
