"""Writing: accounts, audit, deletions that can be undone, and comments that leave a mark.

Takes an ACCESS EXCLUSIVE lock on posts, comments and categories until it is done. The new columns
are null or have a constant default, so no table is rewritten; what takes time is to build the
indexes (seconds for a million rows), and to look through all comments once, as what is visible of
them changes.

The SQL is in `migrations/second`. The rule that changes:

    a comment is shown    when approved, and its post is visible and its parent shown
    a comment is visible  when shown, and not deleted or above a visible reply

so that a deleted comment does not take the replies of others along: it stays as a mark without
text or author. Going back hides the marks and all below them, as before.

Revision: 0002
"""

import re
from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"

FOLDERS = Path(__file__).parents[1]

STATEMENT = re.compile(r";\n+(?=--|ALTER|CREATE|DROP|UPDATE|WITH)")
REPLACED = re.compile(
    r"^CREATE (FUNCTION (?:set_comment_place|pass_on_comments|pass_on_posts)\b"
    r"|TRIGGER a_place_by_hand\b)",
    re.MULTILINE,
)
"""What this revision makes anew of the first one's."""


def _statements(name: str) -> list[str]:
    script = FOLDERS.joinpath(f"{name}.sql").read_text(encoding="utf-8")
    return STATEMENT.split(script.rstrip(";\n"))


def _run(name: str) -> None:
    for statement in _statements(f"second/{name}"):
        op.execute(statement)


def upgrade() -> None:
    """Create what writing needs, and let deleted comments leave their marks."""
    for name in ("tables", "comments", "count"):
        _run(name)


def downgrade() -> None:
    """Drop it, and bring back the rule that was."""
    for name in ("hide", "count"):
        _run(name)
    for name in ("visibility", "comments", "posts"):
        for statement in _statements(f"first/{name}"):
            if REPLACED.search(statement):
                op.execute(REPLACED.sub(r"CREATE OR REPLACE \1", statement))
    _run("drop")
