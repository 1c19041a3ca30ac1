"""Questions to page loaders, generated: any mix of parents, places, orders and filters."""

from typing import Any

from hypothesis import strategies as st

from graphql_api.loaders.comment import CommentFilter
from graphql_api.loaders.filter import IdFilter, RangeFilter, TextFilter
from graphql_api.loaders.keyset import Order
from graphql_api.loaders.link import LinkLoader
from graphql_api.loaders.page import PageKey, PageLoader
from graphql_api.loaders.post import PostFilter
from graphql_api.loaders.registry import KINDS
from graphql_api.loaders.tag import TagFilter
from tests.loaders.reference import Reference, position
from tests.loaders.world import LANGUAGES, NAMES, RowDict, minute

OF_VIEWERS = {
    "audit_log",
    "drafts",
    "email_by_user",
    "revision_by_id",
    "revisions_by_comment",
    "revisions_by_post",
    "tenant_by_id",
    *(name for name, kind in KINDS.items() if issubclass(kind, LinkLoader)),
}
"""Loaders of what is the viewer's own: they have tests of their own, where there is a viewer."""

PUBLIC = sorted(KINDS.keys() - OF_VIEWERS)

LISTS = sorted(name for name in PUBLIC if issubclass(KINDS[name], PageLoader))

ALL_LISTS = sorted(name for name, kind in KINDS.items() if issubclass(kind, PageLoader))
"""Those of viewers too."""

COLUMNS = {
    "posts": (
        "published_at",
        "created_at",
        "updated_at",
        "like_count",
        "view_count",
        "comment_count",
    ),
    "comments": ("created_at", "like_count"),
    "replies": ("created_at", "like_count"),
    "tags": ("name_key",),
    "authors": ("name_key", "post_count", "follower_count", "latest_post_at"),
    "likers": ("since",),
    "followers": ("since",),
    "following": ("since",),
    "audit": ("created_at",),
    "drafts": ("updated_at",),
    "revisions": ("created_at",),
}
"""What lists can be ordered by, by the first word of their loaders' names."""

_NOWHERE = 99
_TABLES = {"posts": "posts", "comments": "comments", "replies": "comments", "tags": "tags"}

_ids = st.integers(1, 6)
_some_ids = st.lists(_ids, max_size=3).map(tuple)
_id_filters = st.one_of(
    st.builds(IdFilter, eq=_ids),
    st.builds(IdFilter, any_of=_some_ids),
    st.builds(IdFilter, none_of=_some_ids),
    st.builds(IdFilter, any_of=_some_ids, none_of=_some_ids),
)
_moments = st.one_of(
    st.builds(RangeFilter, gte=st.integers(0, 2).map(minute)),
    st.builds(RangeFilter, lt=st.integers(0, 3).map(minute)),
)
_counts = st.one_of(
    st.builds(RangeFilter, eq=st.integers(0, 2)),
    st.builds(RangeFilter, gte=st.integers(0, 2), lte=st.integers(0, 3)),
)
_languages = st.one_of(
    st.builds(TextFilter, eq=st.sampled_from(LANGUAGES)),
    st.builds(TextFilter, any_of=st.lists(st.sampled_from(LANGUAGES), max_size=2).map(tuple)),
    st.builds(TextFilter, starts_with=st.sampled_from(("", "e", "en", "en-", "fr"))),
)
_slug = st.integers(1, 5).map("slug-{}".format)
_slugs = st.lists(_slug, max_size=3).map(tuple)
_distinct_slugs = st.lists(_slug, max_size=3, unique=True).map(tuple)
_post_filters = st.recursive(
    st.one_of(
        st.builds(PostFilter, author=_id_filters),
        st.builds(PostFilter, category=_id_filters),
        st.builds(PostFilter, any_tags=_slugs),
        st.builds(PostFilter, all_tags=_distinct_slugs),
        st.builds(PostFilter, published_at=_moments, language=_languages),
        st.builds(PostFilter, like_count=_counts),
    ),
    lambda part: st.one_of(
        st.builds(PostFilter, all_of=st.lists(part, max_size=2).map(tuple)),
        st.builds(PostFilter, any_of=st.lists(part, max_size=3).map(tuple)),
        st.builds(PostFilter, none_of=part, author=st.none() | _id_filters),
    ),
    max_leaves=4,
)
_comment_filters = st.one_of(
    st.builds(CommentFilter, parent=_id_filters),
    st.builds(CommentFilter, author=_id_filters, top_level_only=st.booleans()),
    st.builds(CommentFilter, created_at=_moments, top_level_only=st.booleans()),
)
_tag_filters = st.builds(TagFilter, starts_with=st.sampled_from(["", "A", "an", *NAMES]))
FILTERS: dict[str, st.SearchStrategy[Any]] = {
    "posts": _post_filters,
    "comments": _comment_filters,
    "replies": _comment_filters,
    "tags": _tag_filters,
}
"""Filters of lists, by the first word of their loaders' names."""


def orders(name: str) -> st.SearchStrategy[tuple[Order, ...]]:
    """Generate orders of up to three columns that the list ``name`` has, ending with the id."""
    column = st.sampled_from(COLUMNS[name.partition("_")[0]])
    columns = st.lists(column, min_size=1, max_size=3, unique=True)
    return columns.flatmap(
        lambda names: st.tuples(
            *(st.builds(Order, st.just(part), st.booleans()) for part in [*names, "id"])
        )
    )


@st.composite
def batches(draw: st.DrawFn, name: str, reference: Reference) -> list[PageKey]:
    """Generate keys of one batch for the list ``name``."""
    kind = name.partition("_")[0]
    parents = [0] if name == kind else [*reference.parents(name), _NOWHERE]
    rows = [
        {"since": minute(1), **row, "latest_post_at": row.get("latest_post_at") or minute(1)}
        for row in reference.rows[_TABLES.get(kind, "users")]
    ]
    some_orders = st.sampled_from(draw(st.lists(orders(name), min_size=1, max_size=2)))
    wheres = st.none() | (st.none() if name == "tags_by_post" else FILTERS.get(kind, st.none()))
    key = _keys(
        st.sampled_from(parents), some_orders, wheres, rows, deep=name == "posts_by_category"
    )
    return draw(st.lists(key, min_size=1, max_size=6))


@st.composite
def _keys(
    draw: st.DrawFn,
    parents: st.SearchStrategy[int],
    some_orders: st.SearchStrategy[tuple[Order, ...]],
    wheres: st.SearchStrategy[object],
    rows: list[RowDict],
    *,
    deep: bool,
) -> PageKey:
    order = draw(some_orders)
    # places of rows of other lists, and of rows that nobody sees any more, are places too
    places = st.sampled_from([None, *(position(row, order) for row in rows)])
    around = draw(st.sampled_from([None, None, None, *(row["id"] for row in rows), _NOWHERE]))
    return PageKey(
        parent=draw(parents),
        order=order,
        size=draw(st.integers(1, 6)),
        backward=around is None and draw(st.booleans()),
        after=None if around else draw(places),
        before=None if around else draw(places),
        around=around,
        where=draw(wheres),
        deep=deep and draw(st.booleans()),
    )
