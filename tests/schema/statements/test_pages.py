"""Pages of one relation cost one statement, whatever their arguments; totals one more at most."""

from collections.abc import Iterator

import pytest

from graphql_api.loaders.comment import CommentRow
from graphql_api.loaders.page import PageLoader
from graphql_api.loaders.post import PostRow
from graphql_api.loaders.revision import RevisionRow
from graphql_api.loaders.tag import TagRow
from tests.schema.client import Execute, Recorder
from tests.schema.statements.relation import (
    PAGES,
    RELATED,
    RELATIONS,
    costs,
    labels,
    parents,
    query,
    selection,
)
from tests.schema.statements.world import MOST, Ids

# a column of the parent counts these
COUNTED = {
    "Comment.likers",
    "Comment.replies",
    "Post.comments",
    "Post.likers",
    "Tag.posts",
    "User.followers",
    "User.following",
    "User.posts",
}
FILTERS = {
    PostRow: "where: {likeCount: {gte: 0}}",
    CommentRow: "where: {topLevelOnly: false}",
    RevisionRow: "action: [UPDATE]",
    TagRow: 'startsWith: ""',
}
TOTALS = {
    "Query.auditLog": 3 * MOST,
    "Query.authors": MOST,
    "Query.posts": 2 * MOST,
    "Query.tags": 2 * MOST,
}


def total(name: str) -> int:
    """Return the size of the list that the first parent has."""
    return TOTALS[name] if name in TOTALS else len(RELATED[name](0))


def filters(name: str) -> Iterator[str]:
    """Give a filter that all entries of the list meet, where the list can be filtered."""
    relation = RELATIONS[name]
    if relation.pages is not None and (relation.pages.where or relation.pages.filters):
        assert issubclass(relation.loader, PageLoader)
        yield FILTERS[relation.loader.row]


def arguments(name: str, cursor: str, comment: str) -> Iterator[str]:
    """Give every kind of page that the relation offers, each with other values."""
    pages = RELATIONS[name].pages
    assert pages is not None
    yield from ("first: 1", f'first: 2, after: "{cursor}"')
    if pages.backward:
        yield from ("last: 1", f'last: 2, before: "{cursor}"')
    if pages.around:
        yield f'around: "{comment}"'
    if pages.deep:
        yield "includeDescendants: false"
    for field in pages.ordering.columns:
        for direction in ("ASC", "DESC"):
            yield f"orderBy: [{{field: {field.name}, direction: {direction}}}]"
    yield from filters(name)


@pytest.mark.parametrize("name", PAGES)
async def test_aliases_of_one_connection_cost_one_statement(
    name: str, world: Ids, execute: Execute, statements: Recorder
) -> None:
    _, field = name.split(".")
    one = parents(world, name, 1)
    found = await execute.data(query(name, selection(name, "", "pageInfo { endCursor }")), **one)
    page = (found["nodes"][0] if one else found)[field]
    given = list(arguments(name, page["pageInfo"]["endCursor"], world["leaf"][0]))
    aliases = [f"p{n}: {selection(name, f'({text})')}" for n, text in enumerate(given)]
    with statements() as log:
        data = await execute.data(query(name, *aliases), **parents(world, name, MOST))
    assert log.loaders == costs(name)
    answers = data["nodes"][0] if one else data
    by_arguments = {text: labels(answers[f"p{n}"]) for n, text in enumerate(given)}
    assert by_arguments["first: 1"] == labels(page)[:1]
    for text in filters(name):
        assert by_arguments[text] == labels(page)
    if "last: 1" in by_arguments and name not in TOTALS:
        assert by_arguments["last: 1"] == labels(page)[-1:]


@pytest.mark.parametrize("name", PAGES)
async def test_a_total_costs_what_is_not_counted_already(
    name: str, world: Ids, execute: Execute, statements: Recorder
) -> None:
    _, field = name.split(".")
    statement = [] if name in COUNTED else [f"{RELATIONS[name].loader.__name__}.totals"]
    for number in (1, MOST):
        variables = parents(world, name, number)
        with statements() as log:
            data = await execute.data(query(name, selection(name, "", "totalCount")), **variables)
        for parent in data["nodes"] if variables else [data]:
            assert parent[field]["totalCount"] == total(name)
        assert log.loaders == costs(name, *statement)


@pytest.mark.parametrize("name", [name for name in PAGES if list(filters(name))])
async def test_totals_of_all_filters_cost_one_statement(
    name: str, world: Ids, execute: Execute, statements: Recorder
) -> None:
    [text] = filters(name)
    totals = f"{RELATIONS[name].loader.__name__}.totals"
    aliases = [
        f"a: {selection(name, f'({text})', 'totalCount')}",
        f"b: {selection(name, f'({text}, first: 1)', 'totalCount')}",
        f"c: {selection(name, '(first: 1)', 'totalCount')}",
    ]
    with statements() as log:
        data = await execute.data(query(name, *aliases), **parents(world, name, MOST))
    answers = data if name in TOTALS else data["nodes"][0]
    assert {answers[alias]["totalCount"] for alias in "abc"} == {total(name)}
    assert log.loaders == costs(name, totals)
