"""Documents in the database: what an id stands for, and how many there may be."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.errors import OperatorError
from graphql_api.services.persisted import store
from graphql_api.services.persisted.document import Document, hash_of
from graphql_api.services.persisted.operators import Loaded, listed, load, prune, remove
from graphql_api.services.persisted.store import Found, find, register

TENANT = 1


def automatic(number: int | str) -> Document:
    """Make a document whose id is its hash."""
    query = f"{{ a{number} }}"
    return Document(hash_of(query), query, "")


async def ids(database: Database) -> set[str]:
    """Return the ids of all documents."""
    return {each.id for each in await listed(database, TENANT)}


async def run(database: Database, sql: str, **given: Any) -> Any:
    """Run a statement, and commit it."""
    async with database.transaction() as session:
        return await session.execute(text(sql), given)


async def age(database: Database, document_id: str, interval: timedelta) -> None:
    """Have a document used longer ago."""
    sql = (
        "UPDATE persisted_documents SET last_used_at = now() - CAST(:by AS interval) WHERE id = :id"
    )
    await run(database, sql, by=interval, id=document_id)


async def test_a_document_is_found_by_its_id_alone(database: Database) -> None:
    document = automatic("é\N{SEEDLING}")
    await register(database, TENANT, document)
    await load(database, TENANT, [Document("a", "{ a }", "A")])
    assert await find(database, TENANT, document.id) == Found(document.text, trusted=False)
    assert await find(database, TENANT, "a") == Found("{ a }", trusted=True)
    for other in ("", "A", "a ", "%", document.id[:-1], document.id.upper()):
        assert await find(database, TENANT, other) is None
    assert await find(database, TENANT + 1, "a") is None


async def test_registering_again_changes_nothing(database: Database) -> None:
    document = automatic(1)
    await asyncio.gather(*(register(database, TENANT, document) for _ in range(3)))
    await register(database, TENANT, document._replace(name="Other"))
    [found] = await listed(database, TENANT)
    assert (found.id, found.name, found.trusted, found.n_bytes) == (document.id, "", False, 6)


async def test_registering_never_takes_a_trusted_document_s_place(database: Database) -> None:
    document = automatic(1)
    await load(database, TENANT, [document._replace(text="{ other }")])
    await register(database, TENANT, document)
    assert await find(database, TENANT, document.id) == Found("{ other }", trusted=True)


async def test_a_use_is_noted_once_an_hour(
    database: Database, statements: Callable[[], Any]
) -> None:
    await load(database, TENANT, [Document("a", "{ a }")])

    async def n_statements() -> int:
        with statements() as log:
            await find(database, TENANT, "a")
        return len(log)

    assert (await listed(database, TENANT))[0].last_used_at is None
    first = await n_statements()
    assert (await listed(database, TENANT))[0].last_used_at is not None
    assert (first, await n_statements()) == (2, 1)
    await age(database, "a", timedelta(hours=1, seconds=1))
    assert (await n_statements(), await n_statements()) == (2, 1)


@pytest.mark.parametrize("limit", ["MOST_AUTOMATIC", "MOST_AUTOMATIC_BYTES"])
async def test_when_automatic_ones_are_too_many_those_unused_for_longest_go(
    limit: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, limit, 10 if limit == "MOST_AUTOMATIC" else 10 * 6)
    documents = [automatic(chr(ord("a") + number)) for number in range(11)]
    trusted = Document("t", "{ trusted }" * 100)
    await load(database, TENANT, [trusted])
    for days, document in enumerate(documents[:10]):
        await register(database, TENANT, document)
        await age(database, document.id, timedelta(days=10 - days))
    await age(database, documents[0].id, timedelta(0))  # the oldest is the one used last
    assert len(await ids(database)) == 11
    await register(database, TENANT, documents[10])
    kept = {document.id for document in (documents[0], *documents[3:])}
    assert await ids(database) == kept | {"t"}  # nine tenths


async def test_a_manifest_is_loaded_whole_and_again_without_effect(database: Database) -> None:
    documents = [Document(f"id{number}", f"{{ a{number} }}", "A") for number in range(2_000)]
    known = automatic(0)
    await register(database, TENANT, known)
    documents.append(known)
    assert await load(database, TENANT, documents) == Loaded(added=2_000, promoted=1, known=0)
    assert await load(database, TENANT, documents) == Loaded(added=0, promoted=0, known=2_001)
    assert await find(database, TENANT, known.id) == Found(known.text, trusted=True)
    assert await find(database, TENANT, "id1999") == Found("{ a1999 }", trusted=True)


async def test_an_id_never_changes_its_text(database: Database) -> None:
    await load(database, TENANT, [Document("a", "{ a }")])
    with pytest.raises(OperatorError, match=r"the id a \(Other\) stands for another document"):
        await load(database, TENANT, [Document("b", "{ b }"), Document("a", "{ other }", "Other")])
    assert await ids(database) == {"a"}
    assert await find(database, TENANT, "a") == Found("{ a }", trusted=True)


async def test_manifests_loaded_side_by_side_do_not_hinder_each_other(database: Database) -> None:
    documents = [Document(f"id{number}", f"{{ a{number} }}") for number in range(50)]
    orders = (documents, documents[::-1])
    found = await asyncio.gather(*(load(database, TENANT, order) for order in orders))
    assert sum(each.added for each in found) == 50
    assert sum(each.known for each in found) == 50


async def test_documents_are_removed_by_how_their_ids_begin(database: Database) -> None:
    documents = [Document(name, "{ a }") for name in ("ab1", "ab2", "c", "cd")]
    await load(database, TENANT, documents)
    for beginnings, says in (
        (["ab"], "2 documents whose id begins with ab"),
        (["c", "x"], "no documents whose id begins with x"),
    ):
        with pytest.raises(OperatorError, match=says):
            await remove(database, TENANT, beginnings)
    assert await remove(database, TENANT, ["c", "ab2", "ab2"]) == 2  # all of an id wins
    assert await ids(database) == {"ab1", "cd"}


async def test_what_nobody_asks_for_is_pruned(database: Database) -> None:
    await load(database, TENANT, [Document(name, "{ a }") for name in ("old", "new", "never")])
    await age(database, "old", timedelta(days=31))
    await age(database, "new", timedelta(days=29))
    assert await prune(database, TENANT, timedelta(days=30)) == 1
    assert await ids(database) == {"new", "never"}
    await run(database, "UPDATE persisted_documents SET created_at = now() - interval '31 days'")
    assert await prune(database, TENANT, timedelta(days=30)) == 1
    assert await ids(database) == {"new"}
