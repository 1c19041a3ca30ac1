"""What filters mean where a column is empty, or a list of wanted values is."""

from typing import Any

import pytest

from graphql_api.loaders.comment import CommentFilter
from graphql_api.loaders.filter import IdFilter, TextFilter
from graphql_api.loaders.keyset import Order
from graphql_api.loaders.page import PageKey
from graphql_api.loaders.post import PostFilter
from graphql_api.loaders.registry import Loaders
from graphql_api.loaders.tag import TagFilter
from tests.support.factories import Factory

ID = (Order("id"),)
MARKED = PostFilter(any_tags=("tag",))

POSTS: list[tuple[PostFilter, set[str]]] = [
    (PostFilter(), {"bare", "shelved", "one", "both"}),
    (PostFilter(category=IdFilter(none_of=(1,))), {"bare", "one", "both"}),
    (PostFilter(category=IdFilter(none_of=())), {"bare", "shelved", "one", "both"}),
    (PostFilter(category=IdFilter(any_of=())), set()),
    (PostFilter(none_of=PostFilter(category=IdFilter(eq=1))), {"bare", "one", "both"}),
    (PostFilter(none_of=PostFilter(none_of=PostFilter(category=IdFilter(eq=1)))), {"shelved"}),
    (PostFilter(none_of=PostFilter()), set()),
    (PostFilter(any_of=()), set()),
    (PostFilter(all_of=()), {"bare", "shelved", "one", "both"}),
    (PostFilter(any_of=(PostFilter(category=IdFilter(eq=1)), MARKED)), {"shelved", "one", "both"}),
    (PostFilter(all_of=(PostFilter(any_tags=("word",)), MARKED)), {"both"}),
    (PostFilter(any_tags=()), set()),
    (PostFilter(any_tags=("tag", "word", "word", "none")), {"one", "both"}),
    (PostFilter(all_tags=()), {"bare", "shelved", "one", "both"}),
    (PostFilter(all_tags=("tag", "word")), {"both"}),
    (PostFilter(all_tags=("tag", "none")), set()),
    (PostFilter(any_tags=("gone",)), set()),
    (PostFilter(language=TextFilter(any_of=())), set()),
    (PostFilter(language=TextFilter(any_of=("ja", "fr"))), {"bare"}),
    (PostFilter(language=TextFilter(starts_with="j")), {"bare"}),
    (PostFilter(language=TextFilter(starts_with="")), {"bare", "shelved", "one", "both"}),
]


@pytest.mark.parametrize(("where", "expected"), POSTS)
async def test_a_filter_of_posts_keeps(
    where: PostFilter, expected: set[str], loaders: Loaders, make: Factory
) -> None:
    tag, word = await make.tag(slug="tag"), await make.tag(slug="word")
    gone = await make.tag(slug="gone", deleted_at=tag.created_at)
    await make.post(slug="bare", language="ja", tags=[gone])
    await make.post(slug="shelved", category=await make.category(id=1))
    await make.post(slug="one", tags=[tag])
    await make.post(slug="both", tags=[word, tag])
    key = PageKey(0, ID, size=10, where=where)
    assert {row.slug for row in (await loaders.posts.load(key)).rows} == expected


async def test_filters_of_comments_know_what_answers_nobody_and_is_by_nobody(
    loaders: Loaders, make: Factory
) -> None:
    user = await make.user()
    guests = await make.comment(author_id=None, guest_name="Guest")
    reply = await make.comment(parent=guests, author=user)

    async def kept(**conditions: Any) -> list[int]:  # a filter's fields
        where = CommentFilter(**conditions)
        page = await loaders.comments_by_post.load(PageKey(guests.post_id, ID, 10, where=where))
        return [row.id for row in page.rows]

    assert await kept(author=IdFilter(none_of=(user.id,))) == [guests.id]
    assert await kept(author=IdFilter(eq=user.id)) == [reply.id]
    assert await kept(parent=IdFilter(none_of=(guests.id,))) == [guests.id]
    assert await kept(parent=IdFilter(any_of=(guests.id, 99))) == [reply.id]
    assert await kept(top_level_only=True) == [guests.id]


@pytest.mark.parametrize(
    ("beginning", "names"),
    [
        ("", ["100 %", "a_b", "axb", "Éclair", "日本"]),
        ("A", ["a_b", "axb"]),
        ("a_", ["a_b"]),
        ("100 %", ["100 %"]),
        ("é", ["Éclair"]),
        ("日", ["日本"]),
        ("z", []),
    ],
)
async def test_names_are_found_by_their_beginning_in_any_case_and_taken_literally(
    beginning: str, names: list[str], loaders: Loaders, make: Factory
) -> None:
    for name in ("100 %", "a_b", "axb", "Éclair", "日本"):
        await make.tag(name=name)
    order = (Order("name_key"), Order("id"))
    page = await loaders.tags.load(PageKey(0, order, 10, where=TagFilter(starts_with=beginning)))
    assert [row.name for row in page.rows] == names
