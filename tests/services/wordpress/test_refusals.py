"""Files that cannot be used: one sentence with the place, and nothing is imported."""

import gzip
from pathlib import Path

import pytest

from graphql_api.db.database import Database
from graphql_api.errors import ImportFailedError
from graphql_api.services.wordpress import import_wordpress
from tests.services.wordpress.conftest import Snapshot
from tests.services.wordpress.wxr import category, comment, document, item

GOOD = document(item(1, comment(1)), item(2))
# more than one batch, so that posts are written before the last ones are read
LONG = document(*[item(number, content="x" * 900_000) for number in range(1, 10)])
BOMB = '<!DOCTYPE rss [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'
FEED = f"{PROLOG}<rss><channel><title>t</title><item><title>i</title></item></channel></rss>"


def line_of(text: str, part: str) -> int:
    """Return the line of ``text`` in which ``part`` begins."""
    return text[: text.index(part)].count("\n") + 1


def broken(*parts: str) -> tuple[str, str]:
    """Return a document whose last part is at fault, and the place its refusal must name."""
    text = document(*parts)
    return text, f"line {line_of(text, parts[-1])}: "


@pytest.mark.parametrize(
    ("content", "place", "problem"),
    [
        pytest.param(b"", "", "is empty", id="empty"),
        pytest.param(gzip.compress(GOOD.encode()), "", "is compressed with gzip", id="gzip"),
        pytest.param(b"PK\x03\x04", "", "is compressed with zip", id="zip"),
        pytest.param(b"hello", "line 1: ", "this is not XML", id="text"),
        pytest.param(b"  \n ", "line 2: ", "it is truncated", id="blanks"),
        pytest.param(
            GOOD[: GOOD.index("<wp:status>")],
            f"line {line_of(GOOD, '<wp:status>')}: ",
            "it is truncated",
            id="truncated between elements",
        ),
        pytest.param(GOOD[: GOOD.index("Body of") + 3], "", "it is truncated", id="truncated text"),
        pytest.param(GOOD[: GOOD.index("/rss>")], "", "it is truncated", id="truncated tag"),
        pytest.param(
            LONG[:-20],
            "",
            "it is truncated",
            id="truncated after much",
        ),
        pytest.param(
            GOOD.replace("Body of 2.", "Body \0"),
            f"line {line_of(GOOD, 'Body of 2.')}: ",
            "a NUL byte",
            id="NUL",
        ),
        pytest.param(
            GOOD.replace("Body of 2.", "Body \x08"),
            f"line {line_of(GOOD, 'Body of 2.')}: ",
            "the control character U+0008",
            id="control character",
        ),
        pytest.param(
            GOOD.replace("Body of 2.", "Café").encode("latin-1"),
            f"line {line_of(GOOD, 'Body of 2.')}: ",
            "byte 0xE9 stands here, which is not in the file's encoding",
            id="another encoding than declared",
        ),
        pytest.param(
            GOOD.replace('"UTF-8"', '"Shift_JIS"'), "line 1: ", "declared encoding", id="Shift_JIS"
        ),
        pytest.param(
            GOOD.replace('"UTF-8"', '"GB2312"'), "line 1: ", "declared encoding", id="GB2312"
        ),
        pytest.param(
            "\n\r\n" + GOOD.replace("Body of 2.", "Body \0"),
            f"line {line_of(GOOD, 'Body of 2.') + 2}: ",
            "a NUL byte",
            id="NUL after blank lines",
        ),
        pytest.param(
            "\n" + GOOD.replace("</item>", "</itme>", 1),
            f"line {line_of(GOOD, '</item>') + 1}: ",
            "mismatched",
            id="tags after a blank line",
        ),
        pytest.param(
            "\n" + document(item(1), version="0.9"),
            f"line {line_of(GOOD, '<item>') + 1}: ",
            "WXR version 0.9",
            id="too old after a blank line",
        ),
        pytest.param(
            GOOD.replace('"UTF-8"', '"martian"'), "line 1: ", "declared encoding", id="no encoding"
        ),
        pytest.param(
            "<!DOCTYPE html><html><body>hello</body></html>",
            "line 1: ",
            "looks like a web page",
            id="HTML",
        ),
        pytest.param("<html><body/></html>", "line 1: ", "its first element is <html>", id="XHTML"),
        pytest.param(FEED, "line 2: ", "this is an RSS feed but no WordPress export", id="RSS"),
        pytest.param(
            GOOD.replace("?>\n", f"?>\n{BOMB}\n", 1), "line 2: ", "document type", id="entity bomb"
        ),
        pytest.param(
            GOOD.replace("?>\n", '?>\n<!DOCTYPE rss SYSTEM "file:///etc/passwd">\n', 1),
            "line 2: ",
            "document type",
            id="external entity",
        ),
        pytest.param(
            GOOD.replace("</item>", "</itme>", 1), "", "not well-formed XML: mismatched", id="tags"
        ),
        pytest.param(
            GOOD.replace("<item>", "<item>&nbsp;", 1), "", "undefined entity", id="entity"
        ),
        pytest.param(
            document(item(1), version="1.3"), "", "has WXR version 1.3; 1.0 to 1.2", id="too new"
        ),
        pytest.param(document(item(1), version="0.9"), "", "WXR version 0.9", id="too old"),
        pytest.param(document(item(1), site=""), "", "does not give its site's", id="no address"),
    ],
)
async def test_a_file_that_is_no_export_is_refused(
    database: Database,
    snapshot: Snapshot,
    tmp_path: Path,
    content: str | bytes,
    place: str,
    problem: str,
) -> None:
    await refused(database, snapshot, tmp_path, content, place, problem)


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        pytest.param(
            *broken(item(1), item(5, comment(3, parent=99), title="T")),
            "the item “T” (5) has the comment 3, which cannot be placed: its parent “99” is not",
            id="parent of a comment is missing",
        ),
        pytest.param(
            *broken(item(1, comment(1)), item(5, comment(3, parent=1))),
            "the comment 3, which cannot be placed: its parent “1” is not there",
            id="parent of a comment is under another post",
        ),
        pytest.param(
            *broken(item(1), item(5, comment(3, parent=4), comment(4, parent=3))),
            "the comment 3, which cannot be placed: its parents lead back to itself",
            id="cycle of comments",
        ),
        pytest.param(
            *broken(item(5, comment(3, parent=3))),
            "the comment 3, which cannot be placed: its parents lead back to itself",
            id="comment below itself",
        ),
        pytest.param(
            *broken(item(5, *[comment(n, parent=n - 1) for n in range(1, 103)])),
            "the comment 102, which cannot be placed: it lies more than 100 levels deep",
            id="comments without end",
        ),
        pytest.param(
            *broken(item(5, comment(3), comment(3))),
            "has two comments with the id 3",
            id="comment twice",
        ),
        pytest.param(
            *broken(item(5, comment(""))), "has a comment without wp:comment_id", id="no comment id"
        ),
        pytest.param(
            *broken(item(1), item(1, title="Again")),
            "the item “Again” (1) has the same wp:post_id as an earlier one",
            id="item twice",
        ),
        pytest.param(*broken(item("")), "has no wp:post_id", id="no item id"),
        pytest.param(
            *broken(item(1), item(5, post_date_gmt="2020-13-45 00:00:00")),
            "the item “Post 5” (5) has the date “2020-13-45 00:00:00”, which is none",
            id="date of a post",
        ),
        pytest.param(
            *broken(item(1), item(5, post_date_gmt="0001-01-01 00:00:00")),
            "the item “Post 5” (5) has the date “0001-01-01 00:00:00”, which is none",
            id="date before all others",
        ),
        pytest.param(
            *broken(item(1), item(5, comment(3, date_gmt="yesterday"))),
            "the item “Post 5” (5) has the date “yesterday”, which is none",
            id="date of a comment",
        ),
        pytest.param(
            *broken(item(1), category("a", "A", parent="b")),
            "the category “A” cannot be placed: its parent “b” is not there",
            id="parent of a category is missing",
        ),
        pytest.param(
            *broken(category("b", "B", parent="a"), category("a", "A", parent="b"))[:1],
            "",
            "the category “B” cannot be placed: its parents lead back to itself",
            id="cycle of categories",
        ),
    ],
)
async def test_an_export_that_refers_to_nothing_is_refused(
    database: Database, snapshot: Snapshot, tmp_path: Path, text: str, place: str, problem: str
) -> None:
    await refused(database, snapshot, tmp_path, text, place, problem)


async def refused(
    database: Database,
    snapshot: Snapshot,
    tmp_path: Path,
    content: str | bytes,
    place: str,
    problem: str,
) -> None:
    """Hold that a file is refused in one line that names it, and that no row came or went."""
    good = tmp_path / "good.xml"
    good.write_text(GOOD)
    await import_wordpress(database, good)
    before = await snapshot()
    path = tmp_path / "bad.xml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ImportFailedError) as caught:
        await import_wordpress(database, path)
    sentence = str(caught.value)
    assert sentence.startswith(str(path))
    assert place in sentence
    assert problem in sentence
    assert "\n" not in sentence
    assert await snapshot() == before
