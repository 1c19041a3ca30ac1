"""Reads an export twice: what the site is, with every reference checked, then post by post."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from graphql_api.errors import ImportFailedError
from graphql_api.services.wordpress import parse
from graphql_api.services.wordpress.content import Item, Site
from graphql_api.services.wordpress.stream import Record, failure, records
from graphql_api.services.wordpress.tree import BrokenTreeError, parents_first

MAX_DEPTH = 100
"""Levels of categories and of answers at most; WordPress itself offers ten of answers."""

_SOURCE_LENGTH = 500
_SHOWN_LENGTH = 60
_VERSION = re.compile(r"1\.[0-2](\.\d+)*")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


class Reader:
    """One export; ``progress`` gets the bytes of each piece read."""

    def __init__(self, path: Path, file: BinaryIO, progress: Callable[[int], None]) -> None:
        self._path = path
        self._file = file
        self._progress = progress

    def site(self) -> Site:
        """Read the file to its end, check it, and return what stands around the posts.

        Raises:
            ImportFailedError: it is no export that we read, or something in it refers to nothing.
        """
        site = Site()
        header: dict[str, str] = {}
        lines: dict[str, int] = {}
        ids: set[str] = set()
        for record in self._records():
            if record.name == "item":
                self._check_version(header, record.line)
                self._survey(record, site, ids)
            elif record.name == "wp:author":
                _add_author(record, site)
            elif record.name in {"wp:category", "wp:tag", "wp:term"}:
                _add_term(record, site, lines)
            else:
                header[record.name] = record.text
        self._check_version(header, 1)
        self._order_categories(site, lines)
        site.source = self._source(header)
        language = header.get("language", "").replace("_", "-")
        site.language = language if _LANGUAGE.fullmatch(language) else "en"
        return site

    def items(self, site: Site) -> Iterator[Item]:
        """Read the file once more and yield its posts.

        Raises:
            ImportFailedError: the file changed in between.
        """
        for record in self._records():
            if record.name == "item" and not parse.reason_to_leave_out(record):
                yield self._item(record, site)

    def _records(self) -> Iterator[Record]:
        self._file.seek(0)
        return records(self._path, self._file, self._progress)

    def _check_version(self, header: dict[str, str], line: int) -> None:
        version = header.get("wp:wxr_version", "")
        if not version:
            problem = "this is an RSS feed but no WordPress export: it has no wp:wxr_version"
            raise failure(self._path, line, problem)
        if not _VERSION.fullmatch(version):
            problem = f"the export has WXR version {version[:20]}; 1.0 to 1.2 can be read"
            raise failure(self._path, line, problem)

    def _source(self, header: dict[str, str]) -> str:
        for name in ("wp:base_blog_url", "link", "wp:base_site_url"):
            if address := header.get(name, "").rstrip("/"):
                return f"wordpress:{address}"[:_SOURCE_LENGTH]
        raise ImportFailedError(f"{self._path}: the export does not give its site's address")

    def _survey(self, record: Record, site: Site, ids: set[str]) -> None:
        """Check an item, and take from it what must be there before it is written."""
        if reason := parse.reason_to_leave_out(record):
            site.left_out["posts", reason] += 1
            if record.comments:
                site.left_out["comments", f"on items of {reason}"] += len(record.comments)
            return
        post = self._item(record, site).post
        if post.id in ids:
            raise self._failure(record, "has the same wp:post_id as an earlier one")
        ids.add(post.id)
        author = parse.creator(record)
        site.authors.setdefault(author.key, author)
        categories = parse.mentioned(record, "category")
        for term in categories:
            site.categories.setdefault(term.slug, term)
        if len(categories) > 1:
            note = "further categories of posts dropped: a post has one here, the first"
            site.notes["categories", note] += len(categories) - 1
        for term in parse.mentioned(record, "post_tag", "tag"):
            site.tags.setdefault(term.slug, term)

    def _item(self, record: Record, site: Site) -> Item:
        try:
            post = parse.post(record)
            comments = {}
            for comment in parse.comments(record, site):
                if comment.id in comments:
                    raise self._failure(record, f"has two comments with the id {comment.id}")
                comments[comment.id] = comment
            ordered = parents_first(
                {comment.id: comment.parent for comment in comments.values()}, max_depth=MAX_DEPTH
            )
        except parse.BrokenRecordError as error:
            raise self._failure(record, str(error)) from None
        except BrokenTreeError as error:
            problem = f"has the comment {error.node}, which cannot be placed: {error}"
            raise self._failure(record, problem) from None
        return Item(post, tuple(comments[key] for key in ordered))

    def _failure(self, item: Record, problem: str) -> ImportFailedError:
        title = item.fields.get("title", "")[:_SHOWN_LENGTH]
        key = item.fields.get("wp:post_id", "")[:_SHOWN_LENGTH]
        return failure(self._path, item.line, f"the item “{title}” ({key}) {problem}")

    def _order_categories(self, site: Site, lines: dict[str, int]) -> None:
        """Put each category after the one above it."""
        try:
            ordered = parents_first(
                {slug: term.parent for slug, term in site.categories.items()}, max_depth=MAX_DEPTH
            )
        except BrokenTreeError as error:
            name = site.categories[error.node].name
            problem = f"the category “{name}” cannot be placed: {error}"
            raise failure(self._path, lines[f"categories {error.node}"], problem) from None
        site.categories = {slug: site.categories[slug] for slug in ordered}


def _add_author(record: Record, site: Site) -> None:
    author = parse.author(record)
    site.authors[author.key] = author
    for name in ("wp:author_id", "wp:author_email"):
        if value := record.fields.get(name):
            site.author_keys[value.lower()] = author.key


def _add_term(record: Record, site: Site, lines: dict[str, int]) -> None:
    """Take a declared term: the first of a slug, whatever items called it before."""
    taxonomy = record.fields.get("wp:term_taxonomy")
    if record.name == "wp:category" or taxonomy == "category":
        kind, known, term = "categories", site.categories, parse.category(record)
    elif record.name == "wp:tag" or taxonomy == "post_tag":
        kind, known, term = "tags", site.tags, parse.tag(record)
    else:
        return
    if term is None:
        site.left_out[kind, "without a name"] += 1
    elif f"{kind} {term.slug}" in lines:
        site.left_out[kind, "with the slug of an earlier one"] += 1
    else:
        known[term.slug] = term
        lines[f"{kind} {term.slug}"] = record.line
