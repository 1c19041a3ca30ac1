"""What the parts of one run of the seed share: its numbers, its columns, its dates, its dice."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import TypeAlias

Row: TypeAlias = tuple[object, ...]
Batch: TypeAlias = defaultdict[str, list[Row]]
"""Rows by table; tables in the order in which they refer to each other."""

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""

BEGINNING = datetime(2023, 11, 1, tzinfo=UTC)
"""The first post; people came in the year before it."""
POSTING_DAYS = 1065
END = BEGINNING + timedelta(days=POSTING_DAYS + 30)
"""The last comment; three years after the first post."""

# every column that has no default, or whose default is not what the seed wants
COLUMNS: Mapping[str, tuple[str, ...]] = {
    table: ("tenant_id", *columns.split())
    for table, columns in {
        "users": "id username display_name bio follower_count following_count created_at "
        "updated_at deleted_at",
        "categories": "id parent_id slug name created_at updated_at deleted_at",
        "tags": "id slug name follower_count created_at updated_at deleted_at",
        "user_follows": "followed_id follower_id created_at",
        "tag_follows": "tag_id user_id created_at",
        "posts": "id author_id category_id visible comment_count like_count view_count deleted_at "
        "title slug language excerpt body body_html body_text reading_minutes "
        "status published_at created_at updated_at",
        "post_tags": "post_id tag_id published_at",
        "post_likes": "post_id user_id created_at",
        "comments": "id post_id parent_id root_id depth author_id guest_name body body_html "
        "body_text status shown visible reply_count like_count created_at updated_at deleted_at",
        "comment_likes": "comment_id user_id created_at",
    }.items()
}
TABLES = tuple(COLUMNS)
NUMBERED = tuple(table for table, columns in COLUMNS.items() if columns[1] == "id")
"""Tables whose rows have an id of their own."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run makes, and where its ids begin."""

    tenant_id: int
    seed: int
    posts: int
    first_id: Mapping[str, int]
    """The id of the first row of each of the ``NUMBERED`` tables."""

    def rng(self, part: str) -> Random:
        """Return the dice of one part, the same in every run with these numbers."""
        return Random(f"{self.seed}:{self.posts}:{part}")  # noqa: S311  # content, not a secret


def cumulative_weights(n: int, exponent: float, offset: int) -> list[float]:
    """Return running sums of Zipf's law, ``1 / (offset + rank) ** exponent`` for ``n`` ranks."""
    return list(accumulate((offset + rank) ** -exponent for rank in range(n)))


def shares(total: int, weights: list[float]) -> list[int]:
    """Divide ``total`` by cumulative ``weights`` into whole numbers with exactly that sum."""
    ends = [round(total * weight / weights[-1]) for weight in weights]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]
