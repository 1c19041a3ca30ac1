"""Writes WXR files for tests: small ones piece by piece, and one as large as asked for.

Everything here was made up for the tests. ``python -m tests.services.wordpress.wxr FILE BYTES``
writes a large file.
"""

import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

SITE = "https://blog.example"


def document(*parts: str, version: str = "1.2", language: str = "en-US", site: str = SITE) -> str:
    """Return a whole export with these parts in its channel."""
    return "".join((head(version=version, language=language, site=site), *parts, TAIL))


def head(*, version: str = "1.2", language: str = "en-US", site: str = SITE) -> str:
    """Return what stands before the first part."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"
    xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
    xmlns:content="http://purl.org/rss/1.0/modules/content/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:wp="http://wordpress.org/export/1.2/">
<channel>
<title>A blog for tests</title>
<link>{site}</link>
<language>{language}</language>
<wp:wxr_version>{version}</wp:wxr_version>
<wp:base_blog_url>{site}</wp:base_blog_url>
"""


TAIL = "</channel>\n</rss>\n"


def author(login: str, *, number: int = 1, name: str = "", email: str = "") -> str:
    """Return a ``wp:author``."""
    return _element(
        "wp:author",
        {
            "wp:author_id": number,
            "wp:author_login": login,
            "wp:author_email": email,
            "wp:author_display_name": name,
        },
    )


def category(slug: str, name: str, *, parent: str = "", description: str = "") -> str:
    """Return a ``wp:category``."""
    return _element(
        "wp:category",
        {
            "wp:category_nicename": slug,
            "wp:category_parent": parent,
            "wp:cat_name": name,
            "wp:category_description": description,
        },
    )


def tag(slug: str, name: str) -> str:
    """Return a ``wp:tag``."""
    return _element("wp:tag", {"wp:tag_slug": slug, "wp:tag_name": name})


def term(domain: str, slug: str, name: str) -> str:
    """Return the mention of a term in an item."""
    attributes = f"domain={quoteattr(domain)} nicename={quoteattr(slug)}"
    return f"<category {attributes}>{_cdata(name)}</category>\n"


def item(number: int | str, *parts: str, **fields: object) -> str:
    """Return a published post with these comments and terms; ``fields`` replace or add elements.

    A field is named without its namespace: ``post_name``, ``title``, ``content``, ``creator``.
    """
    known = {
        "title": f"Post {number}",
        "dc:creator": "ada",
        "content:encoded": f"Body of {number}.",
        "excerpt:encoded": "",
        "wp:post_id": number,
        "wp:post_date": "2020-01-02 12:04:05",
        "wp:post_date_gmt": "2020-01-02 03:04:05",
        "wp:post_name": f"post-{number}",
        "wp:status": "publish",
        "wp:post_type": "post",
        "wp:post_password": "",
    }
    return _element("item", known | _named(fields), *parts)


def comment(number: int | str, body: str = "", **fields: object) -> str:
    """Return an approved comment of a guest; ``fields`` replace or add elements."""
    known = {
        "wp:comment_id": number,
        "wp:comment_author": "Grace",
        "wp:comment_author_email": "",
        "wp:comment_date": "2020-01-03 12:00:00",
        "wp:comment_date_gmt": "2020-01-03 03:00:00",
        "wp:comment_content": body or f"Comment {number}.",
        "wp:comment_approved": "1",
        "wp:comment_type": "comment",
        "wp:comment_parent": "0",
        "wp:comment_user_id": "0",
    }
    named = {f"wp:comment_{name}": value for name, value in fields.items()}
    return _element("wp:comment", known | named)


def large(path: Path, n_bytes: int) -> int:
    """Write an export of at least ``n_bytes`` and return how many posts it holds.

    A post has 8 kB of paragraphs, two tags and six comments, four of which are one thread; one in
    fifty is a page. Ten authors write them all, so each has thousands.
    """
    paragraph = "Words that <em>stand</em> in a long post about nothing at all, &amp; again. " * 10
    body = "\n\n".join(f"{number}. {paragraph}" for number in range(10))
    with path.open("w", encoding="utf-8") as file:
        file.write(head())
        file.writelines(author(f"author{number}", number=number) for number in range(1, 11))
        for n_posts in count():
            if file.tell() >= n_bytes:
                break
            file.write(
                item(
                    n_posts,
                    term("category", f"shelf-{n_posts % 20}", f"Shelf {n_posts % 20}"),
                    term("post_tag", f"tag-{n_posts % 300}", f"Tag {n_posts % 300}"),
                    term("post_tag", "all", "All"),
                    *_thread(n_posts),
                    creator=f"author{n_posts % 10 + 1}",
                    content=f"{n_posts} {body}",
                    post_type="page" if n_posts % 50 == 49 else "post",
                )
            )
        file.write(TAIL)
    return n_posts


def _thread(n_posts: int) -> Iterator[str]:
    for number in range(6):
        key = n_posts * 6 + number + 1
        parent = key - 1 if 0 < number < 4 else 0
        yield comment(key, f"I have read {n_posts}. " * 10, parent=parent)


def _named(fields: dict[str, object]) -> dict[str, object]:
    """Put the names of an item's elements in their namespaces."""
    namespaces = {
        "title": "title",
        "guid": "guid",
        "creator": "dc:creator",
        "content": "content:encoded",
        "excerpt": "excerpt:encoded",
    }
    return {namespaces.get(name, f"wp:{name}"): value for name, value in fields.items()}


def _element(name: str, fields: dict[str, object], *parts: str) -> str:
    """Return an element with children; a field of None is left away."""
    children = "".join(
        f"<{field}>{_cdata(value)}</{field}>\n"
        for field, value in fields.items()
        if value is not None
    )
    return f"<{name}>\n{children}{''.join(parts)}</{name}>\n"


def _cdata(value: object) -> str:
    text = str(value)
    return escape(text) if "]]>" in text else f"<![CDATA[{text}]]>"


if __name__ == "__main__":
    large(Path(sys.argv[1]), int(sys.argv[2]))
