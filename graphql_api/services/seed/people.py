"""Who writes, comments, likes and follows; and the tags and categories there are."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from graphql_api.services.seed.run import BEGINNING, END, Batch, Row, Run, cumulative_weights
from graphql_api.services.seed.wording import pick, wording
from graphql_api.services.text import slugify

_YEAR_MIN = 365 * 24 * 60
_DELETED_EVERY = 40
_WITH_BIO = 0.6


class People:
    """The users of a run; of every 40 one is deleted."""

    def __init__(self, run: Run) -> None:
        first = run.first_id["users"]
        self.ids = range(first, first + 20 + run.posts // 20)
        # of 5,000 users, the first fifty do two fifths of everything
        self._weights = cumulative_weights(len(self.ids), 1.1, 5)

    def is_living(self, user_id: int) -> bool:
        """Tell whether a user was not deleted."""
        return (user_id - self.ids.start) % _DELETED_EVERY != _DELETED_EVERY - 1

    def active(self, rng: Random, n: int) -> list[int]:
        """Return the ids of who did ``n`` things; the first users did most of them."""
        return rng.choices(self.ids, cum_weights=self._weights, k=n)

    def some(self, rng: Random, n: int) -> list[int]:
        """Return the ids of at most ``n`` different users, in order."""
        return sorted({pick(rng, self.ids) for _ in range(n)})


def catalogue(run: Run, people: People) -> Batch:
    """Return the rows of users, tags and categories, and who follows whom and what."""
    batch: Batch = defaultdict(list)
    rng = run.rng("catalogue")
    user_follows = _user_follows(rng, people)
    tag_follows = _tag_follows(rng, run, people)
    batch["users"] = _users(rng, run, people, user_follows)
    batch["categories"] = _categories(run)
    batch["tags"] = _tags(run, people, tag_follows)
    for table, follows in (("user_follows", user_follows), ("tag_follows", tag_follows)):
        batch[table] = [(run.tenant_id, *follow, _past(rng)) for follow in follows]
    return batch


def _user_follows(rng: Random, people: People) -> list[tuple[int, int]]:
    """Return who is followed by whom: by ten on average, the first by a quarter of all."""
    return [
        (followed, follower)
        for follower in people.ids
        for followed in sorted(set(people.active(rng, int(rng.expovariate(0.1)))))
        if followed != follower
    ]


def _tag_follows(rng: Random, run: Run, people: People) -> list[tuple[int, int]]:
    """Return which tags are followed by whom."""
    tags = tag_ids(run)
    return [
        (tag, user)
        for user in people.ids
        for tag in sorted({pick(rng, tags) for _ in range(int(rng.expovariate(0.25)))})
    ]


def _users(rng: Random, run: Run, people: People, follows: Sequence[tuple[int, int]]) -> list[Row]:
    followers = Counter(followed for followed, by in follows if people.is_living(by))
    following = Counter(by for followed, by in follows if people.is_living(followed))
    rows: list[Row] = []
    for number, user_id in enumerate(people.ids, 1):
        language = wording().language(rng)
        joined = BEGINNING - timedelta(minutes=int(rng.random() * _YEAR_MIN))
        animal = f"{pick(rng, wording().adjectives)}-{pick(rng, wording().animals)}"
        rows.append(
            (
                run.tenant_id,
                user_id,
                f"{animal}-{run.seed}-{number}",
                language.name(rng),
                pick(rng, language.paragraphs).text if rng.random() < _WITH_BIO else None,
                followers[user_id],
                following[user_id],
                joined,
                joined,
                None if people.is_living(user_id) else END,
            )
        )
    return rows


def tag_ids(run: Run) -> range:
    """Return the ids of all tags."""
    return range(run.first_id["tags"], run.first_id["tags"] + len(wording().tags))


def _tags(run: Run, people: People, follows: Sequence[tuple[int, int]]) -> list[Row]:
    followers = Counter(tag for tag, user in follows if people.is_living(user))
    return [
        (
            run.tenant_id,
            tag_id,
            f"{slugify(name)}-{run.seed}-{number}",
            name,
            followers[tag_id],
            *_dates(number, len(wording().tags)),
        )
        for number, (tag_id, name) in enumerate(zip(tag_ids(run), wording().tags, strict=True), 1)
    ]


def category_ids(run: Run) -> range:
    """Return the ids of all categories."""
    first = run.first_id["categories"]
    return range(first, first + len(wording().categories))


def _categories(run: Run) -> list[Row]:
    paths = wording().categories
    id_of = dict(zip(paths, category_ids(run), strict=True))
    rows: list[Row] = []
    for number, path in enumerate(paths, 1):
        parent, _, name = path.rpartition(" > ")
        slug = f"{slugify(name)}-{run.seed}-{number}"
        dates = _dates(number, len(paths))
        rows.append((run.tenant_id, id_of[path], id_of.get(parent), slug, name, *dates))
    return rows


def _dates(number: int, n: int) -> tuple[datetime, datetime, datetime | None]:
    """Return created, updated and deleted of a row; the last of ``n`` is deleted."""
    return BEGINNING, BEGINNING, END if number == n else None


def _past(rng: Random) -> datetime:
    return END - timedelta(minutes=int(rng.random() * _YEAR_MIN))
