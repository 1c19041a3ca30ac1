"""Each limit lets through what reaches it, and refuses one more, by name and with both figures."""

from collections import Counter
from typing import Any

import pytest
from graphql import parse

from graphql_api.errors import LimitExceededError
from graphql_api.schema.limits.bounds import Limits
from graphql_api.schema.limits.exceeded import EXCEEDED
from graphql_api.schema.limits.measure import measure
from graphql_api.settings import Settings
from tests.schema.limits.hostile import repeated
from tests.schema.limits.test_measure import SCHEMA

LIMITS = Limits(depth=4, aliases=3, root_fields=8, mutations=2)

# the document with so many of them, and how many are allowed
HOLDING: dict[str, tuple[Any, int]] = {
    "levels of fields": (lambda n: "{ a " * n + "}" * n, 4),
    "aliases": (lambda n: f"{{ a {{ {repeated(n, lambda i: f'a{i}: b')} }} }}", 3),
    "fields at its root": (lambda n: f"{{ {repeated(n, lambda i: f'a{i}')} }}", 8),
    "mutations": (lambda n: f"mutation {{ {repeated(n, lambda i: f'a{i}')} }}", 2),
    "fields": (lambda n: f"{{ a {{ {repeated(n - 1, lambda i: f'a{i}')} }} }}", 1000),
    "directives": (lambda n: f"{{ a {repeated(n, lambda _: '@b')} }}", 100),
    "fragments": (lambda n: "{ a }" + repeated(n, lambda i: f"fragment F{i} on A {{ a }}"), 100),
    "operations": (lambda n: repeated(n, lambda i: f"query Q{i} {{ a }}"), 20),
    "questions about the schema": (
        lambda n: f"{{ a {{ b }} {repeated(n, lambda _: '__schema { description }')} }}",
        5,
    ),
    "levels in a question about the schema": (
        lambda n: "{ __type " + "{ ofType " * (n - 1) + "}" * n,
        16,
    ),
    "fields in a question about the schema": (
        lambda n: f"{{ __type {{ {repeated(n - 1, lambda _: 'name')} }} }}",
        400,
    ),
    "lists in lists of the schema": (
        lambda n: "{ __type { " + "fields { type { " * n + "name" + " } }" * n + " } }",
        2,
    ),
}

# the limits that have another name than what they count
NAMES = {"levels of fields": "depth", "fields at its root": "root_fields"}
NAMES |= {what: "introspection" for what in HOLDING if "the schema" in what}


def check(text: str) -> None:
    LIMITS.check(measure(SCHEMA, parse(text)))


@pytest.mark.parametrize("what", HOLDING)
def test_a_limit_is_kept_exactly_and_counted(what: str) -> None:
    write, allowed = HOLDING[what]
    before = Counter(EXCEEDED)
    check(write(allowed))
    with pytest.raises(LimitExceededError) as refused:
        check(write(allowed + 1))
    assert EXCEEDED - before == {NAMES.get(what, what): 1}
    said = f"the document has {allowed + 1} {what}, but {allowed} are allowed"
    assert refused.value.message == said
    expected = {"code": "LIMIT_EXCEEDED", "counted": allowed + 1, "allowed": allowed}
    assert refused.value.extensions == expected


def test_the_limits_without_settings_are_those_of_development() -> None:
    settings = Settings.load(
        _env_file=None, database_url="postgresql://a/b", secret_key="k" * 32, development=True
    )
    assert Limits.of(settings) == Limits()


def test_the_largest_operation_of_a_document_counts() -> None:
    with pytest.raises(LimitExceededError, match="5 levels"):
        check("query A { a } query B { a { b { c { d { e } } } } }")


def test_fragments_are_counted_where_they_are_spread() -> None:
    with pytest.raises(LimitExceededError, match="4 aliases"):
        check("{ a { ...F } b { ...F } } fragment F on A { x: b y: b }")
