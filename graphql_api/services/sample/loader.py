"""Loading the sample blog, row by row with the triggers on, as people would have written it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from graphql_api.db.database import Database
from graphql_api.errors import OperatorError
from graphql_api.models import (
    DEFAULT_TENANT,
    Category,
    Comment,
    CommentLike,
    ImportedItem,
    Post,
    PostLike,
    PostTag,
    Tag,
    TagFollow,
    Tenant,
    User,
    UserFollow,
)
from graphql_api.services.sample.content import (
    Sample,
    SampleCategory,
    SampleComment,
    SamplePost,
    SampleUser,
    read_sample,
)
from graphql_api.services.text import excerpt, reading_minutes, render_markdown, slugify

_POST_LIKED_EVERY = timedelta(hours=5, minutes=37)
_COMMENT_LIKED_EVERY = timedelta(minutes=53)


async def load_sample(database: Database, *, tenant_id: int = DEFAULT_TENANT) -> int:
    """Load the sample blog in one transaction, unless it was loaded before.

    What has become of it since, edited or deleted, stays as it is.

    Returns:
        How many posts were added; 0 when the sample was loaded before.

    Raises:
        OperatorError: there is no such tenant, or a name of the sample is taken; nothing was added.
    """
    sample = read_sample()
    try:
        async with database.transaction() as session:
            if not await _is_new(session, tenant_id, sample):
                return 0
            await _Loader(session, tenant_id).load(sample)
    except IntegrityError as error:
        detail = getattr(error.orig.__cause__, "detail", "") if error.orig else ""
        raise OperatorError(
            f"the sample needs a name that is taken here ({detail}); load it into an empty database"
        ) from None
    return len(sample.posts)


async def _is_new(session: AsyncSession, tenant_id: int, sample: Sample) -> bool:
    """Note that the sample is loaded; whoever comes second waits for the first, and finds that."""
    if await session.get(Tenant, tenant_id) is None:
        raise OperatorError(f"there is no tenant {tenant_id}")
    noted = await session.scalar(
        insert(ImportedItem)
        .values(
            tenant_id=tenant_id,
            source="sample",
            kind="run",
            external_id="posts",
            row_id=len(sample.posts),
            digest=sha256(repr(sample).encode()).hexdigest(),
        )
        .on_conflict_do_nothing()
        .returning(ImportedItem.row_id)
    )
    return noted is not None


class _Loader:
    """Adds the parts in the order in which they refer to each other."""

    def __init__(self, session: AsyncSession, tenant_id: int) -> None:
        self._session = session
        self._tenant_id = tenant_id
        self._users: dict[str, int] = {}
        self._categories: dict[str, int] = {}
        self._tags: dict[str, int] = {}

    async def load(self, sample: Sample) -> None:
        """Add everything."""
        opening = min(post.published_at for post in sample.posts if post.published_at)
        await self._add_users(sample.users, opening)
        await self._add_categories(sample.categories, opening)
        await self._add_tags(sample, opening)
        self._add_follows(sample.users, opening)
        for post in sample.posts:
            await self._add_post(post)

    async def _id(self, row: User | Category | Tag | Post | Comment) -> int:
        """Write one row and return the id that it got."""
        row.tenant_id = self._tenant_id
        self._session.add(row)
        await self._session.flush()
        return row.id

    async def _add_users(self, users: Sequence[SampleUser], opening: datetime) -> None:
        for days, user in enumerate(users, 1):
            joined = opening - timedelta(days=days)
            row = User(username=user.username, display_name=user.display_name, bio=user.bio)
            row.created_at = row.updated_at = joined
            self._users[user.username] = await self._id(row)

    async def _add_categories(
        self, categories: Sequence[SampleCategory], opening: datetime
    ) -> None:
        for category in categories:
            row = Category(slug=category.slug, name=category.name, description=category.description)
            row.parent_id = self._categories[category.parent] if category.parent else None
            row.created_at = row.updated_at = opening
            self._categories[category.slug] = await self._id(row)

    async def _add_tags(self, sample: Sample, opening: datetime) -> None:
        names = {name: None for post in sample.posts for name in post.tags}
        for name in names:
            row = Tag(slug=slugify(name), name=name, created_at=opening, updated_at=opening)
            self._tags[name] = await self._id(row)

    def _add_follows(self, users: Sequence[SampleUser], opening: datetime) -> None:
        for user in users:
            follower = self._users[user.username]
            for days, name in enumerate(user.follows, 1):
                link: UserFollow | TagFollow
                if name in self._users:
                    link = UserFollow(followed_id=self._users[name], follower_id=follower)
                else:
                    link = TagFollow(tag_id=self._tags[name], user_id=follower)
                link.created_at = opening + timedelta(days=days)
                self._link(link)

    async def _add_post(self, post: SamplePost) -> None:
        rendered = render_markdown(post.body)
        row = Post(
            author_id=self._users[post.author],
            category_id=self._categories[post.category],
            slug=post.slug,
            title=post.title,
            excerpt=excerpt(rendered.text),
            body=post.body,
            body_html=rendered.html,
            body_text=rendered.text,
            language=post.language,
            reading_minutes=reading_minutes(rendered.text),
            status=post.status,
            published_at=post.published_at,
            view_count=post.views,
        )
        row.created_at = row.updated_at = min(post.published_at or _now(), _now())
        post_id = await self._id(row)
        for tag in post.tags:
            self._link(PostTag(post_id=post_id, tag_id=self._tags[tag]))
        for nth, username in enumerate(post.liked_by, 1):
            liked_at = row.created_at + nth * _POST_LIKED_EVERY
            user_id = self._users[username]
            self._link(PostLike(post_id=post_id, user_id=user_id, created_at=liked_at))
        keys: dict[str, int] = {}
        for comment in post.comments:
            comment_id = await self._add_comment(comment, post_id, keys)
            if comment.key:
                keys[comment.key] = comment_id

    async def _add_comment(self, comment: SampleComment, post_id: int, keys: dict[str, int]) -> int:
        rendered = render_markdown(comment.body)
        row = Comment(
            post_id=post_id,
            parent_id=keys[comment.reply_to] if comment.reply_to else None,
            author_id=self._users[comment.author] if comment.author else None,
            guest_name=comment.guest,
            body=comment.body,
            body_html=rendered.html,
            body_text=rendered.text,
            status=comment.status,
            created_at=comment.created_at,
            updated_at=comment.created_at,
        )
        comment_id = await self._id(row)
        for nth, username in enumerate(comment.liked_by, 1):
            liked_at = comment.created_at + nth * _COMMENT_LIKED_EVERY
            user_id = self._users[username]
            self._link(CommentLike(comment_id=comment_id, user_id=user_id, created_at=liked_at))
        return comment_id

    def _link(self, row: UserFollow | TagFollow | PostTag | PostLike | CommentLike) -> None:
        """Add a row without an id, which is written with the next one that has one."""
        row.tenant_id = self._tenant_id
        self._session.add(row)


def _now() -> datetime:
    return datetime.now(UTC)
