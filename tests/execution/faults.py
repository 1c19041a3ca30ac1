"""Makes worlds: the same for the same seed, with as many faults as asked for."""

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any

from graphql import GraphQLError

from tests.execution.inputs import Color, Size, promised, shown
from tests.execution.nodes import Cat, Dog, Pin, Tag, streamed, streamed_until
from tests.execution.rows import Article, ArticlePage, Edge, PageInfo, Person
from tests.execution.world import Arguments, World, spread

NAN = float("nan")
WIDE = 2**40
YES, NO = True, False


class _Faults:
    """Puts a fault in place of a value now and then."""

    def __init__(self, random: Random, rate: float) -> None:
        self.random = random
        self.rate = rate

    def __call__(self, value: Any, *faults: Any) -> Any:
        """Return the value, or one of the faults."""
        return self.random.choice(faults) if self.random.random() < self.rate else value

    def any(self, *values: Any) -> Any:
        """Return one of several good values."""
        return self.random.choice(values)


def make_world(seed: int, rate: float) -> World:
    """Make a world of six people, articles and things each, and some pets."""
    faults = _Faults(Random(seed), rate)  # noqa: S311  # data of tests
    world = World(answers=dict(ANSWERS), n_turns=faults.any(0, 1, 3))
    for number in range(6):
        world.people[number] = _person(faults, number)
        world.articles[number] = faults(_article(faults, number), None, _error("article", number))
        make = _tag if number % 2 else _pin
        thing = _article if number == 4 else make
        world.things[number] = faults(thing(faults, number), None, 7, _Stranger())
    # what is loaded may fail: an exception in place of a value
    lost = faults(None, 0, 1, 2)
    if lost is not None:
        world.people[lost] = _error("person", lost)
    world.pets = faults(
        [_pet(faults, number) for number in range(4)], None, "no list", lambda: iter(())
    )
    for family in ANSWERS:
        broken = faults("", "refuses", "raises", "short", "nothing") if rate else ""
        if broken and faults.random.random() < 0.3:
            world.broken[family] = broken
    return world


def _error(name: str, number: int) -> Exception:
    return (ValueError if number % 2 else GraphQLError)(f"{name} {number} is lost")


def _key(faults: _Faults, number: int) -> Any:
    return faults(faults.any(number, (number + 1) % 6, 1, None), 99, "text", YES)


def _time(number: int) -> datetime:
    return datetime(2025, 1, 1 + number, tzinfo=UTC)


def _person(faults: _Faults, n: int) -> Person:
    return Person(
        id=faults(faults.any(n, f"p{n}"), None, 1.0, YES, _error("id", n)),
        handle=faults(f"h{n}", None, 7, "", _error("handle", n)),
        nick=faults(faults.any(f"n{n}", None), 5, 1.5, YES, []),
        joined=faults(_time(n), None, "yesterday", 5, _time(n).date()),
        seen=faults(faults.any(_time(n), None), "yesterday", _error("seen", n)),
        score=faults(faults.any(n * 1.5, n), NAN, -float("inf"), None, "1.5", "x", YES, WIDE),
        rank=faults(faults.any(n, 2**31 - 1, -(2**31)), 2**31, -(2**31) - 1, WIDE, None, 2.0, "3"),
        color=faults(faults.any(Color.RED, Color.BLUE, "red"), "RED", "nope", None, [], Size.SMALL),
        size=faults(faults.any(Size.SMALL, 2, None), 3, "SMALL", YES, 1.0, Color.RED),
        odd=faults(faults.any(1, 3, None), 2, 0, "x", NAN),
        active=faults(faults.any(YES, NO), None, 1, 0.0, "yes", NAN),
        names=faults(["a", "b"], ["a", None], None, ("t", "u"), "text", [_error("name", n)], 5),
        other_names=faults(faults.any(["a", None], None, []), [[]], {1}, {"a": 1}, [1, True]),
        boss_id=_key(faults, n),
        favourite_id=faults(faults.any(n, 2, (n + 3) % 6), None, 99),
        serial=n,
        note=faults.any(f"note {n}", None),
        remark=faults("remark", None),
        since=_time(n),
    )


def _article(faults: _Faults, n: int) -> Article:
    return Article(
        id=faults(faults.any(n, f"a{n}"), None),
        title=faults(f"title {n}", None, 5, _error("title", n)),
        words=faults(
            ["a", "b"], [], [None], None, frozenset({"w"}), range(2), ["x", _error("w", n)]
        ),
        matrix=faults(
            faults.any([[1, None], []], None, [[]]),
            [None],
            [[WIDE]],
            [1],
            ([1], (2, 3)),
            [["x"], [2]],
        ),
        author_id=_key(faults, n),
        number=n,
    )


def _tag(faults: _Faults, n: int) -> Tag:
    tag = Tag(
        id=faults(faults.any(n, f"t{n}"), None, _error("id", n)),
        name=faults(faults.any(f"T{n}", None), 5, _error("name", n)),
        label=faults(f"l{n}", None, _error("label", n)),
        color=faults(faults.any(Color.RED, "blue"), None, "nope"),
        weight=faults(faults.any(0.5, None), "x", NAN, 2),
        numbers=faults(faults.any([[1, 2], [], [3]], [[n]]), *_list_faults()),
        owner_id=_key(faults, n),
        active=faults.any(YES, YES, NO),
    )
    _spoil(faults, tag, "label", "name", "owner_id")
    return tag


def _list_faults() -> list[Any]:
    return [
        None,
        5,
        [[1], None],
        [[None], [1]],
        [[WIDE], [1, 2]],
        ((1,), [2]),
        lambda: (iter([each]) for each in (1, 2)),
        lambda: streamed([[1], [2, 3]]),
        lambda: [iter([1, 2]), streamed([3]), [4]],
        lambda: [streamed([3, None]), streamed([]), iter([5])],
        lambda: _raising([[1], [2]]),
        lambda: streamed_until([[1], [2]]),
        lambda: [streamed_until([1]), [2]],
        [ValueError("no numbers")],
    ]


def _raising(values: list[Any]) -> Any:
    yield from values
    raise RuntimeError("the generator broke")


def _pin(faults: _Faults, n: int) -> Pin:
    pin = Pin(
        id=faults(faults.any(n, f"p{n}"), None),
        name=faults(faults.any(f"P{n}", None), _error("name", n)),
        label=faults(faults.any(f"l{n}", None), _error("label", n), 5),
        nodes_=faults(
            faults.any([1, 2], [], None, [(n + 1) % 6]),
            (None,),
            [7.5],
            [ValueError("node")],
            lambda: (each for each in (None, None)),
            lambda: streamed([None]),
            lambda: [promised(None), _failing("late")],
            "text",
        ),
        owner_id=_key(faults, n),
    )
    _spoil(faults, pin, "label", "owner_id", "nodes_")
    return pin


def _pet(faults: _Faults, n: int) -> Any:
    name = faults.any(f"pet {n}", "later")
    if n % 2:
        pet: Any = Cat(name=name, kind=_kind(faults, "Cat"), lives=faults(9 - n, None, WIDE))
    else:
        pet = Dog(
            name=name,
            kind=_kind(faults, "Dog"),
            tricks=faults(faults.any(["sit", None], None), 5, [_error("trick", n)]),
            owner_id=faults(_key(faults, n) or 0, None),
        )
    _spoil(faults, pet, "name")
    return faults(pet, None, _error("pet", n))


def _kind(faults: _Faults, name: str) -> Any:
    kinds = ("Cat", "Dog", None, "Nobody", "String", "Person", "?Nobody", 5, _error("kind", 1))
    return faults(faults.any(name, f"?{name}"), *kinds)


def _spoil(faults: _Faults, thing: Any, *names: str) -> None:
    """Take an attribute away, or make it raise, or be something to await."""
    for name in names:
        how = faults("", "missing", "raising", "awaitable")
        if how == "missing":
            delattr(thing, name)
        elif how:
            value = thing.__dict__.pop(name)
            get = _raise if how == "raising" else lambda _self, value=value: promised(value)
            thing.__class__ = type(
                thing.__class__.__name__, (thing.__class__,), {name: property(get)}
            )


def _raise(_self: Any) -> Any:
    raise LookupError("a property raised")


async def _failing(message: str) -> Any:
    raise ValueError(message)


class _Stranger:
    """Is of no type of the schema."""

    def __repr__(self) -> str:
        return "<a stranger>"


def _many(world: World, start: int, arguments: Arguments) -> Any:
    first = arguments["first"]
    if first < 0:
        raise ValueError("less than none")
    where = arguments.get("where")
    if where:
        start += where.start + len(where.tags or ()) + (1 if where.color is Color.BLUE else 0)
    rows = spread(world.articles, start, min(first, 4))
    return tuple(rows) if first == 1 else rows


def _page(world: World, key: tuple[Any, Any], arguments: Arguments) -> Any:
    start = sum(part for part in key if isinstance(part, int))
    rows = _many(world, start, arguments)
    if start == 7:  # a page that is not there
        return None
    edges = [Edge(cursor=str(at), node=row) for at, row in enumerate(rows)]
    end = PageInfo(end=str(len(edges)), more=bool(edges))
    return ArticlePage(asked=shown(arguments), nodes=list(rows), edges=edges, page_info=end)


def _person_of(world: World, key: Any, _arguments: Arguments) -> Any:
    return world.people.get(key)


def _articles_of(world: World, key: Any, arguments: Arguments) -> Any:
    return _many(world, key if isinstance(key, int) else 0, arguments)


ANSWERS: dict[str, Callable[[World, Any, Arguments], Any]] = {
    "person": _person_of,
    "people": lambda world, _key, given: spread(world.people, 0, max(0, min(given["first"], 6))),
    "articles": _articles_of,
    "page": _page,
    "thing": lambda world, key, _given: world.things.get(key),
    "one": lambda world, _key, given: world.articles.get(int(given["id"])),
}
