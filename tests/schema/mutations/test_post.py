"""Writing posts."""

import asyncio
from typing import Any

from graphql_api.models import Role, Viewer
from graphql_api.schema import global_id
from tests.schema.mutations.conftest import As, by_each_executor, errors_of
from tests.support.factories import Factory

pytestmark = by_each_executor

ERRORS = """errors { __typename message code path
    ... on ValidationError { constraint }
    ... on NotFoundError { missingId }
    ... on ConflictError { expectedVersion currentVersion current { id }
        changedFields { field before after diff } }
    ... on PermissionError { missingScopes } }"""
POST = """id slug title body status publishedAt version language excerpt readingMinutes
    html: body(format: HTML) text: body(format: TEXT)
    author { id } category { slug } tags { nodes { name } }"""
CREATE = f"""mutation ($input: CreatePostInput!) {{ createPost(input: $input) {{
    clientMutationId post {{ {POST} }} postEdge {{ cursor node {{ id }} }} {ERRORS} }} }}"""
UPDATE = f"""mutation ($input: UpdatePostInput!) {{ updatePost(input: $input) {{
    post {{ {POST} }} {ERRORS} }} }}"""
PUBLISH = f"""mutation ($input: PublishPostInput!) {{ publishPost(input: $input) {{
    post {{ {POST} }} {ERRORS} }} }}"""
UNPUBLISH = PUBLISH.replace("publishPost(", "unpublishPost(")


async def create(as_: As, viewer: Viewer, **given: Any) -> dict[str, Any]:
    """Create a post, and return the payload."""
    data = await as_(viewer).data(CREATE, input={"title": "T", "body": "B"} | given)
    payload: dict[str, Any] = data["createPost"]
    return payload


async def test_a_post_is_written_with_everything(as_: As, make: Factory) -> None:
    author = await make.viewer(Role.AUTHOR)
    await make.category(slug="news")
    payload = await create(
        as_,
        author,
        clientMutationId="mine",
        title="  Écrire: the *first* post ",
        body="# Hello\r\n\r\nThis is **the** first post about writing <script>alert(1)</script>",
        tagNames=["Python", "GraphQL", "python"],
        categoryId=global_id.encode("Category", 1),
        status="PUBLISHED",
    )
    assert payload["errors"] == []
    assert payload["clientMutationId"] == "mine"
    post = payload["post"]
    assert post["title"] == "Écrire: the *first* post"
    assert post["slug"] == "écrire-the-first-post"
    assert post["body"].startswith("# Hello\n\nThis")
    assert post["html"] == (
        "<h1>Hello</h1>\n<p>This is <strong>the</strong> first post about writing </p>\n"
    )
    assert post["excerpt"] == "Hello This is the first post about writing"
    assert (post["status"], post["version"], post["language"]) == ("PUBLISHED", 1, "en")
    assert post["category"] == {"slug": "news"}
    assert post["tags"]["nodes"] == [{"name": "GraphQL"}, {"name": "Python"}]
    assert post["author"]["id"] == global_id.encode("User", author.user_id)
    assert payload["postEdge"]["node"] == {"id": post["id"]}
    listed = await as_(Viewer()).data("{ posts { edges { cursor node { id } } } }")
    assert listed["posts"]["edges"] == [payload["postEdge"]]


async def test_all_problems_of_an_input_are_told_at_once(as_: As, make: Factory) -> None:
    author = await make.viewer()
    payload = await create(
        as_, author, title=" ", body="\0", tagNames=["a", "", "b" * 61], status="SCHEDULED"
    )
    assert payload["post"] is None
    assert errors_of(payload) == [
        ("REQUIRED", "title"),
        ("INVALID", "body"),
        ("REQUIRED", "tagNames.1"),
        ("TOO_LONG", "tagNames.2"),
        ("REQUIRED", "publishAt"),
    ]
    assert (await as_(author).data("{ posts { totalCount } }"))["posts"]["totalCount"] == 0


async def test_of_many_updates_with_the_same_version_one_wins(as_: As, make: Factory) -> None:
    author = await make.viewer()
    post = (await create(as_, author))["post"]
    answers = await asyncio.gather(
        *(
            as_(author).data(
                UPDATE, input={"id": post["id"], "expectedVersion": 1, "title": f"T{number}"}
            )
            for number in range(50)
        )
    )
    payloads = [answer["updatePost"] for answer in answers]
    [won] = [payload["post"] for payload in payloads if payload["post"]]
    assert won["version"] == 2
    lost = [payload["errors"] for payload in payloads if payload["errors"]]
    assert len(lost) == 49
    for [error] in lost:
        assert (error["code"], error["expectedVersion"], error["currentVersion"]) == (
            "CONFLICT",
            1,
            2,
        )
        assert error["current"] == {"id": post["id"]}
        [change] = error["changedFields"]
        assert (change["field"], change["before"]) == ("title", won["title"])


async def test_a_conflict_names_only_what_differs(as_: As, make: Factory) -> None:
    author = await make.viewer()
    date = "2024-05-01T12:00:00+00:00"
    tags = {"tagNames": ["Zebra", "apple"], "status": "PUBLISHED"}
    post = (await create(as_, author, **tags, publishAt=date))["post"]
    stale = {"id": post["id"], "expectedVersion": 7}

    async def differing(document: str, name: str, **sent: object) -> list[str]:
        answer = await as_(author).data(document, input=stale | sent)
        [error] = answer[name]["errors"]
        return [change["field"] for change in error["changedFields"]]

    same = {**tags, "title": post["title"], "tagNames": ["APPLE", "zebra"]}
    assert await differing(UPDATE, "updatePost", **same) == []
    assert await differing(UPDATE, "updatePost", **same | {"title": "Other"}) == ["title"]
    other = same | {"tagNames": ["apple"], "status": "DRAFT"}
    assert sorted(await differing(UPDATE, "updatePost", **other)) == ["status", "tagNames"]
    assert await differing(PUBLISH, "publishPost", publishAt=date) == []
    assert await differing(PUBLISH, "publishPost", publishAt="2024-05-02T00:00:00Z") == [
        "publishedAt"
    ]


async def test_the_place_of_a_problem_is_a_path(as_: As, make: Factory) -> None:
    payload = await create(as_, await make.viewer(), tagNames=["fine", ""])
    assert [error["path"] for error in payload["errors"]] == [["tagNames", "1"]]


async def test_a_key_gives_one_post_however_often_it_is_used(as_: As, make: Factory) -> None:
    author = await make.viewer()
    answers = await asyncio.gather(*(create(as_, author, idempotencyKey="k") for _ in range(8)))
    assert len({payload["post"]["id"] for payload in answers}) == 1
    other = await create(as_, author, idempotencyKey="k", title="Another")
    assert errors_of(other) == [("IDEMPOTENCY_MISMATCH", "idempotencyKey")]
    somebody = await make.viewer()
    assert (await create(as_, somebody, idempotencyKey="k"))["errors"] == []


async def test_an_empty_key_or_id_is_refused_and_an_empty_client_mutation_id_given_back(
    as_: As, make: Factory
) -> None:
    author = await make.viewer()
    no_key = await create(as_, author, idempotencyKey="", clientMutationId="")
    assert errors_of(no_key) == [("INVALID", "idempotencyKey")]
    assert no_key["clientMutationId"] == ""
    no_id = await create(as_, author, categoryId="")
    assert errors_of(no_id) == [("NOT_FOUND", "categoryId")]


async def test_a_field_that_fails_after_the_commit_does_not_hide_it(as_: As, make: Factory) -> None:
    author = await make.viewer()
    broken = """mutation { createPost(input: {title: "T", body: "B", clientMutationId: "mine"}) {
        clientMutationId post { comments(first: 0) { totalCount } } errors { code } } }"""
    result = await as_(author)(broken)
    assert result.data == {"createPost": {"clientMutationId": "mine", "post": None, "errors": []}}
    [error] = result.errors or []
    assert error.path == ["createPost", "post", "comments"]
    drafts = await as_(author).data("{ viewer { drafts { totalCount } } }")
    assert drafts["viewer"]["drafts"]["totalCount"] == 1


async def test_two_mutations_of_a_document_see_each_other(as_: As, make: Factory) -> None:
    author = await make.viewer()
    post = (await create(as_, author))["post"]
    both = f"""mutation ($id: ID!) {{
        a: updatePost(input: {{id: $id, expectedVersion: 1, title: "A"}}) {{ post {{ {POST} }} }}
        b: updatePost(input: {{id: $id, expectedVersion: 2, title: "B"}}) {{ post {{ {POST} }} }}
    }}"""
    data = await as_(author).data(both, id=post["id"])
    assert [data[name]["post"]["title"] for name in "ab"] == ["A", "B"]
    assert data["b"]["post"]["version"] == 3


async def test_a_draft_is_there_for_its_author_and_editors_alone(as_: As, make: Factory) -> None:
    author = await make.viewer()
    post = (await create(as_, author))["post"]
    query = "query ($id: ID!) { node(id: $id) { id } post(by: {id: $id}) { id } }"
    for role, sees in ((Role.READER, False), (Role.AUTHOR, False), (Role.EDITOR, True)):
        found = await as_(await make.viewer(role)).data(query, id=post["id"])
        assert (found["node"] is not None, found["post"] is not None) == (sees, sees)
    assert (await as_(author).data(query, id=post["id"]))["post"] is not None
    assert (await as_(Viewer()).data(query, id=post["id"]))["post"] is None
