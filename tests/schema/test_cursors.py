"""Cursors: a place in one list, in one order, of one tenant, and nothing else."""

import base64
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.db.database import Database
from graphql_api.errors import BadUserInputError
from graphql_api.loaders.keyset import Order
from graphql_api.models import Viewer
from graphql_api.schema.cursor import CursorCodec
from tests.schema.client import Execute
from tests.support.factories import Factory
from tests.support.serving import SECRET_KEY

ORDER = (Order("like_count", descending=True), Order("id", descending=True))
POSTS = "query ($c: String) { posts(after: $c) { nodes { slug } } }"
SENTENCE = (
    "the cursor given as 'after' does not belong to this list in this order; take it from"
    " `pageInfo` or `edges` of the same field with the same `orderBy`"
)


ID = 2**63 - 1
NAME_KEY = "名前 \N{PILE OF POO}"


def is_refused(
    text: str, codec: CursorCodec | None = None, order: tuple[Order, ...] = ORDER
) -> bool:
    """Tell whether a codec takes a text for none of its cursors of this list."""
    try:
        (codec or CursorCodec(SECRET_KEY, 1)).decode("Posts", order, text, name="after")
    except BadUserInputError as error:
        return str(error) == SENTENCE
    return False


CURSOR = CursorCodec(SECRET_KEY, 1).encode("Posts", ORDER, (7, ID))


def test_a_cursor_brings_its_values_back() -> None:
    order = (Order("name_key"), Order("id"))
    codec = CursorCodec(SECRET_KEY, 1)
    cursor = codec.encode("Authors", order, (NAME_KEY, ID))
    assert codec.decode("Authors", order, cursor, name="after") == (NAME_KEY, ID)


def flips(content: bytes) -> Iterator[bytes]:
    """Give ``content`` with each of its bits flipped in turn."""
    for bit in range(len(content) * 8):
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        yield bytes(flipped)


def test_a_cursor_with_any_bit_flipped_is_refused() -> None:
    assert all(is_refused(text.decode("latin-1")) for text in flips(CURSOR.encode()))


def test_a_cursor_with_any_bit_of_its_content_flipped_is_refused() -> None:
    spelled = map(base64.urlsafe_b64encode, flips(base64.urlsafe_b64decode(CURSOR + "==")))
    assert all(is_refused(text.decode().rstrip("=")) for text in spelled)


def test_a_cursor_that_was_cut_anywhere_is_refused() -> None:
    assert all(is_refused(CURSOR[:length]) for length in range(len(CURSOR)))
    assert all(is_refused(CURSOR[length:]) for length in range(1, len(CURSOR)))


@given(st.text() | st.text("ABCabc019-_=", max_size=200))
def test_other_text_is_refused(text: str) -> None:
    assert is_refused(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "=", "\0", "\ud800", "null", CURSOR + "=", CURSOR + "\n", " " + CURSOR, "A" * 10_240],
    ids=ascii,
)
def test_what_only_looks_like_a_cursor_is_refused(text: str) -> None:
    assert is_refused(text)


@pytest.mark.parametrize(
    "codec",
    [CursorCodec(SECRET_KEY[::-1], 1), CursorCodec(SECRET_KEY, 2)],
    ids=["another secret", "another tenant"],
)
def test_a_cursor_of_somebody_else_is_refused(codec: CursorCodec) -> None:
    assert is_refused(CURSOR, codec)


@pytest.mark.parametrize(
    "order",
    [
        ORDER[::-1],
        ORDER[:1],
        (Order("like_count"), Order("id")),
        (Order("like_count", descending=True), Order("id")),
        (Order("view_count", descending=True), Order("id", descending=True)),
    ],
)
def test_a_cursor_of_another_order_is_refused(order: tuple[Order, ...]) -> None:
    assert is_refused(CURSOR, order=order)


async def test_a_client_reads_one_sentence_about_a_foreign_cursor(
    execute: Execute, make: Factory, database: Database
) -> None:
    tag = await make.tag()
    author = await make.user()
    await make.post(author=author, tags=[tag])
    cursors = await execute.data(
        """{
          posts { nodes { author { posts { ...C } } tags { ...T } } }
          ordered: posts(orderBy: [{field: LIKES}]) { ...C }
          rising: posts(orderBy: [{field: PUBLISHED_AT, direction: ASC}]) { ...C }
          tags { nodes { posts { ...C } } ...T }
          authors { pageInfo { endCursor } }
        }
        fragment C on PostConnection { pageInfo { endCursor } }
        fragment T on TagConnection { pageInfo { endCursor } }"""
    )
    [post] = cursors["posts"]["nodes"]
    [of_tag] = cursors["tags"]["nodes"]
    foreign = {
        name: found["pageInfo"]["endCursor"]
        for name, found in {
            "of another field": post["author"]["posts"],
            "of another type": of_tag["posts"],
            "of another thing": cursors["authors"],
            "of tags": cursors["tags"],
            "of another order": cursors["ordered"],
            "of the other direction": cursors["rising"],
        }.items()
    }
    assert len(set(foreign.values())) == len(foreign)
    for name, cursor in foreign.items():
        assert await execute.refusal(POSTS, c=cursor) == SENTENCE, name
    before = "query ($c: String) { posts(before: $c, last: 1) { totalCount } }"
    assert await execute.refusal(before, c="x") == SENTENCE.replace("after", "before")

    for other in (Execute(database, secret=SECRET_KEY[::-1]), Execute(database, viewer=Viewer(2))):
        found = await execute.data("{ posts { pageInfo { endCursor } } }")
        assert await other.refusal(POSTS, c=found["posts"]["pageInfo"]["endCursor"]) == SENTENCE


async def test_a_cursor_is_a_place_in_the_same_list_of_another_parent(
    execute: Execute, make: Factory
) -> None:
    one, other = await make.user(), await make.user()
    for number, author in enumerate([one, other, one, other]):
        await make.post(author=author, slug=f"p{number}")
    posts = "posts { edges { cursor } nodes { slug } }"
    data = await execute.data(f'{{ user(by: {{username: "{one.username}"}}) {{ {posts} }} }}')
    assert data["user"]["posts"]["nodes"] == [{"slug": "p2"}, {"slug": "p0"}]
    data = await execute.data(
        "query ($c: String) { authors { nodes { posts(after: $c) { nodes { slug } } } } }",
        c=data["user"]["posts"]["edges"][0]["cursor"],
    )
    found = [author["posts"]["nodes"] for author in data["authors"]["nodes"]]
    assert found == [[{"slug": "p0"}], [{"slug": "p1"}]]
