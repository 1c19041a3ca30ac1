"""What the comparison found once, each in a few lines."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest
import strawberry

from graphql_api.execution import PLAN, Batch, Computed, Level, OneOf, PlanExecutor


async def _load(level: Level) -> list[Any]:
    return [key if key != "lost" else None for key in level.keys]


async def _load_nothing(_level: Level) -> Any:
    return None


async def _late(value: Any) -> Any:
    return value


async def _stream() -> AsyncGenerator[int]:
    yield 3


def _shown(key: Any, n: int = 1) -> str:
    return str(key) * n


def planned(says: Any, function: Any) -> Any:
    return strawberry.field(resolver=function, metadata={PLAN: says})


@strawberry.type
class Item:
    """An object with fields that failed."""

    key: strawberry.Private[Any]
    texts: strawberry.Private[Any] = ("a", "b")

    def _texts(self) -> list[str]:
        return list(self.texts)

    def _late_text(self) -> str:
        return _late("late")  # type: ignore[return-value]  # the executor waits

    def _of_key(self, n: int = 1) -> str | None:  # noqa: ARG002  # read by the schema
        return None if self.key is None else str(self.key)

    def _sure_text(self, n: int = 1) -> str:
        return _shown(self.key, n)

    def _nothing(self) -> str | None:
        raise TypeError("a loader gave another number of values than it had keys")

    computed = planned(Computed(list, ("texts",)), _texts)
    one_of = planned(OneOf("n", {None: "texts"}), _texts)
    late = planned(Computed(lambda _: _late("late"), ("key",)), _late_text)
    sure = planned(Computed(_shown, ("key",), str), _sure_text)
    of_key = planned(Batch(load=_load, key=("key",)), _of_key)
    nothing = planned(Batch(load=_load_nothing, key=("key",)), _nothing)

    @strawberry.field
    def numbers(self) -> list[list[int]]:
        """Give a generator before an async one."""
        return [(number for number in (1, 2)), _stream()]  # type: ignore[list-item]  # both are lists of the answer


def _items(keys: list[str | None] | None) -> list[Item]:
    items = [Item(key=key) for key in keys or ["k"]]
    for item in items:
        if item.key == "missing":
            del item.__dict__["key"]
        elif item.key == "unhashable":
            item.key = [1]
    return items


@strawberry.type
class Query:
    """The root."""

    @strawberry.field
    def items(self, keys: list[str | None] | None = None) -> list[Item | None]:
        """Give items with these keys."""
        return list(_items(keys))


def _changed(type_name: str) -> Callable[[], str]:
    return lambda: f"{type_name} changed"


def _change() -> str:
    return _changed("Mutation")()


@strawberry.type
class Mutation:
    """The root of mutations, with a computed field of its own."""

    change = planned(Computed(_changed, (), per_type=True), _change)

    @strawberry.mutation
    def item(self) -> Item:
        """Give an item."""
        return Item(key="k")


PLANNED = strawberry.Schema(Query, Mutation, execution_context_class=PlanExecutor)
EXPECTED = strawberry.Schema(Query, Mutation)


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("{ items { computed oneOf } }", None),
        ("{ items { numbers } }", None),
        ("{ items { late } }", None),
        ("mutation { item { late computed } }", None),
        ("mutation { change }", None),
        ('{ items(keys: ["a", "missing", null, "a"]) { ofKey } }', None),
        ("query Q($n: Int) { items(keys: [null, null]) { ofKey(n: $n) } }", {"n": None}),
        ('query Q($n: Int) { items(keys: [null, "a"]) { ofKey(n: $n) } }', {"n": None}),
        ('{ items(keys: ["a", "b"]) { nothing ofKey } }', None),
        ("{ items { sure } }", None),
        ("query Q($n: Int) { items { sure(n: $n) } }", {"n": None}),
    ],
)
async def test_plans_answer_as_graphql_core_does(text: str, variables: Any) -> None:
    expected = await EXPECTED.execute(text, variables, root_value=Mutation())
    found = await PLANNED.execute(text, variables, root_value=Mutation())

    assert found.data == expected.data
    assert [(str(each), each.path) for each in found.errors or ()] == [
        (str(each), each.path) for each in expected.errors or ()
    ]


async def test_a_key_that_cannot_be_one_fails_for_its_own_object() -> None:
    found = await PLANNED.execute('{ items(keys: ["a", "unhashable", "b"]) { ofKey } }')

    assert found.data == {"items": [{"ofKey": "a"}, {"ofKey": None}, {"ofKey": "b"}]}
    assert [each.path for each in found.errors or ()] == [["items", 1, "ofKey"]]
