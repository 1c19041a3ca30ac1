"""Requests of people who mean no good, or of programs that went wrong."""

import json
from typing import Any

from tests.http.test_refusal import BROKEN

JSON = {"content-type": "application/json"}

_POSTS = "posts(first: 1) { nodes { id } }"


def _body(query: str, **more: Any) -> bytes:
    return json.dumps({"query": query, **more}).encode()


def _doubled(n_levels: int) -> str:
    """Spread each fragment twice in the one before."""
    fragments = [
        f"fragment F{level} on Query {{ ...F{level + 1} ...F{level + 1} }}"
        for level in range(n_levels)
    ]
    return f"{{ ...F0 }} {' '.join(fragments)} fragment F{n_levels} on Query {{ __typename }}"


def _around(start: str, middle: str, end: str, times: int) -> str:
    return start * times + middle + end * times


def _times(times: int, field: str) -> str:
    """Select a field so often, each time with another number in the place of ``#``."""
    return f"{{ {' '.join(field.replace('#', str(number)) for number in range(times))} }}"


BODIES: dict[str, bytes] = {
    **BROKEN,
    "a byte order mark": b"\xef\xbb\xbf" + _body("{ __typename }"),
    "UTF-32": '{"query": "{ __typename }"}'.encode("utf-32"),
    "a NUL after it": _body("{ __typename }") + b"\x00",
    "two objects": _body("{ __typename }") * 2,
    "a name twice": b'{"query": "{ __typename }", "query": "mutation { a }"}',
    "infinity": b'{"query": "{ __typename }", "variables": {"a": 1e400}}',
    "a number of 4,000 digits": b'{"query": "{ __typename }", "variables": {"a": %s}}'
    % (b"9" * 4000),
    "a prototype": b'{"query": "{ __typename }", "variables": {"__proto__": {"a": 1}}}',
    "10,000 variables": _body("{ __typename }", variables={f"v{n}": n for n in range(10_000)}),
    "200 kB of white space": b" " * 200_000 + _body("{ __typename }"),
    "10,000 levels of objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "half a surrogate in a name": b'{"query": "{ __typename }", "operationName": "\\ud800"}',
    "half a surrogate in the query": b'{"query": "{ a\\udfff }"}',
    "a name of 100 kB": _body("query A { __typename }", operationName="A" * 100_000),
    "extensions of all kinds": _body("{ __typename }", extensions={"persistedQuery": [], "a": {}}),
    "a persisted query of nothing": _body("", extensions={"persistedQuery": None}),
    "a hash that is none": b'{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "x"}}}',
    "a hash of another text": _body(
        "{ __typename }", extensions={"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}
    ),
    "a version of tomorrow": _body(
        "{ __typename }", extensions={"persistedQuery": {"version": 9, "sha256Hash": "0" * 64}}
    ),
    "an unknown document": b'{"documentId": "nobody knows"}',
    "a document's id of 100 kB": _body("", documentId="a" * 100_000),
}

QUERIES: dict[str, str] = {
    "nothing": " ",
    "a comment": "# { __typename }",
    "a NUL": "{ __type\x00name }",
    "a NUL in a text": '{ tag(slug: "a\x00b") { id } }',
    "an escaped NUL": '{ tag(slug: "a\\u0000b") { id } }',
    "half an escaped surrogate": '{ tag(slug: "\\ud83d") { id } }',
    "an escape beyond Unicode": '{ tag(slug: "\\u{110000}") { id } }',
    "an escape of 60,000 digits": f'{{ tag(slug: "\\u{{{"0" * 60_000}41}}") {{ id }} }}',
    "an open text": '{ tag(slug: "a) { id } }',
    "an open block": '{ tag(slug: """a) { id } }',
    "a text of 200 kB": f'{{ tag(slug: "{"a" * 200_000}") {{ id }} }}',
    "a block of 200 kB of lines": '{ tag(slug: """' + " a\n" * 66_000 + '""") { id } }',
    "a name of 200 kB": f"{{ {'a' * 200_000} }}",
    "an integer of 100,000 digits": f"{{ posts(first: {'9' * 100_000}) {{ totalCount }} }}",
    "a float of 100,000 digits": f"{{ posts(first: 1.{'9' * 100_000}) {{ totalCount }} }}",
    "an exponent": "{ posts(first: 1e999999999) { totalCount } }",
    "a zero before": "{ posts(first: 01) { totalCount } }",
    "20,000 open braces": "{a" * 20_000,
    "20,000 levels": _around("{a", "", "}", 20_000),
    "20,000 lists": f"{{ posts(where: {_around('[', '', ']', 20_000)}) {{ totalCount }} }}",
    "20,000 objects": f"{{ posts(where: {_around('{a:', '1', '}', 20_000)}) {{ totalCount }} }}",
    "a type of 10,000 lists": f"query ($a: {_around('[', 'Int', ']', 10_000)}) {{ __typename }}",
    "levels of authors": f"{{ {_around('posts { nodes { author { ', 'id', '} } }', 40)} }}",
    "levels of fragments": f"{{ {_around('... on Query { ', '__typename', '}', 900)} }}",
    "fragments that double": _doubled(40),
    "a fragment in itself": "{ ...A } fragment A on Query { ...A }",
    "fragments in a ring": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "a fragment that is not there": "{ ...Nothing }",
    "a fragment twice": "{ ...A } fragment A on Query { __typename } fragment A on Query { x }",
    "2,000 fragments": "{ ...A0 } "
    + " ".join(f"fragment A{n} on Query {{ ...A{n + 1} }}" for n in range(2000)),
    "5,000 aliases": _times(5000, "a#: __typename"),
    "500 aliases of a list": _times(500, f"a#: {_POSTS}"),
    "one field 5,000 times": f"{{ {'__typename ' * 5000} }}",
    "one page 300 times": f"{{ {_POSTS * 300} }}",
    "fields that differ": _times(300, 'a: tag(slug: "#") { id }'),
    "5,000 directives": f"{{ __typename {'@skip(if: false) ' * 5000} }}",
    "an unknown directive 500 times": f"{{ __typename {'@nothing ' * 500} }}",
    "directives where none go": "query @include(if: true) { __typename }",
    "500 operations": " ".join(f"query A{n} {{ __typename }}" for n in range(500)),
    "two operations, no name": "query A { __typename } query B { __typename }",
    "two without names": "{ __typename } { __typename }",
    "2,000 variables": f"query ({' '.join(f'$v{n}: Int' for n in range(2000))}) {{ __typename }}",
    "a variable twice": "query ($a: Int, $a: Int) { __typename }",
    "a variable of an output": "query ($a: Post) { __typename }",
    "100 mutations": "mutation "
    + _times(100, 'a#: logout(input: {refreshToken: "x"}) { clientMutationId }'),
    "a type system": "type A { a: Int }",
    "an extension of one": "extend type Query { a: Int }",
    "a deep introspection": "{ __schema { types { fields { "
    + _around("type { fields { ", "name", "} }", 9)
    + " } } } }",
    "introspection 100 times": _times(100, "a#: __schema { types { name fields { name } } }"),
    "a deferred ring": "{ ...A @defer } fragment A on Query { ...A @defer }",
    "deferred 1,000 times": f"{{ {'... @defer { __typename } ' * 1000} }}",
    "one label twice": '{ ...@defer(label: "a") {a: node} ...@defer(label: "a") {__typename} }',
    "a stream of no list": "{ __typename @stream }",
    "a stream from below 0": "{ posts { nodes @stream(initialCount: -5) { id } } }",
    "a subscription": "subscription { __typename }",
    "an unknown word": "select * from users",
    "HTML": "<script>alert(1)</script>",
    "a field like a type": "{ Post { id } }",
    "a field of Python's": "{ __class__ { __mro__ } }",
    "nonsense that nearly is": "{ post { nods { titel } } }",
}

IDS = [
    "",
    " ",
    "0",
    "-1",
    "null",
    "UG9zdDox" * 1000,
    "UG9zdDox=",
    "UG9zdDo=",
    "UG9zdDotMQ==",
    "UG9zdDowMQ==",
    "UG9zdDoxMDAwMDAwMDAwMDAwMDAwMDAwMA==",
    "VXNlcjox",
    "UXVlcnk6MQ==",
    "X19jbGFzc19fOjE=",
    "😀",
    "'; DROP TABLE posts; --",
    "../../etc/passwd",
    "%00",
    "\u202e",
]

VALUES: list[Any] = [
    None,
    True,
    -1,
    0,
    2**31,
    2**63,
    2**64,
    10**400,
    1.5,
    -0.0,
    1e308,
    "",
    "\x00",
    "a" * 100_000,
    "%_\\",
    "(a+)+$" * 100,
    "\u202e\ufeff\ud7ff",
    "2024-02-30T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "99999-01-01T00:00:00Z",
    "2024-01-01T00:00:60Z",
    "2024-01-01T00:00:00+99:99",
    [],
    [None],
    [[[[[]]]]],
    ["a"] * 5000,
    {},
    {"__proto__": 1},
    {"in": {"in": {"in": {}}}},
    {"AND": [{"AND": [{"OR": [{}] * 50}] * 10}] * 2},
]
"""What may be given for any variable."""

QUESTIONS = {
    "node": ("ID!", "{ node(id: $v) { id } }"),
    "nodes": ("[ID!]!", "{ nodes(ids: $v) { id } }"),
    "first": ("Int", "{ posts(first: $v) { nodes { id } } }"),
    "last": ("Int", "{ posts(last: $v) { nodes { id } } }"),
    "after": ("String", "{ posts(after: $v) { nodes { id } } }"),
    "where": ("PostWhere", "{ posts(where: $v) { nodes { id } totalCount } }"),
    "order": ("[PostOrder!]", "{ posts(orderBy: $v) { nodes { id } } }"),
    "post": ("PostBy!", "{ post(by: $v) { id } }"),
    "tag": ("String!", "{ tag(slug: $v) { id } }"),
    "tags": ("String", "{ tags(startsWith: $v) { nodes { id } } }"),
    "flag": ("Boolean!", "{ __typename @include(if: $v) }"),
    "login": ("LoginInput!", "LOGIN"),
    "post input": ("CreatePostInput!", "CREATE"),
}
"""Operations with one variable, by what it is."""


def question(name: str) -> str:
    """Write the operation of a question."""
    kind, selection = QUESTIONS[name]
    if selection == "LOGIN":
        return f"mutation ($v: {kind}) {{ login(input: $v) {{ errors {{ code message }} }} }}"
    if selection == "CREATE":
        return f"mutation ($v: {kind}) {{ createPost(input: $v) {{ errors {{ code message }} }} }}"
    return f"query ($v: {kind}) {selection}"
