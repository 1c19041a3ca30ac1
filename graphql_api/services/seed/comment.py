"""The comments of seeded posts, as threads; and who likes them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from graphql_api.models import CommentStatus
from graphql_api.services.seed.people import People
from graphql_api.services.seed.run import END, Batch, Run
from graphql_api.services.seed.wording import Language, pick, wording

_MAX_DEPTH = 8
_NEW_THREADS = 0.4
_NEW_OR_RECENT = 0.9
_OTHER_LANGUAGE = 0.1
_GUESTS = 0.08
_EDITED = 0.03
_MINUTE = timedelta(minutes=1)
_LIVELY = timedelta(days=90)
"""How long people comment on a post."""

_STATES = [
    *[(CommentStatus.APPROVED, False)] * 96,
    *[(CommentStatus.PENDING, False)] * 2,
    (CommentStatus.SPAM, False),
    (CommentStatus.APPROVED, True),
]
"""Statuses, and whether the comment is deleted."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The post that is commented on."""

    id: int
    visible: bool
    published_at: datetime
    language: Language


@dataclass(slots=True)
class _Place:
    """A comment's place in its thread, and what follows from it."""

    id: int
    parent: "_Place | None"
    root_id: int
    depth: int
    status: CommentStatus
    deleted: bool
    shown: bool
    replies: int = 0
    """Visible ones."""

    @property
    def visible(self) -> bool:
        """Whether the public sees it; of a deleted one, that it was."""
        return self.shown and (self.replies > 0 or not self.deleted)


class Comments:
    """Writes the comments of one post after another."""

    def __init__(self, run: Run, people: People) -> None:
        self._tenant_id = run.tenant_id
        self._people = people
        self._rng = run.rng("comments")
        self.next_id = run.first_id["comments"]

    def add(self, batch: Batch, post: Subject, count: int) -> int:
        """Add ``count`` comments of a post, and their likes; return how many are visible."""
        places = self._places(post, count)
        authors = self._people.active(self._rng, count)
        for place, author, written in zip(places, authors, self._times(post, count), strict=True):
            likes = self._likes(batch, place, written)
            self._write(batch, post, place, author, written, likes)
        return sum(place.visible for place in places)

    def _places(self, post: Subject, count: int) -> list[_Place]:
        places: list[_Place] = []
        for comment_id in range(self.next_id, self.next_id + count):
            parent = self._answered(places)
            root_id, depth = (parent.root_id, parent.depth + 1) if parent else (comment_id, 0)
            status, deleted = pick(self._rng, _STATES)
            above = parent.shown if parent else post.visible
            shown = above and status is CommentStatus.APPROVED
            places.append(_Place(comment_id, parent, root_id, depth, status, deleted, shown))
        for place in reversed(places):  # a comment's replies come after it
            if place.parent and place.visible:
                place.parent.replies += 1
        self.next_id += count
        return places

    def _answered(self, places: list[_Place]) -> _Place | None:
        """Choose no comment, or one of the last few, or now and then one of the first."""
        choice = self._rng.random()
        if not places or choice < _NEW_THREADS:
            return None
        if choice < _NEW_OR_RECENT:
            parent = places[-1 - int(self._rng.random() ** 2 * min(8, len(places)))]
        else:
            parent = places[int(self._rng.random() ** 6 * len(places))]
        return parent if parent.depth < _MAX_DEPTH else None

    def _times(self, post: Subject, count: int) -> list[datetime]:
        """Return when comments were written, in order: most of them soon, to the minute."""
        minutes = min(_LIVELY, END - post.published_at) // _MINUTE
        after = sorted(int(self._rng.random() ** 3 * minutes) for _ in range(count))
        return [post.published_at + minute * _MINUTE for minute in after]

    def _likes(self, batch: Batch, place: _Place, written: datetime) -> int:
        """Add likes, which one comment in six has; return how many are of living users."""
        wanted = min(int(self._rng.paretovariate(2.5)) - 1, len(self._people.ids) // 2)
        users = self._people.some(self._rng, wanted)
        batch["comment_likes"] += [
            (self._tenant_id, place.id, user, written + int(self._rng.random() * 9999) * _MINUTE)
            for user in users
        ]
        return sum(map(self._people.is_living, users))

    def _write(
        self,
        batch: Batch,
        post: Subject,
        place: _Place,
        author: int,
        written: datetime,
        likes: int,
    ) -> None:
        rng = self._rng
        language = post.language
        if rng.random() < _OTHER_LANGUAGE:
            language = pick(rng, wording().languages)
        body = language.comment(rng)
        guest = language.name(rng) if rng.random() < _GUESTS else None
        edited = written + timedelta(hours=1) if rng.random() < _EDITED else written
        batch["comments"].append(
            (
                self._tenant_id,
                place.id,
                post.id,
                place.parent and place.parent.id,
                place.root_id,
                place.depth,
                None if guest else author,
                guest,
                body.source,
                body.html,
                body.text,
                place.status.value,
                place.shown,
                place.visible,
                place.replies,
                likes,
                written,
                edited,
                END if place.deleted else None,
            )
        )
