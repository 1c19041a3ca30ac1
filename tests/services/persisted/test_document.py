"""The ids of documents, and which texts can be kept."""

from hashlib import sha256

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from graphql_api.services.persisted.document import LONGEST, hash_of, is_storable, read_id

HASH = sha256(b"{ a }").hexdigest()
MD5 = "3be4abb81fa595e25eb725b2c6a87508"


@pytest.mark.parametrize("given", [HASH, MD5, "a", "Posts-1.2_3~4", "x-app:7", "A" * 200])
def test_an_id_is_what_graphql_over_http_says(given: str) -> None:
    assert read_id(given) == given


def test_the_same_document_is_meant_with_the_prefix_of_its_hash_and_without() -> None:
    assert read_id(f"sha256:{HASH}") == HASH


@pytest.mark.parametrize(
    "given",
    [
        "",
        " ",
        "a b",
        "a/b",
        "a\n",
        "ä",
        "٣",
        "A" * 201,
        "x-:a",
        "x-a:",
        "x-a:b:c",
        "md5:3be4abb81fa595e25eb725b2c6a87508",
        "sha256:",
        f"sha256:{HASH[1:]}",
        f"sha256:{HASH}0",
        f"sha256:{HASH.upper()}",
        f"SHA256:{HASH}",
        f"sha256:sha256:{HASH}",
        f"sha256:{HASH}\n",
    ],
)
def test_whatever_else_is_none(given: str) -> None:
    assert read_id(given) is None


@given(st.text())
@example("\ud800")
def test_an_id_that_is_read_holds_nothing_that_needs_care(text: str) -> None:
    read = read_id(text)
    assert read is None or (read in text and read.isascii() and read.isprintable())
    assert read is None or read_id(read) == read


@given(st.text())
def test_a_hash_is_that_of_the_text_in_utf_8(text: str) -> None:
    assert hash_of(text) == sha256(text.encode()).hexdigest()


def test_what_is_no_text_in_utf_8_has_a_hash_too_and_is_not_kept() -> None:
    assert hash_of("\ud800") != hash_of("\udc00")
    assert not is_storable("{ a } # \ud800")


def test_what_the_database_does_not_take_is_not_kept() -> None:
    assert is_storable("{ a }")
    assert not is_storable("{ a } # \0")
    assert is_storable("é" * (LONGEST // 2))
    assert not is_storable("é" * (LONGEST // 2) + "a")
