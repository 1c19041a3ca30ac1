"""Purging: what was deleted long enough ago is removed for good, and what nobody needs any more.

Tokens of such deletions are used up first, so that nothing comes back in part. Then each post is
locked and its comments removed from the deepest up, in batches, each a transaction of its own. A
mark that stands above what stays cannot go: it loses its text and its author.

Of what was removed the audit log keeps one entry, that it was purged. An entry is never changed, so
those that say what the thing was are deleted.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from graphql_api.db.database import Database
from graphql_api.services.change import KEYS_LIVE
from graphql_api.services.people.attempts import WINDOW

BATCH = 1000
"""How many comments one transaction removes: for so long others wait for their post."""

_BEGINNING = datetime.min.replace(tzinfo=UTC)

_TRACE = """forgotten AS (
    DELETE FROM revisions WHERE tenant_id = :tenant AND subject_type = '{type}'
        AND subject_id IN (SELECT id FROM gone) AND action <> 'purge'
), entries AS (
    INSERT INTO revisions (tenant_id, subject_type, subject_id, owner_id, version, action, changes,
            snapshot)
    SELECT :tenant, '{type}', id, owner_id, version, 'purge', '{{}}', '{{}}'
    FROM gone WHERE is_news ORDER BY id
), events AS (
    INSERT INTO outbox (tenant_id, subject_type, subject_id, version, action)
    SELECT :tenant, '{type}', id, version, 'purge' FROM gone WHERE is_news ORDER BY id
)
SELECT count(*) FROM gone"""

# `whole` tells whether the post goes too; `held` are comments above some that stay, found a row at
# a time, as a plan cannot know how deep they go
_HELD = """WITH RECURSIVE whole AS MATERIALIZED (
    SELECT FROM posts WHERE tenant_id = :tenant AND id = :post AND deleted_at < :before
), held (id) AS (
    SELECT parent_id FROM comments WHERE tenant_id = :tenant AND post_id = :post
        AND parent_id IS NOT NULL AND NOT EXISTS (SELECT FROM whole)
        AND (deleted_at IS NULL OR deleted_at >= :before)
    UNION
    SELECT above.parent_id FROM held CROSS JOIN LATERAL (
        SELECT parent_id FROM comments WHERE tenant_id = :tenant AND id = held.id LIMIT 1
    ) AS above WHERE above.parent_id IS NOT NULL
)"""
_SAYS_SOMETHING = "(body <> '' OR author_id IS NOT NULL OR guest_name IS NOT NULL)"


def _sql(query: str, type_name: str = "") -> TextClause:
    return text(query + _TRACE.format(type=type_name) if type_name else query)


_USE_UP = _sql("""
UPDATE deletions SET undone_at = now() WHERE undone_at IS NULL AND created_at < :before
""")
_TENANTS = _sql("SELECT id FROM tenants ORDER BY id")
DUE_POSTS = _sql("""
SELECT id FROM posts WHERE tenant_id = :tenant AND deleted_at < :before
ORDER BY deleted_at, id LIMIT :most
""")
DUE_COMMENTS = _sql("""
SELECT post_id, deleted_at, id FROM comments
WHERE tenant_id = :tenant AND deleted_at < :before AND (deleted_at, id) > (:last_at, :last)
ORDER BY deleted_at, id LIMIT :most
""")
_LOCK_POST = _sql("SELECT FROM posts WHERE tenant_id = :tenant AND id = :post FOR UPDATE")
_COMMENTS = _sql(
    f"""{_HELD}, doomed AS MATERIALIZED (
    SELECT id FROM comments WHERE tenant_id = :tenant AND post_id = :post
        AND (deleted_at < :before OR EXISTS (SELECT FROM whole)) AND id NOT IN (SELECT id FROM held)
    ORDER BY depth DESC, id LIMIT :most
), gone AS (
    DELETE FROM comments USING doomed WHERE tenant_id = :tenant AND comments.id = doomed.id
    RETURNING comments.id, author_id AS owner_id, version, {_SAYS_SOMETHING} AS is_news
), """,  # noqa: S608  # of our own pieces: values are bound
    "Comment",
)
_MARKS = _sql(
    f"""{_HELD}, said AS MATERIALIZED (
    SELECT id, author_id FROM comments WHERE tenant_id = :tenant AND post_id = :post
        AND deleted_at < :before AND id IN (SELECT id FROM held)
        AND ({_SAYS_SOMETHING} OR deletion_id IS NOT NULL)
), gone AS (
    UPDATE comments SET body = '', body_html = '', body_text = '', author_id = NULL,
        guest_name = NULL, deleted_by_id = nullif(deleted_by_id, comments.author_id),
        deletion_id = NULL
    FROM said WHERE tenant_id = :tenant AND comments.id = said.id
    RETURNING comments.id, said.author_id AS owner_id, version, true AS is_news
), """,  # noqa: S608  # of our own pieces: values are bound
    "Comment",
)
_POST = _sql(
    """WITH gone AS (
    DELETE FROM posts WHERE tenant_id = :tenant AND id = :post AND deleted_at < :before
    RETURNING id, author_id AS owner_id, version, true AS is_news
), """,
    "Post",
)
_CATEGORIES = _sql(
    """WITH gone AS (
    DELETE FROM categories AS shelf WHERE tenant_id = :tenant AND deleted_at < :before
        AND NOT EXISTS (SELECT FROM posts WHERE tenant_id = :tenant AND category_id = shelf.id)
        AND NOT EXISTS (
            SELECT FROM categories AS below WHERE tenant_id = :tenant AND parent_id = shelf.id
        )
    RETURNING id, NULL::bigint AS owner_id, version, true AS is_news
), """,
    "Category",
)
_TAGS = _sql(
    """WITH gone AS (
    DELETE FROM tags WHERE tenant_id = :tenant AND deleted_at < :before
        AND NOT EXISTS (SELECT FROM post_tags WHERE tenant_id = :tenant AND tag_id = tags.id)
    RETURNING id, NULL::bigint AS owner_id, 0 AS version, true AS is_news
), """,
    "Tag",
)
_DELETIONS = _sql("""
DELETE FROM deletions AS act WHERE tenant_id = :tenant AND created_at < :before
    AND NOT EXISTS (SELECT FROM posts WHERE tenant_id = :tenant AND deletion_id = act.id)
    AND NOT EXISTS (SELECT FROM comments WHERE tenant_id = :tenant AND deletion_id = act.id)
    AND NOT EXISTS (SELECT FROM categories WHERE tenant_id = :tenant AND deletion_id = act.id)
""")
_OVER = {
    "refresh_tokens": _sql("DELETE FROM refresh_tokens WHERE expires_at <= :at"),
    "idempotency_keys": _sql("DELETE FROM idempotency_keys WHERE created_at < :at"),
    "login_failures": _sql("DELETE FROM login_failures WHERE since <= :at"),
}


@dataclass(slots=True)
class Purged:
    """How many rows were removed."""

    posts: int = 0
    comments: int = 0
    marks: int = 0
    """Comments that stay above others, without what they said."""
    categories: int = 0
    tags: int = 0
    refresh_tokens: int = 0
    idempotency_keys: int = 0
    login_failures: int = 0

    def lines(self) -> list[str]:
        """Say it to a person."""
        said = {name: f"{name.replace('_', ' ')}: {{:,}} removed" for name in _NAMES}
        said["marks"] = "deleted comments above others: {:,} emptied"
        return [said[name].format(getattr(self, name)) for name in _NAMES]


_NAMES = [field.name for field in fields(Purged)]


async def purge(database: Database, age: timedelta) -> Purged:
    """Remove what was deleted longer ago than ``age``, and what is over; safe to repeat."""
    done = Purged()
    now: datetime = await _run(database, text("SELECT now()"))
    before = now - age
    await _run(database, _USE_UP, before=before)
    async with database.transaction() as session:
        tenants = (await session.scalars(_TENANTS)).all()
    for tenant in tenants:
        await _Purge(database, done, tenant=tenant, before=before).run()
    ends = (now, now - KEYS_LIVE, now - WINDOW)
    for (name, statement), at in zip(_OVER.items(), ends, strict=True):
        setattr(done, name, await _run(database, statement, at=at))
    return done


class _Purge:
    """The purge of one tenant."""

    def __init__(self, database: Database, done: Purged, **given: Any) -> None:
        self._database = database
        self._done = done
        self._given = {"most": BATCH, **given}

    async def run(self) -> None:
        while posts := await self._rows(DUE_POSTS):
            for (post,) in posts:
                await self._remove_comments(post)
                self._done.posts += await self._of_post(_POST, post)
        last_at, last = _BEGINNING, 0
        while comments := await self._rows(DUE_COMMENTS, last_at=last_at, last=last):
            for post in dict.fromkeys(post for post, _at, _id in comments):
                await self._remove_comments(post)
                self._done.marks += await self._of_post(_MARKS, post)
            _post, last_at, last = comments[-1]
        while removed := await _run(self._database, _CATEGORIES, **self._given):
            self._done.categories += removed
        self._done.tags += await _run(self._database, _TAGS, **self._given)
        await _run(self._database, _DELETIONS, **self._given)

    async def _remove_comments(self, post: int) -> None:
        """Remove those of a post that are due, and if it is, all."""
        while removed := await self._of_post(_COMMENTS, post):
            self._done.comments += removed

    async def _of_post(self, statement: TextClause, post: int) -> int:
        """Run a statement about a post, which nobody changes meanwhile."""
        removed: int = await _run(self._database, _LOCK_POST, statement, **self._given, post=post)
        return removed

    async def _rows(self, statement: TextClause, **given: Any) -> list[Any]:
        async def act(session: AsyncSession) -> list[Any]:
            return list((await session.execute(statement, given)).all())

        given = {**self._given, **given}
        return await self._database.change(act)


async def _run(database: Database, *statements: TextClause, **given: Any) -> Any:
    """Run statements in one transaction; return what the last gives, or how many rows it hit."""

    async def act(session: AsyncSession) -> Any:
        for statement in statements[:-1]:
            await session.execute(statement, given)
        last = statements[-1]
        result: Any = await session.execute(last, given)
        return result.scalar_one() if result.returns_rows else result.rowcount

    run: Callable[[AsyncSession], Awaitable[Any]] = act
    return await database.change(run)
