"""The roots of the schema."""

from typing import Any

import strawberry
from graphql import GraphQLSchema
from graphql.type.directives import GraphQLDisableErrorPropagationDirective
from strawberry.schema.config import StrawberryConfig

from graphql_api.execution import Batch
from tests.execution.inputs import Filter, Info, Odd, planned, shown, write_odd
from tests.execution.nodes import Cat, Dog, Node, Pet, Pin, Tag, Thing
from tests.execution.rows import EXACT, Article, Person
from tests.execution.world import ask, fresh, loading, refuse, spread, turns


async def _rooted(info: Info, family: str, arguments: dict[str, Any]) -> Any:
    return await ask(info, family, (), arguments)


@strawberry.type
class Query:
    """Ways into the world."""

    hello: str = "world"
    broken: str | None = strawberry.field(default=None)

    @planned(Batch(load=loading("people"), rows="people", exact=EXACT, authorize=refuse))
    async def people(self, info: Info, first: int = 3) -> list[Person | None]:
        """Load rows at the root."""
        return await _rooted(info, "people", {"first": first})  # type: ignore[no-any-return]  # faults included

    @planned(Batch(load=loading("one"), authorize=refuse))
    async def one(self, info: Info, id: strawberry.ID, first: int = 1) -> Article | None:  # noqa: A002  # clients know it as id
        """Load one object at the root."""
        return await _rooted(info, "one", {"id": id, "first": first})  # type: ignore[no-any-return]  # faults included

    @strawberry.field
    async def articles(self, info: Info, n: int = 3) -> list[Article | None] | None:
        """Give articles a turn later."""
        await turns(1)
        return list(spread(info.context.world.articles, 0, n))

    @strawberry.field
    def sure_articles(self, info: Info, n: int = 3) -> list[Article]:
        """Give articles at once, all of them there."""
        return list(spread(info.context.world.articles, 0, n))

    @strawberry.field
    def nodes(self, info: Info, n: int = 4) -> list[Node | None]:
        """Give objects behind an interface."""
        return list(spread(info.context.world.things, 0, n))

    @strawberry.field
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:  # noqa: A002  # clients know it as id
        """Give an object behind an interface, a turn later."""
        await turns(1)
        number = int(id)
        return info.context.world.things.get(number)

    @strawberry.field
    def things(self, info: Info, n: int = 4) -> list[Thing | None] | None:
        """Give objects of a union."""
        return list(spread(info.context.world.things, 2, n))

    @strawberry.field
    def pets(self, info: Info) -> list[Pet | None]:
        """Give objects that name their types."""
        return fresh(info.context.world.pets)  # type: ignore[no-any-return]  # faults included

    @strawberry.field
    def sure_pets(self, info: Info) -> list[Pet] | None:
        """Give objects that name their types, all of them there."""
        return fresh(info.context.world.pets)  # type: ignore[no-any-return]  # faults included

    @strawberry.field
    def echo(
        self,
        info: Info,
        where: Filter | None = None,
        tags: list[str] | None = strawberry.UNSET,
        n: int = 1,
    ) -> str:
        """Give the arguments back, and the variables' names."""
        variables = sorted(info.variable_values)
        return shown({"where": where, "tags": tags, "n": n}) + str(variables)


@strawberry.type
class Payload:
    """What a mutation gives."""

    article: Article | None
    log: list[str]


@strawberry.type
class Mutation:
    """Ways to change the world, one after the other."""

    @strawberry.mutation
    async def rename(self, info: Info, id: strawberry.ID, title: str = "new") -> Payload | None:  # noqa: A002  # clients know it as id
        """Change a title, a turn later."""
        info.context.log.append(f"rename {id} {title}")
        await turns(2)
        article = info.context.world.articles.get(int(id))
        if isinstance(article, Article):
            article.title += title
        return Payload(article=article, log=list(info.context.log))

    @strawberry.mutation
    def must(self, info: Info, n: int = 1) -> Payload:
        """Do it at once; without it there is nothing."""
        info.context.log.append(f"must {n}")
        if n > 2:
            raise ValueError("too much")
        found = info.context.world.articles.get(n)
        return Payload(article=found, log=list(info.context.log)) if n else None  # type: ignore[return-value]  # a fault

    @strawberry.mutation
    async def count(self, info: Info) -> int:
        """Count what was done."""
        info.context.log.append("count")
        return len(info.context.log)


schema = strawberry.Schema(
    Query,
    Mutation,
    types=[Tag, Pin, Cat, Dog],
    config=StrawberryConfig(
        scalar_map={Odd: strawberry.scalar(name="Odd", serialize=write_odd, parse_value=int)}
    ),
)
core: GraphQLSchema = schema._schema  # noqa: SLF001  # the executors take graphql-core's
core.directives = (*core.directives, GraphQLDisableErrorPropagationDirective)
