"""Manifests as the tools write them, and files that are none."""

import json
from hashlib import md5, sha1, sha256
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.errors import OperatorError
from graphql_api.services.persisted.document import LONGEST, Document, read_id
from graphql_api.services.persisted.manifest import read_manifest

QUERY = "query Titles {\n  posts {\n    nodes {\n      title\n    }\n  }\n}\n"
OTHER = "{ categories { id } }"
HASH = sha256(QUERY.encode()).hexdigest()


def apollo(*operations: object, **more: object) -> dict[str, Any]:
    """Write a manifest of Apollo's."""
    head = {"format": "apollo-persisted-query-manifest", "version": 1}
    return {**head, "operations": list(operations), **more}


def refusal(content: object) -> str:
    """Read a file that is no manifest, and return what an operator is told."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    with pytest.raises(OperatorError) as refused:
        read_manifest(data)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_relay_writes_texts_by_their_md5() -> None:
    ids = {md5(text.encode()).hexdigest(): text for text in (QUERY, OTHER)}  # noqa: S324  # Relay's choice
    found = read_manifest(json.dumps(ids, indent=2).encode())
    assert found.documents == [Document(*item) for item in ids.items()]
    assert found.tool == "Relay or GraphQL Code Generator"


@pytest.mark.parametrize("prefix", ["", "sha256:"])
def test_code_generator_writes_texts_by_a_hash(prefix: str) -> None:
    content = {prefix + HASH: QUERY, sha1(OTHER.encode()).hexdigest(): OTHER}  # noqa: S324  # its default
    found = read_manifest(json.dumps(content).encode())
    assert [each.text for each in found.documents] == [QUERY, OTHER]
    assert found.documents[0].id == HASH


def test_apollo_writes_a_list_of_operations() -> None:
    operation = {"id": HASH, "body": QUERY, "name": "Titles", "type": "query"}
    found = read_manifest(
        json.dumps(apollo(operation, {**operation, "clientName": "web"})).encode()
    )
    assert found.documents == [Document(HASH, QUERY)]
    assert found.tool == "Apollo"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff{}", "not JSON"),
        (b'{"a": "\\ud800"}', "not JSON"),
        ([], "JSON objects"),
        (None, "JSON objects"),
        ([[HASH, QUERY]], "JSON objects"),
        ({}, "lists no documents"),
        (apollo(), "lists no documents"),
        (apollo(version=2), "version 1"),
        (apollo(format="another"), "version 1"),
        ({"operations": []}, "version 1"),
        ({"format": QUERY}, "version 1"),
        (apollo(operations={}), "a list of objects"),
        (apollo(7), "a list of objects"),
        (apollo({"id": HASH}), f"the document {HASH} is not a text"),
        (apollo({"body": QUERY}), "'None' cannot be the id"),
        ({HASH: {"text": QUERY}}, f"the document {HASH} is not a text"),
        ({"Titles query": QUERY}, "'Titles query' cannot be the id"),
        ({"x" * 1000: QUERY}, "letters, digits"),
        ({"sha256:" + HASH: OTHER}, "is not the hash of its document"),
        ({"a": "{ a } # \0"}, "a character that no document has"),
        ({"a": "#" * (LONGEST + 1)}, "longer than 262,144 bytes"),
        (apollo({"id": "a", "body": QUERY}, {"id": "a", "body": OTHER}), "two documents of the id"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_manifest_is_told_in_one_sentence(content: object, says: str) -> None:
    assert says in refusal(content)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda child: st.lists(child, max_size=3) | st.dictionaries(st.text(), child, max_size=3),
    max_leaves=10,
)
OPERATION = st.fixed_dictionaries({"id": st.text("ab:x-", max_size=4), "body": st.text()}) | JSON


@given(
    st.binary()
    | JSON.map(orjson.dumps)
    | st.dictionaries(st.text("ab:x-", max_size=4), st.text()).map(orjson.dumps)
    | st.lists(OPERATION, max_size=3).map(lambda found: orjson.dumps(apollo(*found)))
)
def test_any_file_is_a_manifest_or_refused(data: bytes) -> None:
    try:
        found = read_manifest(data)
    except OperatorError:
        return
    assert found.documents
    assert len({each.id for each in found.documents}) == len(found.documents)
    assert all(read_id(each.id) == each.id for each in found.documents)
