"""The seeded posts, with their tags and likes, and below each its comments."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache

from graphql_api.models import PostStatus
from graphql_api.services.seed.comment import Comments, Subject
from graphql_api.services.seed.people import People, category_ids, tag_ids
from graphql_api.services.seed.run import (
    BEGINNING,
    END,
    POSTING_DAYS,
    Batch,
    Row,
    Run,
    cumulative_weights,
    shares,
)
from graphql_api.services.seed.wording import Language, pick, wording
from graphql_api.services.text import excerpt, reading_minutes, slugify

COMMENTS_PER_POST = 10
"""On average, with the drafts and scheduled posts, which have none."""
_LIKES_PER_POST = 3
_MOST_TAGS = 5
_WITH_CATEGORY = 0.95
_EDITED = 0.2
_SLOT = timedelta(hours=3)
"""Posts are published eight times a day, so many share their moment."""
_SCHEDULED_FOR = datetime(2090, 1, 1, tzinfo=UTC)
"""So late that no server publishes them while anybody looks."""

# one post in a hundred is not published, one in two hundred is deleted
_UNPUBLISHED = {50: PostStatus.DRAFT, 150: PostStatus.SCHEDULED, 250: PostStatus.ARCHIVED}
_DELETED = 120

_slug = cache(slugify)


class Posts:
    """Writes the posts of a run, in order, with all that belongs to them."""

    def __init__(self, run: Run, people: People) -> None:
        self.comments = Comments(run, people)
        self._run = run
        self._people = people
        self._rng = run.rng("posts")
        self._tags = tag_ids(run)
        self._tag_weights = cumulative_weights(len(self._tags), 1.0, 3)
        self._n_comments = [0] * run.posts
        self._n_likes = [0] * run.posts
        self._share_out()

    def batches(self, size: int) -> Iterator[Batch]:
        """Yield the rows of ``size`` posts at a time."""
        for start in range(0, self._run.posts, size):
            batch: Batch = defaultdict(list)
            for number in range(start, min(start + size, self._run.posts)):
                self._add(batch, number)
            yield batch

    def _share_out(self) -> None:
        """Give most comments and likes to few posts: of 100,000, a hundredth has three fifths."""
        numbers = [
            number
            for number in range(self._run.posts)
            if _status(number) in {PostStatus.PUBLISHED, PostStatus.ARCHIVED}
        ]
        self._rng.shuffle(numbers)
        weights = cumulative_weights(len(numbers), 1.1, 10)
        for number, n_comments, n_likes in zip(
            numbers,
            shares(COMMENTS_PER_POST * self._run.posts, weights),
            shares(_LIKES_PER_POST * self._run.posts, weights),
            strict=True,
        ):
            self._n_comments[number] = n_comments
            self._n_likes[number] = min(n_likes, len(self._people.ids) // 2)

    def _add(self, batch: Batch, number: int) -> None:
        rng, tenant_id = self._rng, self._run.tenant_id
        post_id = self._run.first_id["posts"] + number
        author = self._people.active(rng, 1)[0]
        deleted_at = END if number % 200 == _DELETED else None
        visible = (
            _status(number) is PostStatus.PUBLISHED
            and not deleted_at
            and self._people.is_living(author)
        )
        language = wording().language(rng)
        subject = Subject(post_id, visible, self._moment(number), language)
        tags = rng.choices(self._tags, cum_weights=self._tag_weights, k=rng.randrange(_MOST_TAGS))
        shown_at = subject.published_at if visible else None
        batch["post_tags"] += [(tenant_id, post_id, tag, shown_at) for tag in sorted(set(tags))]
        n_comments = self.comments.add(batch, subject, self._n_comments[number])
        n_likes = self._like(batch, subject, self._n_likes[number])
        batch["posts"].append(
            (
                tenant_id,
                post_id,
                author,
                pick(rng, category_ids(self._run)) if rng.random() < _WITH_CATEGORY else None,
                visible,
                n_comments,
                n_likes,
                self._n_likes[number] * 40 + int(rng.expovariate(0.02)),
                deleted_at,
                *self._text(language, number),
                *self._dates(subject, number),
            )
        )

    def _moment(self, number: int) -> datetime:
        """Return when a post appears: later ones later, give or take two weeks."""
        days = POSTING_DAYS * number / self._run.posts + 14 * self._rng.random()
        return BEGINNING + timedelta(days=days) // _SLOT * _SLOT

    def _text(self, language: Language, number: int) -> Row:
        """Return title, slug, language and all that the body gives."""
        title = language.title(self._rng)
        body = language.body(self._rng)
        return (
            title,
            f"{_slug(title)}-{self._run.seed}-{number + 1}",
            language.code,
            excerpt(body.text),
            body.source,
            body.html,
            body.text,
            reading_minutes(body.text),
        )

    def _dates(self, subject: Subject, number: int) -> Row:
        """Return status, and when the post was published, created and updated."""
        status = _status(number)
        published = {PostStatus.DRAFT: None, PostStatus.SCHEDULED: _SCHEDULED_FOR}
        created = subject.published_at - timedelta(minutes=int(self._rng.random() * 2000))
        edited = subject.published_at + timedelta(hours=int(self._rng.random() * 700))
        return (
            status.value,
            published.get(status, subject.published_at),
            created,
            edited if self._rng.random() < _EDITED else created,
        )

    def _like(self, batch: Batch, subject: Subject, wanted: int) -> int:
        """Add likes, one about every half an hour; return how many are of living users."""
        users = self._people.some(self._rng, wanted)
        batch["post_likes"] += [
            (
                self._run.tenant_id,
                subject.id,
                user,
                subject.published_at + timedelta(minutes=int(self._rng.random() * 30 * len(users))),
            )
            for user in users
        ]
        return sum(map(self._people.is_living, users))


def _status(number: int) -> PostStatus:
    return _UNPUBLISHED.get(number % 300, PostStatus.PUBLISHED)
