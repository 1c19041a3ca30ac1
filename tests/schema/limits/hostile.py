"""Documents and variables that are meant to keep a server busy.

    python -m tests.schema.limits.hostile

prints how long each of them keeps the event loop's thread busy: reading, measuring and validating
it, or refusing its variables. They are as large as the limits let them be, or larger.
"""

import asyncio
import logging
import time
import warnings
from collections.abc import Callable
from typing import Any

from graphql import get_introspection_query

from graphql_api.http.app import collect_less_garbage
from graphql_api.http.request import MOST_OBJECTS, MOST_VALUES
from graphql_api.schema.build import build_schema

MOST_BYTES = 256 * 1024
"""Of a request: the default of the setting."""

_LONG = MOST_BYTES - 1000
_SPREAD = 24
_NEWLINE = chr(92) + "n"


def repeated(count: int, make: Callable[[int], str]) -> str:
    """Write something again and again."""
    return " ".join(map(make, range(count)))


def _chain(levels: int, kind: str, body: str, last: str) -> str:
    """Write fragments of which each spreads the next one twice."""
    links = repeated(
        levels, lambda n: f"fragment F{n} on {kind} {{ {body} ...F{n + 1} ...F{n + 1} }}"
    )
    return f"{links} fragment F{levels} on {kind} {{ {last} }}"


def _pages(selections: str) -> str:
    return f"{{ posts {{ nodes {{ {selections} }} }} }}"


_PAIR = "...on Post { author { id } } ...on Comment { author { id } }"
_LIKES = "orderBy: [{field: LIKES}]"

FIELDS = {
    "the same field": f"{{ {repeated(1490, lambda _: '__typename')} }}",
    "the same page": f"{{ {repeated(120, lambda _: 'posts(first: 1) { nodes { id } }')} }}",
    "the same fields of a page": _pages(repeated(350, lambda _: "author { id }")),
    "twenty large pages": "{ "
    + repeated(
        20,
        lambda _: (
            "posts(first: 1) { nodes { id title author { id displayName }"
            " comments(first: 1) { nodes { id body author { id } } } } }"
        ),
    )
    + " }",
    "pages that differ": _pages(
        repeated(100, lambda n: f"comments(first: {n}) {{ nodes {{ id }} }}")
    ),
    "pages that are alike": _pages(
        repeated(60, lambda _: f"comments(first: 5, {_LIKES}) {{ nodes {{ id }} }}")
    ),
    "pages by variables": f"query ({repeated(100, lambda n: f'$v{n}: Int')}) "
    + _pages(repeated(100, lambda n: f"comments(first: $v{n}) {{ totalCount }}")),
    "inline fragments in pairs": f'{{ node(id: "") {{ {repeated(60, lambda _: _PAIR)} }} }}',
    "aliases": _pages(repeated(400, lambda n: f"a{n}: title")),
    "deep fields": "{ " + "posts { nodes { author { " * 60 + "id" + " } } }" * 60 + " }",
    "deep inline fragments": "{" + "...{" * 180 + "id" + "}" * 181,
    "names that are not there": f"{{ {repeated(1490, lambda n: f'postz{n}')} }}",
    "arguments that are not there": f"{{ posts({repeated(480, lambda n: f'a{n}: 1')}) {{ id }} }}",
    "types that are not there": repeated(300, lambda n: f"fragment F{n} on Postt{n} {{ id }}"),
    "variables": f"query ({repeated(300, lambda n: f'$v{n}: Int')}) {{ __typename }}",
    "the same variable": f"query ({repeated(300, lambda _: '$v: Int')}) {{ __typename }}",
    "directives": f"{{ __typename {repeated(210, lambda _: '@skip(if: true)')} }}",
    "operations": repeated(280, lambda n: f"query Q{n} {{ __typename }}"),
    "questions": f"{{ {repeated(100, lambda n: f'q{n}: __schema {{ types {{ name }} }}')} }}",
    "lists of the schema": "{ __schema { types { fields { type { fields { type { fields { name"
    " } } } } } } } }",
    "the standard question": get_introspection_query(),
}

FRAGMENTS = {
    "doubled": "{ ...F0 } " + _chain(90, "Query", "", "__typename"),
    "doubled mutations": "mutation { ...F0 } "
    + _chain(90, "Mutation", "", "logout(input: {}) { success }"),
    "doubled with fields": _pages("...F0") + _chain(80, "Post", "id title", "id"),
    "side by side": _pages(repeated(95, lambda n: f"...F{n}"))
    + repeated(95, lambda n: f"fragment F{n} on Post {{ id title slug }}"),
    "each spreads all that follow": "{ ...F0 } "
    + repeated(
        _SPREAD,
        lambda n: (
            f"fragment F{n} on Query {{"
            f" {' '.join(f'...F{m}' for m in range(n + 1, _SPREAD))} __typename }}"
        ),
    ),
    "each spreads each": "{ ...F0 } "
    + repeated(
        20,
        lambda n: f"fragment F{n} on Query {{ {' '.join(f'...F{m}' for m in range(20))} }}",
    ),
    "a long chain": "{ ...F0 } "
    + repeated(99, lambda n: f"fragment F{n} on Query {{ ...F{n + 1} }}")
    + " fragment F99 on Query { __typename }",
    "nobody spreads them": "{ __typename } "
    + repeated(95, lambda n: f"fragment F{n} on Post {{ id }}"),
}

VALUES = {
    "deep lists": "{ nodes(ids: " + "[" * 740 + "]" * 740 + ") { id } }",
    "lists as deep as are read": "{ nodes(ids: " + "[" * 190 + "]" * 190 + ") { id } }",
    "deep objects": "{ posts(where: " + "{AND: [" * 180 + "]}" * 180 + ") { nodes { id } } }",
    "a long list": "{ nodes(ids: [" + "1 " * 1400 + "]) { id } }",
    "an object of strangers": f"{{ posts(where: {{{repeated(450, lambda n: f'a{n}: 1')}}})"
    " { totalCount } }",
    "an object of one field": f"{{ posts(where: {{{repeated(450, lambda _: 'language: 1')}}})"
    " { totalCount } }",
    "values that are not there": f"{{ posts(orderBy: [{repeated(200, lambda _: '{field: HOTT}')}])"
    " { totalCount } }",
    "a long integer": f"{{ posts(first: {'9' * _LONG}) {{ totalCount }} }}",
    "a long fraction": f"{{ posts(first: 1.{'9' * _LONG}) {{ totalCount }} }}",
}

TEXTS = {
    "a long string": f'{{ node(id: "{"x" * _LONG}") {{ id }} }}',
    "escapes": '{ node(id: "' + _NEWLINE * (_LONG // 2) + '") { id } }',
    "a block of lines": '{ node(id: """' + "\n x" * (_LONG // 3) + '""") { id } }',
    "escapes as many as are read": '{ node(id: "' + _NEWLINE * 24_900 + '") { id } }',
    "a block as long as is read": '{ node(id: """' + "\n x" * 16_600 + '""") { id } }',
    "a long name": f"{{ {'x' * _LONG} }}",
    "names as long as are read": _pages(repeated(100, lambda n: "x" * 480 + str(n))),
    "a long comment": f"{{ __typename }} #{'x' * _LONG}",
    "many comments": "{ __typename } " + "#\n" * (_LONG // 2),
    "lines": "{" + "\n" * _LONG + "__typename }",
    "commas": "{" + "," * _LONG + "__typename }",
    "words": f"{{ {'a ' * (_LONG // 2)} }}",
    "braces": "{a" * (_LONG // 2),
}

DOCUMENTS = {
    f"{kind}: {name}": text
    for kind, texts in (
        ("fields", FIELDS),
        ("fragments", FRAGMENTS),
        ("values", VALUES),
        ("texts", TEXTS),
    )
    for name, text in texts.items()
}

_WHERE = "query ($v: PostWhere) { posts(where: $v) { totalCount } }"
_IDS = "query ($v: [ID!]!) { nodes(ids: $v) { id } }"
_ORDER = "query ($v: [PostOrder!]) { posts(orderBy: $v) { totalCount } }"

_NESTED = MOST_OBJECTS - 3
_PLAIN = MOST_VALUES - 3

VARIABLES: dict[str, tuple[str, Any]] = {
    "strangers": (_WHERE, {f"a{n}": 1 for n in range(_PLAIN)}),
    "a list of strangers": (_WHERE, {"AND": [{"x": 1}] * _NESTED}),
    "conditions of nothing": (_WHERE, {"OR": [{}] * _NESTED}),
    "conditions of lists": (_WHERE, {"OR": [{"AND": []}] * (_NESTED // 2)}),
    "conditions of tags": (_WHERE, {"OR": [{"anyTags": ["a"] * 10}] * (_NESTED // 2)}),
    "authors": (_WHERE, {"author": {"in": [1] * _PLAIN}}),
    "ids that are none": (_IDS, [{}] * _NESTED),
    "ids": (_IDS, ["a"] * _PLAIN),
    "numbers for ids": (_IDS, [1] * _PLAIN),
    "orders": (_ORDER, [{}] * _NESTED),
    "values that are not there": (_ORDER, [{"field": "HOTT"}] * _NESTED),
}
"""A document, and the value of its variable."""


async def blocked() -> list[tuple[float, str, int, str]]:
    """Give each case with its seconds, its size, and what came of it; the worst first."""
    cases: list[tuple[str, str, dict[str, Any]]]
    cases = [(name, text, {}) for name, text in DOCUMENTS.items()]
    cases += [(f"variables: {n}", text, {"v": value}) for n, (text, value) in VARIABLES.items()]
    found = []
    for name, text, variables in cases:
        runs = [await _seconds(f"{text} #{number}", variables) for number in range(3)]
        seconds, said = min(runs)
        found.append((seconds, name, len(text), said))
    return sorted(found, reverse=True)


async def _seconds(text: str, variables: dict[str, Any]) -> tuple[float, str]:
    started = time.thread_time()
    result = await build_schema().execute(text, variables)
    seconds = time.thread_time() - started
    return seconds, result.errors[0].message[:60] if result.errors else "answered"


def main() -> None:
    """Print the table; without a database what is allowed fails where it would begin to load."""
    warnings.simplefilter("ignore")
    logging.disable()
    collect_less_garbage()
    for seconds, name, size, said in asyncio.run(blocked()):
        print(f"{seconds * 1000:7.1f} ms {size:7} characters  {name:44} {said!a}")  # noqa: T201  # what it is for


if __name__ == "__main__":
    main()
