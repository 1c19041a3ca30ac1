"""Whatever bytes come, what reads them gives a request or refuses it."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graphql_api.http.negotiation import Accepted, accepted, check_content_type
from graphql_api.http.refusal import RefusedError
from graphql_api.http.request import Asked, from_body, from_parameters

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
NAMES = st.sampled_from(["query", "variables", "operationName", "extensions", "documentId"])
REQUESTS = st.dictionaries(NAMES, ANYTHING)
TYPES = st.sampled_from(
    ["application/json", "application/graphql-response+json", "*/*", "text/html", "a/b", ""]
)
WEIGHTS = st.sampled_from(["", ";q=1", ";q=0", ";q=0.5", ";q=", ";q=x", "; q=2", ";v=1;q=0.1"])


KINDS = {
    "query": str,
    "variables": dict,
    "name": str,
    "extensions": dict,
    "document_id": str,
}


def is_sound(asked: Asked) -> bool:
    """Tell whether the parts of a request are of the types that all code behind relies on."""
    parts = {name: getattr(asked, name) for name in KINDS}
    return all(isinstance(parts[name], kind | None) for name, kind in KINDS.items()) and any(
        parts[name] for name in ("query", "document_id", "extensions")
    )


def read(reading: Any, *given: Any) -> Any:
    """Return what was read, or None where it is refused."""
    try:
        return reading(*given)
    except RefusedError:
        return None


@given(st.binary(), st.integers(0, 3))
def test_any_bytes_are_a_request_or_refused(body: bytes, most: int) -> None:
    found = read(from_body, body, most)
    assert found is None or is_sound(found)


@given(REQUESTS | ANYTHING | st.lists(REQUESTS, max_size=4), st.integers(0, 3))
@example([{"query": "{a}"}], 1)
def test_any_json_is_a_request_or_a_batch_or_refused(data: Any, most: int) -> None:
    found = read(from_body, json.dumps(data).encode(), most)
    if isinstance(found, list):
        assert len(found) == len(data) <= most
        assert all(map(is_sound, found))
    else:
        assert found is None or is_sound(found)


@given(st.binary() | st.lists(st.tuples(NAMES, st.text())).map(lambda p: urlencode(p).encode()))
def test_any_parameters_are_a_request_or_refused(text: bytes) -> None:
    found = read(from_parameters, text)
    assert found is None or is_sound(found)


@given(
    st.binary()
    | st.lists(st.tuples(TYPES, WEIGHTS)).map(lambda parts: ", ".join(map("".join, parts)).encode())
)
def test_any_accept_header_is_read_or_refused(header: bytes) -> None:
    found = read(accepted, header)
    assert found is None or isinstance(found, Accepted)


@given(st.binary())
def test_any_content_type_is_json_or_refused(header: bytes) -> None:
    read(check_content_type, header)


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (None, "application/json"),
        (b"*/*", "application/json"),
        (b"application/*", "application/json"),
        (b"application/graphql-response+json", "application/graphql-response+json"),
        (b"application/json", "application/json"),
        (
            b"application/json, application/graphql-response+json",
            "application/graphql-response+json",
        ),
        (b"application/graphql-response+json;q=0.5, application/json", "application/json"),
        (b"application/graphql-response+json;q=0, */*", "application/json"),
        (b"text/event-stream", None),
        (b"text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
        (b"APPLICATION/JSON", "application/json"),
    ],
)
def test_the_type_of_an_answer_is_what_the_client_likes_best(
    header: bytes | None, kind: str | None
) -> None:
    assert accepted(header).json == kind


@pytest.mark.parametrize(
    "header",
    [
        b"application/json",
        b"application/json; charset=utf-8",
        b'application/json;charset="UTF-8"',
        b"Application/JSON ; a=b",
    ],
)
def test_json_is_recognised_however_it_is_spelled(header: bytes) -> None:
    check_content_type(header)
