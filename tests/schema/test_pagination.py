"""Pages of every list: their sizes, their ends, and the way through."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import URL

from graphql_api.db.database import Database
from graphql_api.settings import Settings
from tests.schema.client import Execute, settings_for
from tests.support.factories import Factory
from tests.support.postgres import on_engine

# each field with the orders it knows
POST_ORDERS = ("PUBLISHED_AT", "CREATED_AT", "UPDATED_AT", "LIKES", "VIEWS", "COMMENTS")
LISTS = {
    "posts": POST_ORDERS,
    "authors": ("NAME", "POSTS", "FOLLOWERS", "LATEST_POST"),
    "tags": (),
    'tag(slug: "t") { posts': POST_ORDERS,
    'category(slug: "c") { posts': POST_ORDERS,
    'user(by: {username: "u"}) { posts': POST_ORDERS,
    'user(by: {username: "u"}) { comments': ("CREATED_AT", "LIKES"),
    'user(by: {username: "u"}) { followers': (),
    'user(by: {username: "u"}) { following': (),
    'post(by: {slug: "p"}) { comments': ("CREATED_AT", "LIKES"),
    'post(by: {slug: "p"}) { likers': (),
    'post(by: {slug: "p"}) { tags': (),
    'node(id: "Q29tbWVudDox") { ... on Comment { replies': ("CREATED_AT", "LIKES"),
    'node(id: "Q29tbWVudDox") { ... on Comment { likers': (),
}
FORWARD_ONLY = ("tags", 'post(by: {slug: "p"}) { tags')
PAGE = "{ edges { cursor node { id } } nodes { id } pageInfo { ...Ends } totalCount }"
ENDS = "fragment Ends on PageInfo { hasNextPage hasPreviousPage startCursor endCursor }"
MEMBERS = 7


async def make_content(make: Factory) -> None:
    """Make seven entries or more for every list, with equal values in every order among them."""
    user = await make.user(username="u", display_name="U")
    category = await make.category(slug="c")
    tags = [await make.tag(slug=slug) for slug in ("t", *(f"t{n}" for n in range(1, MEMBERS)))]
    post = await make.post(slug="p", author=user, category=category, tags=tags)
    top = await make.comment(post=post, author=user)
    for n in range(MEMBERS):
        fan = await make.user(display_name=f"name {n // 2}")
        await make.post(author=fan, view_count=n // 3)
        mine = await make.post(author=user, category=category, tags=tags[:1], view_count=n // 3)
        reply = await make.comment(parent=top, author=user)
        await make.post_like(post=post, user=fan)
        await make.comment_like(comment=top, user=fan)
        await make.user_follow(followed=user, follower=fan)
        await make.user_follow(followed=fan, follower=user)
        if n % 2:
            await make.post_like(post=mine, user=fan)
            await make.comment_like(comment=reply, user=fan)
            await make.comment(post=mine, author=fan)


@pytest.fixture(scope="module")
def content(migrated_database: tuple[URL, Callable[[], None]]) -> URL:
    """Make the content once for all tests of this module, which only read."""
    url, empty = migrated_database
    empty()
    on_engine(url, lambda engine: make_content(Factory(Database(engine))))
    return url


@pytest.fixture
def settings(content: URL) -> Settings:
    """Give the settings for the database that holds the content."""
    return settings_for(content)


async def page(execute: Execute, path: str, arguments: str) -> dict[str, Any]:
    """Ask for one page of a list, and check that its parts agree."""
    nested = path.count("{") - path.count("}")
    given = f"({arguments})" if arguments.strip() else ""
    found: Any = await execute.data(f"{{ {path}{given} {PAGE} {'}' * nested} }} {ENDS}")
    while "edges" not in found:
        [found] = found.values()
    assert found["nodes"] == [edge["node"] for edge in found["edges"]]
    cursors = [edge["cursor"] for edge in found["edges"]] or [None]
    ends = found["pageInfo"]
    assert (ends["startCursor"], ends["endCursor"]) == (cursors[0], cursors[-1])
    return {
        "ids": [node["id"] for node in found["nodes"]],
        "next": ends["hasNextPage"],
        "previous": ends["hasPreviousPage"],
        "start": cursors[0],
        "end": cursors[-1],
        "total": found["totalCount"],
    }


async def walk(
    execute: Execute, path: str, order: str, size: int, *, backward: bool = False
) -> AsyncIterator[dict[str, Any]]:
    """Go through a list page by page."""
    place = ""
    while True:
        found = await page(
            execute, path, f"{'last' if backward else 'first'}: {size} {place} {order}"
        )
        yield found
        if not found["previous" if backward else "next"]:
            return
        place = f'before: "{found["start"]}"' if backward else f'after: "{found["end"]}"'


@pytest.mark.parametrize("path", LISTS)
async def test_a_walk_meets_every_entry_once_in_every_order(path: str, execute: Execute) -> None:
    for name in ("", *LISTS[path]):
        order = f"orderBy: [{{field: {name}, direction: ASC}}]" if name else ""
        whole = await page(execute, path, f"first: 100 {order}")
        assert len(set(whole["ids"])) == whole["total"] >= MEMBERS
        assert (whole["next"], whole["previous"]) == (False, False)
        pages = [found async for found in walk(execute, path, order, 4)]
        assert [node for found in pages for node in found["ids"]] == whole["ids"], name
        assert [found["previous"] for found in pages] == [n > 0 for n in range(len(pages))]
        if path not in FORWARD_ONLY:
            order = order.replace("ASC", "DESC")
            back = [found async for found in walk(execute, path, order, 4, backward=True)]
            met = [node for found in back for node in found["ids"][::-1]]
            assert met == (whole["ids"] if name else whole["ids"][::-1]), name
            assert [found["next"] for found in back] == [n > 0 for n in range(len(back))]


@pytest.mark.parametrize("path", LISTS)
async def test_a_page_between_two_cursors_says_what_lies_beyond(
    path: str, execute: Execute
) -> None:
    whole = await page(execute, path, "first: 100")
    [first, *_, last] = [found async for found in walk(execute, path, "", 1)]
    rest = await page(execute, path, f'after: "{first["end"]}"')
    assert (rest["ids"], rest["previous"], rest["next"]) == (whole["ids"][1:21], True, False)
    none = await page(execute, path, f'after: "{last["end"]}"')
    assert (none["ids"], none["previous"], none["next"]) == ([], True, False)
    if path in FORWARD_ONLY:
        return
    between = f'after: "{first["end"]}" before: "{last["end"]}"'
    for arguments, ids in (
        (between, whole["ids"][1:-1]),
        (f"first: 2 {between}", whole["ids"][1:3]),
        (f"last: 2 {between}", whole["ids"][-3:-1]),
        (f'last: 2 after: "{first["end"]}"', whole["ids"][-2:]),
        (f'first: 2 before: "{last["end"]}"', whole["ids"][:2]),
    ):
        found = await page(execute, path, arguments)
        assert found["ids"] == ids, arguments
        assert found["previous"] == (ids[0] != whole["ids"][0]), arguments
        assert found["next"] == (ids[-1] != whole["ids"][-1]), arguments


@pytest.mark.parametrize("path", LISTS)
async def test_a_size_out_of_range_is_refused(path: str, execute: Execute) -> None:
    nested = "}" * (path.count("{") - path.count("}"))
    for name in ("first",) if path in FORWARD_ONLY else ("first", "last"):
        for size in (0, -1, 101, 2**31 - 1):
            said = await execute.refusal(f"{{ {path}({name}: {size}) {{ totalCount }} {nested} }}")
            assert said == f"'{name}' must lie between 1 and 100, but is {size}"


@pytest.mark.parametrize("path", [path for path in LISTS if path not in FORWARD_ONLY])
async def test_first_and_last_exclude_each_other(path: str, execute: Execute) -> None:
    nested = "}" * (path.count("{") - path.count("}"))
    said = await execute.refusal(f"{{ {path}(first: 1, last: 1) {{ totalCount }} {nested} }}")
    assert said == "give 'first' or 'last', not both"


@pytest.mark.parametrize("name", ["first", "last"])
@pytest.mark.parametrize("size", [2**31, 10**30, 10**5000], ids=["2^31", "10^30", "10^5000"])
async def test_a_size_that_is_no_int_is_refused(name: str, size: int, execute: Execute) -> None:
    digits = "1" + "0" * 5000 if size == 10**5000 else str(size)
    said = await execute.refusal(f"{{ posts({name}: {digits}) {{ totalCount }} }}")
    assert said.startswith(("Int cannot represent non 32-bit signed integer value", "Expected val"))
    if size < 10**5000:
        query = f"query ($n: Int) {{ posts({name}: $n) {{ totalCount }} }}"
        said = await execute.refusal(query, n=size)
        assert said.startswith("Variable '$n' has invalid value: Int cannot represent non 32-bit")
