"""Writing comments: what is written, and what a payload says of it."""

import asyncio

import pytest

from graphql_api.db.database import Database
from graphql_api.models import Comment, CommentStatus, Role, Viewer
from graphql_api.schema import global_id
from tests.schema.client import Recorder
from tests.schema.mutations.comments import (
    COMMENT,
    LISTED,
    NODE,
    add,
    approve,
    id_of,
    minimize,
    rows,
    run,
    unchanged,
    update,
)
from tests.schema.mutations.conftest import As, errors_of
from tests.support.derived import WRONG
from tests.support.factories import Factory


async def test_a_comment_is_written_with_everything(as_: As, make: Factory) -> None:
    post, reader = await make.post(), await make.viewer(Role.READER)
    payload = await add(
        as_, reader, post, clientMutationId="mine", body="Hello *all*\r\n\r\n<b onclick=x>there</b>"
    )
    assert payload["errors"] == []
    assert payload["clientMutationId"] == "mine"
    comment = payload["comment"]
    assert comment["body"] == "Hello *all*\n\n<b onclick=x>there</b>"
    assert comment["html"] == "<p>Hello <em>all</em></p>\n<p><b>there</b></p>\n"
    assert comment["text"] == "Hello all\nthere"
    assert comment["author"] == {"id": global_id.encode("User", reader.user_id)}
    assert (comment["version"], comment["depth"], comment["replyCount"]) == (1, 0, 0)
    assert (comment["parent"], comment["root"]) == (None, {"id": comment["id"]})
    assert (comment["isMinimized"], comment["minimizedReason"]) == (False, None)
    assert comment["post"] == {"id": id_of(post)}
    assert payload["subject"] == {"id": id_of(post), "commentCount": 1}
    listed = (await as_(Viewer()).data(LISTED, id=id_of(post)))["post"]
    assert listed == {"commentCount": 1, "comments": {"edges": [payload["commentEdge"]]}}


async def test_a_reply_hangs_below_what_it_answers(as_: As, make: Factory) -> None:
    top = await make.comment()
    middle = await make.comment(parent=top)
    reader = await make.viewer(Role.READER)
    payload = await run(
        as_,
        reader,
        "add",
        postId=global_id.encode("Post", top.post_id),
        replyToId=id_of(middle),
        body="B",
    )
    assert payload["errors"] == []
    comment = payload["comment"]
    assert comment["parent"] == {"id": id_of(middle), "replyCount": 1}
    assert comment["root"] == {"id": id_of(top)}
    assert comment["depth"] == 2
    assert payload["subject"]["commentCount"] == 3


async def test_the_edge_is_the_one_of_the_posts_list(as_: As, make: Factory) -> None:
    post = await make.post()
    for _ in range(3):
        await make.comment(post=post)
    await make.comment()
    reader = await make.viewer(Role.READER)
    edge = (await add(as_, reader, post))["commentEdge"]
    listed = await as_(Viewer()).data(LISTED, id=id_of(post))
    assert listed["post"]["comments"]["edges"].index(edge) == 3
    earlier = """query ($id: ID!, $cursor: String) { post(by: {id: $id}) {
        comments(last: 2, before: $cursor) { edges { cursor node { id } } } } }"""
    data = await as_(Viewer()).data(earlier, id=id_of(post), cursor=edge["cursor"])
    assert data["post"]["comments"]["edges"] == listed["post"]["comments"]["edges"][1:3]


async def test_there_is_no_edge_of_what_the_list_does_not_hold(
    as_: As, make: Factory, database: Database
) -> None:
    post, reader = await make.post(), await make.viewer(Role.READER)
    first = await add(as_, reader, post, idempotencyKey="k")
    await rows(database, "UPDATE comments SET status = 'spam' RETURNING id")
    again = await add(as_, reader, post, idempotencyKey="k")
    assert again["comment"]["id"] == first["comment"]["id"]
    assert (again["commentEdge"], again["errors"]) == (None, [])


async def test_an_update_renders_anew_and_counts_the_version(as_: As, make: Factory) -> None:
    author = await make.user()
    writer = await make.viewer(Role.READER, user=author)
    comment = await make.comment(author=author)
    payload = await update(as_, writer, comment, body="**New**", clientMutationId="c")
    assert payload["errors"] == []
    assert payload["clientMutationId"] == "c"
    changed = payload["comment"]
    assert (changed["body"], changed["version"]) == ("**New**", 2)
    assert changed["html"] == "<p><strong>New</strong></p>\n"
    assert changed["text"] == "New"
    found = "query ($id: ID!) { node(id: $id) { ... on Comment { updatedAt createdAt } } }"
    times = (await as_(writer).data(found, id=id_of(comment)))["node"]
    assert times["updatedAt"] > times["createdAt"]


async def test_an_update_to_the_same_text_changes_nothing(
    as_: As, make: Factory, database: Database
) -> None:
    moderator = await make.viewer(Role.EDITOR)
    comment = await make.comment()
    payload = await update(as_, moderator, comment, body=comment.body)
    assert payload["errors"] == []
    assert payload["comment"]["version"] == 1
    assert await unchanged(database)


@pytest.mark.parametrize("status", [CommentStatus.PENDING, CommentStatus.SPAM])
async def test_approval_shows_a_comment_with_its_approved_replies(
    status: CommentStatus, as_: As, make: Factory, database: Database
) -> None:
    held = await make.comment(status=status)
    reply = await make.comment(parent=held)
    moderator = await make.viewer(Role.EDITOR)
    nobody = as_(Viewer())
    assert await nobody.data(NODE, id=id_of(reply)) == {"node": None}
    payload = await approve(as_, moderator, held)
    assert payload["errors"] == []
    assert (payload["comment"]["version"], payload["comment"]["replyCount"]) == (2, 1)
    for shown in (held, reply):
        assert await nobody.data(NODE, id=id_of(shown)) == {"node": {"id": id_of(shown)}}
    post = await nobody.data(LISTED, id=global_id.encode("Post", held.post_id))
    assert post["post"]["commentCount"] == 2
    assert await rows(database, WRONG) == []


async def test_a_judgement_can_be_repeated_and_is_counted_once(
    as_: As, make: Factory, database: Database
) -> None:
    comment, moderator = (
        await make.comment(status=CommentStatus.SPAM),
        await make.viewer(Role.EDITOR),
    )
    for _ in range(2):
        assert (await approve(as_, moderator, comment))["comment"]["version"] == 2
    assert (await minimize(as_, moderator, comment))["comment"]["version"] == 3
    payload = await minimize(as_, moderator, comment)
    assert payload["errors"] == []
    assert payload["comment"]["version"] == 3
    assert (payload["comment"]["isMinimized"], payload["comment"]["minimizedReason"]) == (
        True,
        "OFF_TOPIC",
    )
    assert payload["comment"]["body"] == comment.body
    [found] = await rows(database, "SELECT count(*) AS n FROM revisions")
    assert found == {"n": 2}


@pytest.mark.parametrize(
    "reason", ["ABUSE", "OFF_TOPIC", "OUTDATED", "RESOLVED", "DUPLICATE", "SPAM"]
)
async def test_every_reason_for_minimizing_is_kept(reason: str, as_: As, make: Factory) -> None:
    comment, moderator = await make.comment(), await make.viewer(Role.EDITOR)
    payload = await minimize(as_, moderator, comment, reason)
    assert payload["comment"]["minimizedReason"] == reason


async def test_every_change_leaves_its_trace(as_: As, make: Factory, database: Database) -> None:
    writer, moderator = await make.viewer(Role.READER), await make.viewer(Role.EDITOR)
    post = await make.post()
    number = global_id.decode((await add(as_, writer, post, body="One"))["comment"]["id"]).number
    comment = Comment(id=number)
    assert (await update(as_, writer, comment, body="Two"))["errors"] == []
    await rows(database, "UPDATE comments SET status = 'pending' RETURNING id")
    await approve(as_, moderator, comment)
    await minimize(as_, moderator, comment, "RESOLVED")
    found = await rows(
        database,
        "SELECT subject_type, subject_id, owner_id, version, actor_id, action, changes, snapshot"
        " FROM revisions ORDER BY id",
    )
    who, by = {"owner_id": writer.user_id}, {"actor_id": writer.user_id}
    subject = {"subject_type": "Comment", "subject_id": number}
    first = {"body": "One", "status": "APPROVED", "minimizedReason": None}
    second = first | {"body": "Two"}
    last = second | {"minimizedReason": "RESOLVED"}
    judged = {"actor_id": moderator.user_id, "action": "update"}
    assert found == [
        subject
        | who
        | by
        | {"version": 1, "action": "create", "snapshot": first}
        | {"changes": {"body": [None, "One"], "status": [None, "APPROVED"]}},
        subject
        | who
        | by
        | {"version": 2, "action": "update", "snapshot": second}
        | {"changes": {"body": ["One", "Two"]}},
        subject
        | who
        | judged
        | {"version": 3, "snapshot": second}
        | {"changes": {"status": ["PENDING", "APPROVED"]}},
        subject
        | who
        | judged
        | {"version": 4, "snapshot": last}
        | {"changes": {"minimizedReason": [None, "RESOLVED"]}},
    ]
    events = await rows(
        database, "SELECT subject_type, subject_id, version, action FROM outbox ORDER BY id"
    )
    assert events == [
        {name: each[name] for name in ("subject_type", "subject_id", "version", "action")}
        for each in found
    ]


async def test_a_key_gives_one_comment_however_often_it_is_used(
    as_: As, make: Factory, database: Database
) -> None:
    post, reader = await make.post(), await make.viewer(Role.READER)
    answers = await asyncio.gather(
        *(add(as_, reader, post, idempotencyKey="k", clientMutationId=str(n)) for n in range(8))
    )
    assert {payload["comment"]["id"] for payload in answers} == {answers[0]["comment"]["id"]}
    assert [payload["clientMutationId"] for payload in answers] == list(map(str, range(8)))
    assert all(payload["subject"]["commentCount"] == 1 for payload in answers)
    for other in ({"body": "Another"}, {"replyToId": answers[0]["comment"]["id"]}):
        payload = await add(as_, reader, post, idempotencyKey="k", **other)
        assert errors_of(payload) == [("IDEMPOTENCY_MISMATCH", "idempotencyKey")]
    elsewhere = await add(as_, reader, await make.post(), idempotencyKey="k")
    assert errors_of(elsewhere) == [("IDEMPOTENCY_MISMATCH", "idempotencyKey")]
    somebody = await make.viewer(Role.READER)
    assert (await add(as_, somebody, post, idempotencyKey="k"))["errors"] == []
    assert await rows(database, "SELECT count(*) AS n FROM comments") == [{"n": 2}]


async def test_what_was_refused_leaves_its_key_free(as_: As, make: Factory) -> None:
    post, reader = await make.post(), await make.viewer(Role.READER)
    unknown = global_id.encode("Comment", 999)
    payload = await add(as_, reader, post, idempotencyKey="k", replyToId=unknown)
    assert errors_of(payload) == [("NOT_FOUND", "replyToId")]
    assert (await add(as_, reader, post, idempotencyKey="k"))["errors"] == []


# ---------- what a payload shows ----------


async def test_a_payload_shows_what_was_written_after_the_old_was_read(
    as_: As, make: Factory
) -> None:
    post = await make.post()
    top = await make.comment(post=post)
    both = """
        mutation ($update: UpdateCommentInput!, $conflict: UpdateCommentInput!,
                $add: AddCommentInput!) {
            before: updateComment(input: $conflict) { errors { ... on ConflictError { current {
                ... on Comment { body version replyCount post { commentCount
                    comments { totalCount nodes { body } } } } } } } }
            a: updateComment(input: $update) { comment {
                body html: body(format: HTML) version post { comments { nodes { body } } } } }
            b: addComment(input: $add) { subject { ... on Post {
                    commentCount comments { totalCount nodes { body } } } }
                comment { post { commentCount }
                    parent { body replyCount replies { nodes { body } } } } }
        }"""
    data = await as_(await make.viewer(Role.EDITOR)).data(
        both,
        conflict={"id": id_of(top), "expectedVersion": 7, "body": "X"},
        update={"id": id_of(top), "expectedVersion": 1, "body": "New"},
        add={"postId": id_of(post), "replyToId": id_of(top), "body": "Reply"},
    )
    old = {"totalCount": 1, "nodes": [{"body": top.body}]}
    assert data["before"]["errors"][0]["current"] == {
        "body": top.body,
        "version": 1,
        "replyCount": 0,
        "post": {"commentCount": 1, "comments": old},
    }
    assert data["a"]["comment"] == {
        "body": "New",
        "html": "<p>New</p>\n",
        "version": 2,
        "post": {"comments": {"nodes": [{"body": "New"}]}},
    }
    nodes = [{"body": "New"}, {"body": "Reply"}]
    assert data["b"] == {
        "subject": {"commentCount": 2, "comments": {"totalCount": 2, "nodes": nodes}},
        "comment": {
            "post": {"commentCount": 2},
            "parent": {"body": "New", "replyCount": 1, "replies": {"nodes": nodes[1:]}},
        },
    }


# what a transaction sends: who asks; what to lock and look at; the change, its trace, its event
N_ADDED = 5
N_ANSWERED = N_ADDED + 1
N_CHANGED = 5
N_APPROVED = N_CHANGED + 1


async def test_a_payload_costs_a_statement_for_each_kind_of_thing_on_each_level(
    as_: As, make: Factory, statements: Recorder
) -> None:
    top = await make.comment(status=CommentStatus.PENDING)
    moderator = await make.viewer(Role.EDITOR)
    read = {"CommentById": 1, "PostById": 1, "UserById": 1}
    with statements() as log:
        assert (await approve(as_, moderator, top))["errors"] == []
    assert log.loaders == {"": N_APPROVED, **read}
    with statements() as log:
        assert (await minimize(as_, moderator, top))["errors"] == []
    assert log.loaders == {"": N_CHANGED, **read}
    with statements() as log:
        assert (await update(as_, moderator, top, expectedVersion=3))["errors"] == []
    assert log.loaders == {"": N_CHANGED, **read}
    given = {"postId": global_id.encode("Post", top.post_id), "replyToId": id_of(top), "body": "B"}
    answer = f"""mutation ($i: AddCommentInput!) {{ addComment(input: $i) {{
        comment {{ {COMMENT} }} }} }}"""
    with statements() as log:
        await as_(moderator).data(answer, i=given)
    # the comment, and what it answers
    assert log.loaders == {"": N_ANSWERED, **read, "CommentById": 2}
    place = """mutation ($i: AddCommentInput!) { addComment(input: $i) {
        commentEdge { cursor node { id body } } subject { id } } }"""
    with statements() as log:
        await as_(moderator).data(place, i=given)
    assert log.loaders == {"": N_ANSWERED, "CommentById": 1, "PostById": 1}


async def test_what_is_not_asked_for_costs_nothing(
    as_: As, make: Factory, statements: Recorder
) -> None:
    post, reader = await make.post(), await make.viewer(Role.READER)
    short = "mutation ($i: AddCommentInput!) { addComment(input: $i) { errors { code } } }"
    with statements() as log:
        await as_(reader).data(short, i={"postId": id_of(post), "body": "B"})
    assert log.loaders == {"": N_ADDED}
    with statements() as log:
        await as_(reader).data(short, i={"postId": id_of(post), "body": ""})
        await as_(reader).data(short, i={"postId": "?", "body": "B"})
        await as_(Viewer()).data(short, i={"postId": id_of(post), "body": "B"})
    assert log.loaders == {}
