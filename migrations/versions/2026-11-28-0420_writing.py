"""Writing: accounts, audit, deletions that can be undone, and comments that leave a mark.

Takes an ACCESS EXCLUSIVE lock on posts, comments and categories until it is done. The new columns
are null or have a constant default, so no table is rewritten; what takes time is to build the
indexes (seconds for a million rows), and to look through all comments once, as what is visible of
them changes.

The SQL is in `migrations/second`. The rule that changes:

    a comment is shown    when approved, and its post is visible and its parent shown
    a comment is visible  when shown, and not deleted or above a visible reply

so that a deleted comment does not take the replies of others along: it stays as a mark without
text or author.

Revision: 0002
"""

import re
from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"

FOLDER = Path(__file__).parents[1] / "second"


def _run(name: str) -> None:
    script = FOLDER.joinpath(f"{name}.sql").read_text(encoding="utf-8")
    for statement in re.split(r";\n+(?=--|ALTER|CREATE|DROP|UPDATE)", script.rstrip(";\n")):
        op.execute(statement)


def upgrade() -> None:
    """Create what writing needs."""
    _run("tables")


def downgrade() -> None:
    """Drop it."""
    _run("drop")
