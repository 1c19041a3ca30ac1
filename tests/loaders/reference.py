"""What pages must be, worked out in Python from all rows of a world, the Relay way.

Nothing here knows how the loaders do it: visibility comes from what people wrote, not from the
derived columns, and a page is cut from its whole list.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from graphql_api.loaders.comment import CommentFilter
from graphql_api.loaders.filter import IdFilter, RangeFilter, TextFilter
from graphql_api.loaders.keyset import Order, Position
from graphql_api.loaders.page import Page, PageKey, TotalKey
from graphql_api.loaders.post import PostFilter
from graphql_api.loaders.tag import TagFilter
from tests.loaders.world import RowDict, World

_LINKS = {
    "posts_by_tag": ("post_tags", "tag_id", "post_id"),
    "tags_by_post": ("post_tags", "post_id", "tag_id"),
    "likers_by_post": ("post_likes", "post_id", "user_id"),
    "likers_by_comment": ("comment_likes", "comment_id", "user_id"),
    "followers_by_user": ("user_follows", "followed_id", "follower_id"),
    "following_by_user": ("user_follows", "follower_id", "followed_id"),
}
_COLUMNS = {
    "posts_by_author": "author_id",
    "posts_by_category": "category_id",
    "comments_by_post": "post_id",
    "comments_by_author": "author_id",
    "replies_by_comment": "parent_id",
}
_MASKED = ("body", "body_html", "body_text", "author_id", "guest_name")


class Reference:
    """The lists of a world as the public sees them; a list has its loader's name."""

    def __init__(self, world: World) -> None:
        self.rows = world.rows
        self.users, self.tags, self.categories, posts = (
            {row["id"]: row for row in world.rows[table] if row["deleted_at"] is None}
            for table in ("users", "tags", "categories", "posts")
        )
        self.posts = {
            number: post
            for number, post in posts.items()
            if post["status"] == "published" and post["author_id"] in self.users
        }
        self.comments = self._comments(world.rows["comments"])

    def _comments(self, rows: Iterable[RowDict]) -> dict[int, RowDict]:
        """Return those approved up to the top, and of deleted ones the marks above a living one."""
        shown: dict[int, RowDict] = {}
        for row in sorted(rows, key=lambda row: int(row["id"])):
            under = row["parent_id"] in {None, *shown}
            if under and row["post_id"] in self.posts and row["status"] == "approved":
                shown[row["id"]] = _masked(row)
        above: set[int | None] = set()
        for row in reversed(shown.values()):
            if row["deleted_at"] is None or row["id"] in above:
                above.add(row["parent_id"])
        return {
            number: row
            for number, row in shown.items()
            if row["deleted_at"] is None or number in above
        }

    def parents(self, name: str) -> list[int]:
        """Return the ids that a list may belong to."""
        of = name.rpartition("_by_")[2]
        plural = {"category": "categories"}.get(of, f"{of}s")
        return list(self.kind(plural))

    def kind(self, name: str) -> dict[int, RowDict]:
        """Return the visible rows of a kind by id; users for any other word."""
        kinds = {"posts": self.posts, "comments": self.comments, "replies": self.comments}
        kinds |= {"tags": self.tags, "categories": self.categories}
        return kinds.get(name, self.users)

    def page(self, name: str, key: PageKey) -> Page[RowDict]:
        """Cut a page from a list."""
        rows = self.ordered(name, key.order, TotalKey(key.parent, key.where, key.deep))
        return _cut(rows, key) if key.around is None else _around(rows, key.around, key.size)

    def ordered(self, name: str, order: tuple[Order, ...], key: TotalKey) -> list[RowDict]:
        """Return a whole list."""
        rows = [row for row in self._members(name, key) if self._meets(row, key.where)]
        for part in reversed(order):
            rows.sort(key=lambda row, column=part.column: row[column], reverse=part.descending)  # type: ignore[misc]  # of any type
        return rows

    def _members(self, name: str, key: TotalKey) -> Iterable[RowDict]:
        rows = self.kind(name.partition("_")[0])
        if name in _LINKS:
            table, parent, child = _LINKS[name]
            links = [link for link in self.rows[table] if link[parent] == key.parent]
            return [
                rows[link[child]] | {"since": link.get("created_at")}
                for link in links
                if link[child] in rows
            ]
        if name in _COLUMNS:
            parents = self._below(key.parent) if key.deep else {key.parent}
            return [row for row in rows.values() if row[_COLUMNS[name]] in parents]
        if name == "authors":
            writers = {post["author_id"] for post in self.posts.values()}
            return [row for number, row in rows.items() if number in writers]
        return rows.values()

    def _below(self, category: int) -> set[int]:
        """Return a living category and its living descendants."""
        if category not in self.categories:
            return set()
        children = [row["id"] for row in self.categories.values() if row["parent_id"] == category]
        return {category}.union(*map(self._below, children))

    def _meets(self, row: RowDict, where: Any) -> bool:  # a filter of any list
        match where:
            case None:
                return True
            case PostFilter():
                return self._post_meets(row, where)
            case CommentFilter():
                return (
                    _bounded(row["parent_id"], where.parent)
                    and _bounded(_seen(row["author_id"], self.users), where.author)
                    and _bounded(row["created_at"], where.created_at)
                    and not (where.top_level_only and row["parent_id"])
                )
            case TagFilter():
                return str(row["name"]).lower().startswith(where.starts_with.lower())
        raise AssertionError(where)

    def _post_meets(self, post: RowDict, where: PostFilter) -> bool:
        marks = {
            self.tags[link["tag_id"]]["slug"]
            for link in self.rows["post_tags"]
            if link["post_id"] == post["id"] and link["tag_id"] in self.tags
        }
        return (
            all(self._post_meets(post, part) for part in where.all_of)
            and (where.any_of is None or any(self._post_meets(post, part) for part in where.any_of))
            and not (where.none_of and self._post_meets(post, where.none_of))
            and _bounded(post["author_id"], where.author)
            and _bounded(_seen(post["category_id"], self.categories), where.category)
            and _bounded(post["published_at"], where.published_at)
            and _bounded(post["like_count"], where.like_count)
            and _bounded(post["language"], where.language)
            and (where.any_tags is None or not marks.isdisjoint(where.any_tags))
            and marks.issuperset(where.all_tags or ())
        )


def _masked(comment: RowDict) -> RowDict:
    """Take what a deleted comment does not show out of its row, and that its author deleted it."""
    if comment["deleted_by_id"] == comment["author_id"]:
        comment = comment | {"deleted_by_id": None}
    if comment["deleted_at"] is None:
        return comment
    return comment | {name: "" if name.startswith("body") else None for name in _MASKED}


def position(row: RowDict, order: tuple[Order, ...]) -> Position:
    """Return where a row stands in an order."""
    return tuple(row[part.column] for part in order)


def _seen(number: int | None, rows: Mapping[int, RowDict]) -> int | None:
    """Return the id of a row that the public sees; another's is nobody's."""
    return number if number in rows else None


def _bounded(value: Any, bounds: IdFilter | TextFilter | RangeFilter | None) -> bool:
    """Tell whether a value meets every bound given; what is null meets none but ``none_of``."""
    match bounds:
        case None:
            return True
        case IdFilter():
            return (
                bounds.eq in {None, value}
                and (bounds.any_of is None or value in bounds.any_of)
                and (bounds.none_of is None or value not in bounds.none_of)
            )
        case TextFilter():
            return (
                bounds.eq in {None, value}
                and (bounds.any_of is None or value in bounds.any_of)
                and value.startswith(bounds.starts_with or "")
            )
        case RangeFilter():
            return (
                bounds.eq in {None, value}
                and (bounds.gte is None or value >= bounds.gte)
                and (bounds.lte is None or value <= bounds.lte)
                and (bounds.lt is None or value < bounds.lt)
            )


def _cut(rows: list[RowDict], key: PageKey) -> Page[RowDict]:
    """Take the first or last rows between the cursors."""
    after_cursor = [row for row in rows if key.after is None or _is_past(row, key.after, key.order)]
    not_before = {
        row["id"]
        for row in rows
        if key.before is not None
        and (_is_past(row, key.before, key.order) or position(row, key.order) == key.before)
    }
    between = [row for row in after_cursor if row["id"] not in not_before]
    page = between[-key.size :] if key.backward else between[: key.size]
    if not page:
        return Page([], has_next=bool(not_before), has_previous=len(after_cursor) < len(rows))
    return Page(page, has_next=page[-1] is not rows[-1], has_previous=page[0] is not rows[0])


def _is_past(row: RowDict, place: Position, order: tuple[Order, ...]) -> bool:
    """Tell whether a row comes after a place in an order."""
    for part, limit in zip(order, place, strict=True):
        value = row[part.column]
        if value != limit:
            return bool(value < limit if part.descending else value > limit)
    return False


def _around(rows: list[RowDict], wanted: int, size: int) -> Page[RowDict]:
    """Take rows with the wanted one in their middle, or as near to it as the list's ends allow."""
    places = [place for place, row in enumerate(rows) if row["id"] == wanted]
    if not places:
        return Page([], has_next=False, has_previous=False)
    begin = max(0, min(places[0] - size // 2, len(rows) - size))
    end = begin + size
    return Page(rows[begin:end], has_next=end < len(rows), has_previous=begin > 0)
