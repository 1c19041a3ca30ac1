"""The files of the sample blog as values; their README says what each key means."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

from graphql_api.models import CommentStatus

_FENCE = "+++\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleUser:
    """Someone of the sample."""

    username: str
    display_name: str
    bio: str | None = None
    follows: Sequence[str]
    """Usernames and names of tags."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleCategory:
    """A category of the sample."""

    name: str
    slug: str
    parent: str | None = None
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleComment:
    """A comment; of ``author``, or else of ``guest``."""

    author: str | None = None
    guest: str | None = None
    created_at: datetime
    body: str
    key: str | None = None
    reply_to: str | None = None
    status: str = CommentStatus.APPROVED.value
    liked_by: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplePost:
    """A post, and the comments on it."""

    title: str
    slug: str
    language: str
    author: str
    category: str
    tags: Sequence[str]
    status: str
    published_at: datetime | None = None
    views: int
    liked_by: Sequence[str] = ()
    comments: Sequence[SampleComment]
    body: str


@dataclass(frozen=True, slots=True)
class Sample:
    """The whole blog; whoever refers to something in a list comes after it."""

    users: Sequence[SampleUser]
    categories: Sequence[SampleCategory]
    posts: Sequence[SamplePost]


def read_sample() -> Sample:
    """Read the files that ship with the package."""
    folder = files(__package__)
    users = tomllib.loads(folder.joinpath("authors.toml").read_text("utf-8"))["users"]
    categories = tomllib.loads(folder.joinpath("categories.toml").read_text("utf-8"))["categories"]
    paths = sorted(folder.joinpath("posts").iterdir(), key=lambda path: path.name)
    return Sample(
        [SampleUser(**user) for user in users],
        [SampleCategory(**category) for category in categories],
        [_post(path.read_text("utf-8")) for path in paths],
    )


def _post(source: str) -> SamplePost:
    _, front, body = source.split(_FENCE, 2)
    values = tomllib.loads(front)
    comments = [SampleComment(**comment) for comment in values.pop("comments", [])]
    return SamplePost(**values, comments=comments, body=body.strip())
