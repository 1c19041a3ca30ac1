"""The first: tables, and the triggers that derive what is visible and what is counted.

Creates everything in an empty database, so it locks nothing that anybody uses.

The SQL is in `migrations/first`, a file for each concern. Why triggers: a counter must be exact
whoever writes (services, imports, a person with psql), and cheap to read. Why ``visible`` is
stored: partial indexes then hold exactly what the public sees, and a read asks for one Boolean.
``docs/decisions`` tells more. The rules in one place:

    a post is visible     when published, not deleted, and its author is not deleted
    a comment is visible  when approved, not deleted, and its post and parent are visible
    a mark of a tag has   the date of its post while that is visible, else none
    counters              count visible posts and comments, and likes and follows of living users

What a statement changed is summed and each parent written once: with a row at a time, each version
of the parent would be searched for among all before it, and 8,000 comments took half a minute. Only
people who leave are passed on one by one.

Triggers lock parents in one order: user, post, comment, tag. PostgreSQL locks the row of an UPDATE
or DELETE before any trigger runs, and the rows of a statement in the order of its plan; so who
changes a comment or takes a tag off a post locks the post first, who changes a post its author
(``SELECT … FOR NO KEY UPDATE``), who changes many at once all of them, by id; or they are ready to
repeat a transaction that ends in a deadlock.

Revision: 0001
"""

import re
from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None

FOLDER = Path(__file__).parents[1] / "first"

LIVING = {"member": "user", "counted": "users.deleted_at IS NULL"}
VISIBLE = {"member": "post", "counted": "posts.visible"}
LINKS = (
    {"links": "post_likes", "target": "post", "counter": "like_count", **LIVING},
    {"links": "comment_likes", "target": "comment", "counter": "like_count", **LIVING},
    {"links": "tag_follows", "target": "tag", "counter": "follower_count", **LIVING},
    {"links": "post_tags", "target": "tag", "counter": "post_count", **VISIBLE},
)


def _read(name: str) -> str:
    return FOLDER.joinpath(f"{name}.sql").read_text(encoding="utf-8")


SQL = "\n".join(
    [
        *map(_read, ("tables", "visibility", "posts", "comments")),
        *(_read("links").format(**link) for link in LINKS),
        *map(_read, ("people", "moves")),
    ]
)


def upgrade() -> None:
    """Create the tables, the default tenant, and the functions with their triggers."""
    for statement in re.split(r";\n+(?=--|CREATE|INSERT)", SQL.rstrip(";\n")):
        op.execute(statement)


def downgrade() -> None:
    """Drop all tables, with everything in them, and the functions."""
    for table in reversed(re.findall(r"CREATE TABLE (\w+)", SQL)):
        op.execute(f"DROP TABLE {table}")
    for function in re.findall(r"CREATE FUNCTION (\w+\(.*?\))", SQL):
        op.execute(f"DROP FUNCTION {function}")
