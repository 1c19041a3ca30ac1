"""Documents that clients name instead of sending: trusted ones, and those of clients' own accord.

Makes a table, which is empty, and takes a SHARE ROW EXCLUSIVE lock on tenants while it does: of
what runs meanwhile only a new tenant waits. Going back drops it: clients send their documents
again, and manifests have to be loaded again.

The SQL is in `migrations/third`.

Revision: 0003
"""

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"

SCRIPT = Path(__file__).parents[1] / "third" / "documents.sql"


def upgrade() -> None:
    """Create the table, and its index."""
    for statement in SCRIPT.read_text(encoding="utf-8").split(";\n\n"):
        op.execute(statement)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP TABLE persisted_documents")
