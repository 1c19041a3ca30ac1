"""Brings the rows in line with an export: adds what is new, updates what says something else."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import cast

from sqlalchemy import (
    ARRAY,
    BigInteger,
    String,
    Table,
    any_,
    bindparam,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from graphql_api.models import Category, Comment, Post, PostTag, Tag, User
from graphql_api.services.text import SLUG_LENGTH
from graphql_api.services.wordpress.bulk import Values, delete_rows, insert_rows, update_rows
from graphql_api.services.wordpress.content import Item, Site, Term
from graphql_api.services.wordpress.content import Post as PostContent
from graphql_api.services.wordpress.ledger import Ledger, Model, Plan
from graphql_api.services.wordpress.name import Names
from graphql_api.services.wordpress.row import (
    COMMENT_LENGTH,
    POST_LENGTH,
    USERNAME_LENGTH,
    comment_values,
    post_times,
    post_values,
    wanted_slug,
    wanted_username,
)
from graphql_api.services.wordpress.summary import ImportSummary

_ROWS_AT_ONCE = 500


class Writer:
    """Writes one site's content into one tenant, on a connection inside a transaction."""

    def __init__(
        self, connection: AsyncConnection, tenant_id: int, site: Site, now: datetime
    ) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._site = site
        self._now = now
        self._ledger = Ledger(connection, tenant_id, site.source)
        self._slugs = Names(connection, tenant_id, Post, Post.slug, SLUG_LENGTH)
        self._wanted_slugs: dict[int, str] = {}
        """What posts want instead of the slug they got, by their ids."""
        self._authors: dict[str, int] = {}
        self._categories: dict[str, int] = {}
        self._tags: dict[str, int] = {}
        self.summary = ImportSummary()

    async def write_site(self) -> None:
        """Write what posts refer to: authors, categories and tags."""
        for model in (User, Category, Tag, Post, Comment):
            self.summary.of(model.__tablename__).gone = await self._ledger.count(model)
        for (kind, reason), n in self._site.left_out.items():
            self.summary.of(kind).left_out[reason] += n
        for (kind, note), n in self._site.notes.items():
            self.summary.of(kind).notes[note] += n
        await self._write_authors()
        self._categories = await self._write_terms(Category, self._site.categories)
        self._tags = await self._write_terms(Tag, self._site.tags)

    async def write_items(self, items: Sequence[Item]) -> None:
        """Write some posts, with their tags and comments."""
        posts = {item.post.id: item.post for item in items}
        plan = await self._ledger.plan(Post, posts)
        await self._ledger.number(Post, plan)
        slugs = await self._choose_slugs(plan, posts)

        def values(key: str) -> Values:
            post = posts[key]
            return {
                "author_id": self._authors[post.author],
                "category_id": self._categories.get(post.category),
                "slug": slugs[key],
                **post_values(post, language=self._site.language, now=self._now),
            }

        await self._save(
            Post,
            plan,
            (values(key) | post_times(posts[key], self._now) for key in plan.new),
            (values(key) for key in plan.changed),
        )
        touched = (*plan.new, *plan.changed)
        tags = {plan.rows[key]: [self._tags[tag] for tag in posts[key].tags] for key in touched}
        await self._set_tags(tags)
        if n := sum(len(post.body) > POST_LENGTH for post in posts.values()):
            self.summary.posts.notes[f"shortened to {POST_LENGTH:,} characters"] += n
        await self._write_comments(items, plan.rows)

    async def settle_slugs(self) -> None:
        """Give posts the slugs they want where other posts of the import have left these."""
        statement = update(Post).where(
            Post.tenant_id == self._tenant_id, Post.id == bindparam("row_id")
        )
        statement = statement.values(slug=bindparam("wanted"))
        while self._wanted_slugs:
            taken = await self._slugs.taken(self._wanted_slugs.values())
            moves: dict[str, int] = {}
            for row_id, slug in self._wanted_slugs.items():
                if slug not in taken:
                    moves.setdefault(slug, row_id)
            if not moves:
                break
            given = [{"row_id": row_id, "wanted": slug} for slug, row_id in moves.items()]
            await self._connection.execute(statement, given)
            for row_id in moves.values():
                del self._wanted_slugs[row_id]

    async def _set_tags(self, wanted: Mapping[int, Iterable[int]]) -> None:
        """Give each post, by id, the tags of these ids and no other; touch no link that stays."""
        statement = select(PostTag.post_id, PostTag.tag_id).where(
            PostTag.tenant_id == self._tenant_id,
            PostTag.post_id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
        )
        found = await self._connection.execute(statement, {"ids": list(wanted)})
        present = {(row.post_id, row.tag_id) for row in found}
        target = {(post_id, tag_id) for post_id, tags in wanted.items() for tag_id in tags}
        links = cast("Table", PostTag.__table__)
        for write, pairs in ((delete_rows, present - target), (insert_rows, target - present)):
            rows = [
                {"tenant_id": self._tenant_id, "post_id": post_id, "tag_id": tag_id}
                for post_id, tag_id in sorted(pairs)
            ]
            await write(self._connection, links, rows)

    async def _write_authors(self) -> None:
        authors = self._site.authors
        plan = await self._ledger.plan(User, authors)
        await self._ledger.number(User, plan)
        names = Names(self._connection, self._tenant_id, User, User.username, USERNAME_LENGTH)
        usernames = await names.free([wanted_username(key) for key in plan.new])
        await self._save(
            User,
            plan,
            (
                {"username": username, "display_name": authors[key].name}
                for key, username in zip(plan.new, usernames, strict=True)
            ),
            ({"display_name": authors[key].name} for key in plan.changed),
        )
        self._authors = plan.rows

    async def _write_terms(
        self, model: type[Category] | type[Tag], terms: dict[str, Term]
    ) -> dict[str, int]:
        """Write terms and return their rows; one that lives already, from elsewhere, is shared."""
        plan = await self._ledger.plan(model, terms)
        statement = select(model.slug, model.id).where(
            model.tenant_id == self._tenant_id,
            model.deleted_at.is_(None),
            model.slug == any_(bindparam("slugs", type_=ARRAY(String))),
        )
        for slug, row_id in await self._connection.execute(statement, {"slugs": plan.new}):
            plan.rows[slug] = row_id
        plan.new = [slug for slug in plan.new if slug not in plan.rows]
        await self._ledger.number(model, plan)

        def values(term: Term) -> Values:
            if model is Tag:
                return {"name": term.name}
            return {
                "name": term.name,
                "description": term.description or None,
                "parent_id": plan.rows.get(term.parent),
            }

        await self._save(
            model,
            plan,
            (values(terms[slug]) | {"slug": slug} for slug in plan.new),
            (values(terms[slug]) for slug in plan.changed),
        )
        return plan.rows

    async def _write_comments(self, items: Sequence[Item], post_rows: dict[str, int]) -> None:
        comments = {
            f"{item.post.id}:{comment.id}": (item.post, comment)
            for item in items
            for comment in item.comments
        }
        # a comment never moves: its place is no reason for an update
        pieces = {key: replace(comment, parent="") for key, (_, comment) in comments.items()}
        plan = await self._ledger.plan(Comment, pieces)
        await self._ledger.number(Comment, plan)

        def values(key: str) -> Values:
            comment = comments[key][1]
            return {"author_id": self._authors.get(comment.author), **comment_values(comment)}

        def place(key: str) -> Values:
            post, comment = comments[key]
            at = comment.created_at or post_times(post, self._now)["created_at"]
            return {
                "post_id": post_rows[post.id],
                "parent_id": plan.rows.get(f"{post.id}:{comment.parent}"),
                "created_at": at,
                "updated_at": at,
            }

        await self._save(
            Comment,
            plan,
            (values(key) | place(key) for key in plan.new),
            (values(key) for key in plan.changed),
        )
        if n := sum(len(comment.body) > COMMENT_LENGTH for comment in pieces.values()):
            self.summary.comments.notes[f"shortened to {COMMENT_LENGTH:,} characters"] += n

    async def _choose_slugs(self, plan: Plan, posts: Mapping[str, PostContent]) -> dict[str, str]:
        """Give new and changed posts slugs that are free, and note who wants another one."""
        slugs = await self._present_slugs(plan)
        wanted = {key: wanted_slug(posts[key]) for key in (*plan.changed, *plan.new)}
        moving = [
            key
            for key in posts
            if key in wanted
            and slugs.get(key) != wanted[key]
            and not self._slugs.is_numbered(slugs.get(key, ""), wanted[key])
        ]
        free = await self._slugs.free([wanted[key] for key in moving])
        slugs |= dict(zip(moving, free, strict=True))
        self._wanted_slugs |= {
            plan.rows[key]: wanted[key] for key in wanted if slugs[key] != wanted[key]
        }
        return slugs

    async def _present_slugs(self, plan: Plan) -> dict[str, str]:
        """Return the slugs that changed posts have now."""
        statement = select(Post.id, Post.slug).where(
            Post.tenant_id == self._tenant_id,
            Post.id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
        )
        ids = [plan.rows[key] for key in plan.changed]
        found = await self._connection.execute(statement, {"ids": ids})
        present = {row.id: row.slug for row in found}
        return {key: present[plan.rows[key]] for key in plan.changed}

    async def _save(
        self, model: Model, plan: Plan, added: Iterable[Values], changed: Iterable[Values]
    ) -> None:
        """Write rows as ``plan`` says; the values are in the order of its keys."""
        table = cast("Table", model.__table__)
        for write, keys, values in (
            (insert_rows, plan.new, added),
            (update_rows, plan.changed, changed),
        ):
            for rows in _some_at_once(
                {"tenant_id": self._tenant_id, "id": plan.rows[key], **row}
                for key, row in zip(keys, values, strict=True)
            ):
                await write(self._connection, table, rows)
        await self._ledger.record(model, plan)
        counts = self.summary.of(model.__tablename__)
        n_new, n_changed = len(plan.new), len(plan.changed)
        counts.added += n_new
        counts.updated += n_changed
        counts.unchanged += len(plan.digests) - n_new - n_changed
        counts.gone -= plan.n_known


def _some_at_once(rows: Iterable[Values]) -> Iterator[list[Values]]:
    """Yield rows some hundred at a time: each is rendered when its turn comes."""
    remaining = iter(rows)
    while some := list(islice(remaining, _ROWS_AT_ONCE)):
        yield some
