"""What an import did."""

from collections import Counter
from dataclasses import dataclass, field

KINDS = ("users", "categories", "tags", "posts", "comments")


@dataclass(slots=True)
class Counts:
    """What became of the file's pieces of one kind."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    """How many for which reason."""
    gone: int = 0
    """Imported once and no longer in the file; they stay."""
    notes: Counter[str] = field(default_factory=Counter)
    """What else to know, and how often."""

    @property
    def read(self) -> int:
        """How many the file holds."""
        return self.added + self.updated + self.unchanged + self.left_out.total()


@dataclass(slots=True)
class ImportSummary:
    """The counts of each kind."""

    users: Counts = field(default_factory=Counts)
    categories: Counts = field(default_factory=Counts)
    tags: Counts = field(default_factory=Counts)
    posts: Counts = field(default_factory=Counts)
    comments: Counts = field(default_factory=Counts)

    def of(self, kind: str) -> Counts:
        """Return the counts of one of ``KINDS``."""
        counts: Counts = getattr(self, kind)
        return counts

    def lines(self) -> list[str]:
        """Tell it, a line a kind, and indented below it why some are missing."""
        told = []
        for kind in KINDS:
            counts = self.of(kind)
            told.append(
                f"{kind}: {counts.read:,} read, {counts.added:,} added, {counts.updated:,} updated,"
                f" {counts.unchanged:,} unchanged, {counts.left_out.total():,} left out"
            )
            told += [f"  left out: {n:,} {reason}" for reason, n in counts.left_out.most_common()]
            told += [f"  {n:,} {note}" for note, n in counts.notes.most_common()]
            if counts.gone:
                told.append(f"  {counts.gone:,} imported before, no longer in the file: they stay")
        return told
