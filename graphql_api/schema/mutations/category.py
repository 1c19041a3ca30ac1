"""Making and moving categories."""

from typing import Any

import strawberry

from graphql_api.loaders.category import CategoryById
from graphql_api.models import Scope
from graphql_api.schema.inputs import maybe
from graphql_api.schema.mutation import Payload, client_mutation_id, mutation, number_of
from graphql_api.schema.relations import one
from graphql_api.schema.types.lazy import LazyCategory
from graphql_api.services import category as service
from graphql_api.services.category import CategoryUpdate
from graphql_api.services.change import Writer
from graphql_api.services.check import Checks
from graphql_api.services.permission import Rule
from graphql_api.services.problem import Code

ARRANGE = Rule(Scope.TENANT_ADMIN)


@strawberry.input
class CategoryInput:
    """What a category is to be."""

    client_mutation_id: str | None = client_mutation_id()
    id: strawberry.ID | None = maybe("Which category; for an update alone, which needs it.")
    name: str = strawberry.field(description="What it is called: 1 to 100 characters.")
    parent_id: strawberry.ID | None = maybe(
        "The category above. Null is the top, and so is nothing for a new one; an update without"
        " it leaves the category where it is."
    )
    expected_version: int | None = maybe(
        "The version that you saw, for an update alone, which needs it; another one by now is a"
        " `ConflictError`."
    )


@strawberry.type
class CategoryPayload(Payload):
    """The category as it is now."""

    category: LazyCategory | None = one(
        CategoryById, key="category_id", description="The category."
    )


def _parent(given: CategoryInput) -> int | None:
    if given.parent_id is None or given.parent_id is strawberry.UNSET:
        return None
    return number_of(given.parent_id, "Category", path="parentId")


async def _create(writer: Writer, given: CategoryInput) -> dict[str, Any]:
    checks = Checks()
    for name, value in (("id", given.id), ("expectedVersion", given.expected_version)):
        if value is not strawberry.UNSET and value is not None:
            checks.fail(name, f"a new category has no '{name}' yet")
    checks.done()
    return {"category_id": await service.create_category(writer, given.name, _parent(given))}


async def _update(writer: Writer, given: CategoryInput) -> dict[str, Any]:
    checks = Checks()
    for name, value in (("id", given.id), ("expectedVersion", given.expected_version)):
        if value is strawberry.UNSET or value is None:
            checks.fail(name, f"an update needs '{name}'", Code.REQUIRED)
    checks.done()
    update = CategoryUpdate(
        category_id=number_of(str(given.id), "Category"),
        expected_version=given.expected_version or 0,
        name=given.name,
        parent_id=_parent(given),
        moves=given.parent_id is not strawberry.UNSET,
    )
    return {"category_id": await service.update_category(writer, update)}


@strawberry.type
class CategoryMutation:
    """Fields of `Mutation` for categories."""

    create_category: CategoryPayload = mutation(
        _create,
        CategoryInput,
        CategoryPayload,
        ARRANGE,
        "Makes a category; its name makes its slug.",
    )
    update_category: CategoryPayload = mutation(
        _update,
        CategoryInput,
        CategoryPayload,
        ARRANGE,
        "Renames a category, and moves it with all below it; a new name makes a new slug.",
    )
