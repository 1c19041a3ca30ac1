"""Writing posts."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from graphql_api.models import Action, Category, Post, PostStatus, User
from graphql_api.services.change import Change, Writer, Written, checked_key, differences
from graphql_api.services.check import Checks
from graphql_api.services.problem import Code, RefusedError, Subject, ValidationProblem
from graphql_api.services.rendering import Body, rendered
from graphql_api.services.seen import seen_post
from graphql_api.services.slug import first_free
from graphql_api.services.tagging import as_kept, checked_tags, names_of, set_tags
from graphql_api.services.versioned import check_version, missing, wrote_version

LONGEST_TITLE = 300
LONGEST_BODY = 1_000_000

_FIRST_STATUSES = (PostStatus.DRAFT, PostStatus.SCHEDULED, PostStatus.PUBLISHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPost:
    """What a post begins with."""

    title: str
    body: str
    category_id: int | None = None
    tag_names: tuple[str, ...] = ()
    status: PostStatus = PostStatus.DRAFT
    publish_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostUpdate:
    """What changes of a post: ``fields`` holds, of `NewPost`'s but the last, those that do."""

    post_id: int
    expected_version: int
    fields: Mapping[str, Any] = field(default_factory=dict)


async def create_post(writer: Writer, given: NewPost, *, key: str | None = None) -> int:
    """Write a post, and return its id: the same one for a client's ``key``."""
    key = checked_key(key)
    checks = Checks()
    title = checks.line("title", given.title, most=LONGEST_TITLE)
    source = checks.text("body", given.body, most=LONGEST_BODY)
    tags = checked_tags(checks, given.tag_names)
    _check_beginning(checks, given)
    checks.done()
    body = await rendered(source)

    async def act(change: Change) -> int:
        async def insert_it() -> dict[str, int]:
            await _check_category(change, given.category_id)
            post = await _inserted(change, title, body, given)
            after = content_of(post, await set_tags(change, post.id, tags))
            subject = Subject("Post", post.id)
            created = Written(
                subject, Action.CREATE, post.version, post.author_id, differences({}, after), after
            )
            change.wrote(created)
            return {"post_id": post.id}

        asked = {"mutation": "createPost", **asdict(given)}
        return (await change.once(key, asked, insert_it))["post_id"]

    return await writer.change(act)


async def update_post(writer: Writer, given: PostUpdate) -> int:
    """Change some fields of a post, and return its id."""
    fields = dict(given.fields)
    checks = Checks()
    if "title" in fields:
        fields["title"] = checks.line("title", fields["title"], most=LONGEST_TITLE)
    if "body" in fields:
        fields["body"] = checks.text("body", fields["body"], most=LONGEST_BODY)
    if "status" in fields and fields["status"] is None:
        checks.fail("status", "'status' may not be null", Code.REQUIRED)
    tags = checked_tags(checks, fields.pop("tag_names", None) or ())
    checks.done()
    body = await rendered(fields["body"]) if "body" in fields else None
    sent = {_NAMES.get(name, name): _as_written(value) for name, value in fields.items()}

    async def edit(change: Change, post: Post) -> None:
        if "category_id" in fields:
            await _check_category(change, fields["category_id"])
            post.category_id = fields["category_id"]
        if "title" in fields:
            post.title = fields["title"]
        if body is not None:
            _set_body(post, body)
        if "status" in fields:
            _set_status(change, post, fields["status"])
        if "tag_names" in given.fields:
            await set_tags(change, post.id, tags)

    sent_tags = tags if "tag_names" in given.fields else None
    return await _changed(writer, given.post_id, given.expected_version, sent, edit, sent_tags)


async def publish_post(
    writer: Writer, post_id: int, expected_version: int, publish_at: datetime | None
) -> int:
    """Publish a post now, or have it published later; safe to repeat."""

    async def edit(change: Change, post: Post) -> None:
        if post.status != PostStatus.PUBLISHED or publish_at is not None:
            status = PostStatus.PUBLISHED
            post.status, post.published_at = _placed(change, status, publish_at)

    sent = {} if publish_at is None else {"publishedAt": publish_at.isoformat()}
    return await _changed(writer, post_id, expected_version, sent, edit)


async def unpublish_post(writer: Writer, post_id: int, expected_version: int) -> int:
    """Make a draft of a post again."""

    async def edit(_change: Change, post: Post) -> None:
        post.status, post.published_at = PostStatus.DRAFT, None

    return await _changed(writer, post_id, expected_version, {}, edit)


async def post_to_change(change: Change, post_id: int) -> Post:
    """Lock a post and its author's row, in the order that all writers take.

    Raises:
        RefusedError: there is none, or the viewer may not change it.
    """
    author = select(Post.author_id).where(Post.tenant_id == change.tenant_id, Post.id == post_id)
    lock = select(User.id).where(
        User.tenant_id == change.tenant_id, User.id == author.scalar_subquery()
    )
    await change.session.execute(lock.with_for_update(key_share=True))
    found = select(Post).where(seen_post(change), Post.id == post_id)
    post = await change.session.scalar(found.with_for_update(key_share=True))
    if post is None:
        raise missing(Subject("Post", post_id))
    change.must_own(post.author_id)
    return post


def content_of(post: Post, tag_names: list[str]) -> dict[str, Any]:
    """Give what people write of a post, by GraphQL's names."""
    return {
        "title": post.title,
        "body": post.body,
        "slug": post.slug,
        "status": post.status.upper(),
        "publishedAt": post.published_at and post.published_at.isoformat(),
        "categoryId": post.category_id,
        "tagNames": tag_names,
    }


_NAMES = {"category_id": "categoryId"}


def _as_written(value: Any) -> Any:
    """Write a value as `content_of` does."""
    return value.upper() if isinstance(value, PostStatus) else value


async def _changed(
    writer: Writer,
    post_id: int,
    expected_version: int,
    sent: Mapping[str, Any],
    edit: Callable[[Change, Post], Any],
    tags: Mapping[str, str] | None = None,
) -> int:
    """Change a post in a transaction, under its optimistic lock; return its id.

    ``sent`` and, by their slugs, ``tags`` are what the client wants it to hold.
    """

    async def act(change: Change) -> int:
        post = await post_to_change(change, post_id)
        subject = Subject("Post", post.id)
        before = content_of(post, await names_of(change, post.id))
        wanted = sent if tags is None else {**sent, "tagNames": as_kept(tags, before["tagNames"])}
        check_version(subject, post.version, expected_version, before, wanted)
        await edit(change, post)
        after = content_of(post, await names_of(change, post.id))
        wrote_version(change, post, subject, post.author_id, before, after)
        return post.id

    return await writer.change(act)


def _check_beginning(checks: Checks, given: NewPost) -> None:
    if given.status not in _FIRST_STATUSES:
        checks.fail("status", "a new post is a draft, scheduled or published")
    if given.status is PostStatus.SCHEDULED and given.publish_at is None:
        checks.fail("publishAt", "a scheduled post needs 'publishAt'", Code.REQUIRED)
    if given.status is PostStatus.DRAFT and given.publish_at is not None:
        checks.fail("publishAt", "a draft has no date: schedule or publish it")


async def _check_category(change: Change, category_id: int | None) -> None:
    if category_id is None:
        return
    found = select(Category.id).where(
        Category.tenant_id == change.tenant_id,
        Category.id == category_id,
        Category.deleted_at.is_(None),
    )
    if await change.session.scalar(found.with_for_update(read=True, key_share=True)) is None:
        raise missing(Subject("Category", category_id), "categoryId")


def _placed(
    change: Change, status: PostStatus, publish_at: datetime | None
) -> tuple[PostStatus, datetime | None]:
    """Say where a post stands, and since or from when."""
    if status not in {PostStatus.PUBLISHED, PostStatus.SCHEDULED}:
        return status, None
    if publish_at is None or publish_at <= change.now:
        return PostStatus.PUBLISHED, publish_at or change.now
    return PostStatus.SCHEDULED, publish_at


def _set_status(change: Change, post: Post, status: PostStatus) -> None:
    if status == post.status:
        return
    if status is PostStatus.SCHEDULED:
        raise RefusedError(
            ValidationProblem(
                message="to schedule a post, publish it with 'publishAt'", path=("status",)
            )
        )
    post.status = status
    if status is PostStatus.PUBLISHED:
        post.published_at = change.now
    elif status is PostStatus.DRAFT:
        post.published_at = None


def _set_body(post: Post, body: Body) -> None:
    for name, value in _columns(body).items():
        setattr(post, name, value)


def _columns(body: Body) -> dict[str, Any]:
    return {
        "body": body.source,
        "body_html": body.html,
        "body_text": body.text,
        "excerpt": body.excerpt,
        "reading_minutes": body.reading_minutes,
        "language": body.language,
    }


async def _inserted(change: Change, title: str, body: Body, given: NewPost) -> Post:
    status, published_at = _placed(change, given.status, given.publish_at)
    columns = {
        "tenant_id": change.tenant_id,
        "author_id": change.viewer.user_id,
        "category_id": given.category_id,
        "title": title,
        "status": status.value,
        "published_at": published_at,
        "created_at": change.now,
        "updated_at": change.now,
        **_columns(body),
    }

    async def take(slug: str) -> Post | None:
        made = insert(Post).values(slug=slug, **columns)
        free = made.on_conflict_do_nothing(
            index_elements=["tenant_id", "slug"], index_where=Post.deleted_at.is_(None)
        )
        return await change.session.scalar(free.returning(Post))

    return await first_free(title, take)
