"""Many wide requests share a small pool: none waits for a second connection with one in hand."""

import asyncio
from collections.abc import Callable

from graphql_api.db.database import Database
from graphql_api.loaders.keyset import Order
from graphql_api.loaders.operation import Operation
from graphql_api.loaders.page import PageKey
from graphql_api.loaders.post import PostRow
from graphql_api.loaders.registry import Loaders
from graphql_api.models import Post, Viewer
from graphql_api.settings import Settings
from tests.support.factories import Factory
from tests.support.patience import patience

N_REQUESTS = 200


async def wide_request(database: Database, post: Post) -> None:
    """Ask ten loaders at once, on as many connections as there are."""
    operation = Operation(database.reader(4), Viewer())
    loaders = Loaders(operation)
    newest = PageKey(parent=post.id, order=(Order("published_at"), Order("id")), size=5)
    oldest = PageKey(parent=post.id, order=(Order("created_at"), Order("id")), size=5)
    latest = PageKey(parent=post.id, order=(Order("since"), Order("id")), size=5)
    by_name = PageKey(parent=post.id, order=(Order("name_key"), Order("id")), size=5)
    found = await asyncio.gather(
        loaders.post_by_id.load(post.id),
        loaders.user_by_id.load(post.author_id),
        loaders.posts.load(newest._replace(parent=0)),
        loaders.posts_by_author.load(newest._replace(parent=post.author_id)),
        loaders.posts_by_tag.load(newest),
        loaders.comments_by_post.load(oldest),
        loaders.likers_by_post.load(latest),
        loaders.followers_by_user.load(latest),
        loaders.tags_by_post.load(by_name),
        loaders.authors.load(by_name._replace(parent=0)),
    )
    assert isinstance(found[0], PostRow)
    assert found[0].id == post.id
    await operation.close()


async def test_200_wide_requests_on_four_connections_all_end(
    database: Database,
    n_connections_in_use: Callable[[], int],
    settings: Settings,
    make: Factory,
) -> None:
    assert settings.pool_size == 4
    post = await make.post()
    async with patience():
        await asyncio.gather(*(wide_request(database, post) for _ in range(N_REQUESTS)))
    assert n_connections_in_use() == 0
