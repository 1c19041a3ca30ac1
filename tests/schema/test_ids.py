"""Global ids: strict, of one type, and never a thing that is not there."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.errors import BadUserInputError
from graphql_api.schema import global_id
from tests.schema.client import Execute
from tests.support.factories import Factory

NODE = "query ($id: ID!) { node(id: $id) { id } }"
KINDS = sorted(global_id.NODES)


def encoded(text: str | bytes) -> str:
    """Write a text as ids are written."""
    return base64.b64encode(text if isinstance(text, bytes) else text.encode()).decode()


NO_IDS = {
    "empty": "",
    "a number": "1",
    "plain": "Post:1",
    "words": "not an id",
    "of no type": encoded("Draft:1"),
    "of a lower case type": encoded("post:1"),
    "of an interface": encoded("Node:1"),
    "without a number": encoded("Post:"),
    "without a type": encoded(":1"),
    "without a colon": encoded("Post1"),
    "zero": encoded("Post:0"),
    "negative": encoded("Post:-1"),
    "with a plus": encoded("Post:+1"),
    "with a zero before": encoded("Post:01"),
    "with an underscore": encoded("Post:1_0"),
    "with a space": encoded("Post: 1"),
    "with a line's end": encoded("Post:1\n"),
    "with a fraction": encoded("Post:1.0"),
    "in other digits": encoded("Post:\N{ARABIC-INDIC DIGIT ONE}"),
    "with two colons": encoded("Post:1:1"),
    "with NUL": encoded("Post:1\0"),
    "no UTF-8": encoded(b"Post:\xff"),
    "NUL itself": "\0",
    "half a surrogate": "\ud800",
    "a space before": " " + encoded("Post:1"),
    "a line's end behind": encoded("Post:1") + "\n",
    "without padding": encoded("Post:12").rstrip("="),
    "with more padding": encoded("Post:1") + "====",
    "url-safe": base64.urlsafe_b64encode(b"Post:1?>").decode(),
    "spelled otherwise": encoded("Post:12")[:-2] + "J=",
    "10 kB": "A" * 10_240,
    "of 5,000 digits": encoded("Post:" + "9" * 5000),
}


@given(st.sampled_from(KINDS), st.integers(1, 10**40))
def test_an_id_brings_its_type_and_number_back(kind: str, number: int) -> None:
    assert global_id.decode(global_id.encode(kind, number)) == (kind, number)


@given(st.text() | st.text("=+/-_ABZabz019", max_size=24) | st.binary().map(encoded))
def test_a_text_is_an_id_only_if_we_would_write_it_so(text: str) -> None:
    try:
        found = global_id.decode(text)
    except BadUserInputError:
        return
    assert global_id.encode(*found) == text


@given(st.sampled_from(KINDS), st.integers(-(10**20), 0))
def test_a_number_below_one_makes_no_id(kind: str, number: int) -> None:
    with pytest.raises(BadUserInputError):
        global_id.decode(encoded(f"{kind}:{number}"))


@pytest.mark.parametrize("text", NO_IDS.values(), ids=NO_IDS)
async def test_what_is_no_id_is_refused(text: str, execute: Execute) -> None:
    said = await execute.refusal(NODE, id=text)
    assert said.endswith("is not an id of this API; ids come from its `id` fields")
    assert said.isascii() or "…" in said
    assert await execute.refusal("query ($i: [ID!]!) { nodes(ids: $i) { id } }", i=[text]) == said


async def test_an_id_of_nothing_finds_null(execute: Execute, make: Factory) -> None:
    post = await make.post()
    for number in (post.id + 1, 2**31, 2**63 - 1, 2**63, 10**30):
        for kind in KINDS:
            found = await execute.data(NODE, id=global_id.encode(kind, number))
            assert found == {"node": None}, (kind, number)
    some = [global_id.encode("Post", number) for number in (10**30, post.id, 2**63 - 1)]
    data = await execute.data("query ($i: [ID!]!) { nodes(ids: $i) { id } }", i=some)
    assert data == {"nodes": [None, {"id": some[1]}, None]}


async def test_nodes_keep_order_and_repetition(execute: Execute, make: Factory) -> None:
    post = await make.post()
    kinds = [("Post", post.id), ("User", post.author_id), ("Post", 99), ("Post", post.id)]
    ids = [global_id.encode(*kind) for kind in kinds]
    data = await execute.data("query ($i: [ID!]!) { nodes(ids: $i) { __typename id } }", i=ids)
    assert data["nodes"] == [
        {"__typename": "Post", "id": ids[0]},
        {"__typename": "User", "id": ids[1]},
        None,
        {"__typename": "Post", "id": ids[0]},
    ]


async def test_nodes_take_a_hundred_ids_and_no_more(execute: Execute) -> None:
    query = "query ($i: [ID!]!) { nodes(ids: $i) { id } }"
    assert await execute.data(query, i=[]) == {"nodes": []}
    found = await execute.data(query, i=[global_id.encode("Tag", n + 1) for n in range(100)])
    assert found == {"nodes": [None] * 100}
    ids = [global_id.encode("Tag", n + 1) for n in range(101)]
    assert await execute.refusal(query, i=ids) == "'ids' takes at most 100 ids"


@pytest.mark.parametrize("field", ["post", "user"])
async def test_one_thing_is_named_by_an_id_of_its_type(field: str, execute: Execute) -> None:
    kind, other = ("Post", "User") if field == "post" else ("User", "Post")
    query = f"query ($id: ID!) {{ {field}(by: {{id: $id}}) {{ id }} }}"
    said = await execute.refusal(query, id=global_id.encode(other, 1))
    assert said == f"an id of a {kind} is needed here, but this is the id of a {other}"
    assert await execute.data(query, id=global_id.encode(kind, 10**30)) == {field: None}
    assert await execute.refusal(query, id="") == (
        "'' is not an id of this API; ids come from its `id` fields"
    )


@pytest.mark.parametrize(("field", "name"), [("post", "slug"), ("user", "username")])
async def test_one_thing_is_named_in_exactly_one_way(
    field: str, name: str, execute: Execute
) -> None:
    kind = f"{field.capitalize()}By"
    query = f"query ($by: {kind}!) {{ {field}(by: $by) {{ id }} }}"
    wrong: list[dict[str, Any]] = [
        {},
        {name: None},
        {"id": None, name: "x"},
        {name: "x", "databaseId": 1},
    ]
    for by in wrong:
        result = await execute(query, by=by)
        assert {str((error.extensions or {})["code"]) for error in result.errors or []} == {
            "BAD_USER_INPUT"
        }, by
    for by in ({name: ""}, {name: "x"}, {"databaseId": 0}, {"databaseId": -1}):
        assert await execute.data(query, by=by) == {field: None}
    assert await execute.data(query, by={"databaseId": 2**63 - 1}) == {field: None}


@pytest.mark.parametrize("number", ["9223372036854775808", "1.0", '"1"', "true", "9" * 5000])
async def test_a_database_id_is_a_number_of_64_bits(number: str, execute: Execute) -> None:
    said = await execute.refusal(f"{{ post(by: {{databaseId: {number}}}) {{ id }} }}")
    assert said == "a BigInt is a whole number of at most 64 bits"


async def test_a_username_is_found_in_any_case(execute: Execute, make: Factory) -> None:
    await make.user(username="ada")
    data = await execute.data('{ user(by: {username: "ADA"}) { username } }')
    assert data == {"user": {"username": "ada"}}


TEXTS = {
    "post(by: {slug: $t}) { id }": "String!",
    "user(by: {username: $t}) { id }": "String!",
    "tag(slug: $t) { id }": "String!",
    "category(slug: $t) { id }": "String!",
    "tags(startsWith: $t) { totalCount }": "String",
    "posts(where: {anyTags: [$t]}) { totalCount }": "String!",
    "posts(where: {allTags: [$t]}) { totalCount }": "String!",
    "posts(where: {language: {eq: $t}}) { totalCount }": "String",
    "posts(where: {language: {in: [$t]}}) { totalCount }": "String!",
    "posts(where: {language: {startsWith: $t}}) { totalCount }": "String",
}


@pytest.mark.parametrize("field", TEXTS)
async def test_a_text_that_postgresql_cannot_hold_is_refused(field: str, execute: Execute) -> None:
    query = f"query ($t: {TEXTS[field]}) {{ {field} }}"
    assert await execute.refusal(query, t="a\0b") == (
        "a text may not hold the NUL character (U+0000)"
    )
    assert await execute.refusal(query, t="a\ud83d") == (
        "a text may not hold half of a surrogate pair"
    )
    for text in ("", "%", "\\", "'", "\U0010ffff", "\N{PILE OF POO}", "x" * 100_000):
        await execute.data(query, t=text)
