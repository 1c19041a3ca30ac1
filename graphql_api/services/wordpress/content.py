"""What is read from an export, before it becomes rows."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Author:
    """A ``wp:author``, or a ``dc:creator`` that none declares."""

    key: str
    """The login without what WordPress forbids in one, in lower case."""
    name: str


@dataclass(frozen=True, slots=True)
class Term:
    """A category or a tag."""

    slug: str
    name: str
    description: str = ""
    parent: str = ""
    """The slug of the category above; empty at the top and for a tag."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment, pingback or trackback."""

    id: str
    parent: str
    """The id of the comment of the same post that it answers; empty when none."""
    author: str
    """The key of the author who wrote it signed in; empty for a guest."""
    guest_name: str
    status: str
    """One of our ``CommentStatus``."""
    created_at: datetime | None
    body: str


@dataclass(frozen=True, slots=True)
class Post:
    """An item of type post."""

    id: str
    author: str
    """The key of its author."""
    title: str
    slug: str
    """Empty where WordPress gave none yet, as to a draft."""
    status: str
    """In WordPress's words, such as ``publish``."""
    has_password: bool
    published_at: datetime | None
    modified_at: datetime | None
    excerpt: str
    body: str
    category: str
    """Slug of its first category; empty when it has none."""
    tags: tuple[str, ...]
    """Slugs, each once."""


@dataclass(frozen=True, slots=True)
class Item:
    """A post with its comments, each after the one that it answers."""

    post: Post
    comments: tuple[Comment, ...]


@dataclass(slots=True)
class Site:
    """What the whole file says, but for the posts."""

    source: str = ""
    """Names the site in ``imported_items``."""
    language: str = "en"
    authors: dict[str, Author] = field(default_factory=dict)
    author_keys: dict[str, str] = field(default_factory=dict)
    """Keys of authors by WordPress's number, and by the address given to WordPress."""
    categories: dict[str, Term] = field(default_factory=dict)
    """Each after the one above it."""
    tags: dict[str, Term] = field(default_factory=dict)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many of the file are not imported, by table and reason."""
    notes: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What else to tell of the import, how often, by table."""
