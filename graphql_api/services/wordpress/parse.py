"""Turns one record of an export into one piece of content."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import unquote

from graphql_api.models import CommentStatus
from graphql_api.services.text import SLUG_LENGTH, clean_html, slugify
from graphql_api.services.wordpress.content import Author, Comment, Post, Site, Term
from graphql_api.services.wordpress.stream import Record

_NAME_LENGTH = 200
_TITLE_LENGTH = 1000
_ID_LENGTH = 200
_DESCRIPTION_LENGTH = 5000

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_PLAIN_SLUG = re.compile(r"[\w-]+")
# what the driver writes as -infinity and infinity
_ENDLESS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
_ZERO_DATE = re.compile(r"0000-00-00.*|-.*")  # PHP writes the second for the first
_LEFT_OUT_STATUSES = {"inherit", "trash"}
_COMMENT_STATUSES = {
    "1": CommentStatus.APPROVED,
    "approve": CommentStatus.APPROVED,
    "approved": CommentStatus.APPROVED,
    "spam": CommentStatus.SPAM,
    # as invisible as spam, and what answers it keeps its place
    "trash": CommentStatus.SPAM,
    "post-trashed": CommentStatus.SPAM,
}


class BrokenRecordError(Exception):
    """A record cannot be used; the message says why."""


def reason_to_leave_out(item: Record) -> str:
    """Say why an item is not imported; empty when it is."""
    kind = item.fields.get("wp:post_type") or "post"
    status = item.fields.get("wp:status", "")
    if kind != "post":
        return f"type {kind[:40]}"
    return f"status {status}" if status in _LEFT_OUT_STATUSES else ""


def author(record: Record) -> Author:
    """Read a ``wp:author``."""
    login = record.fields.get("wp:author_login", "")
    name = record.fields.get("wp:author_display_name") or login
    return Author(key=_author_key(login), name=_public_name(name) or "Unknown")


def creator(item: Record) -> Author:
    """Read an item's ``dc:creator``, who may be declared nowhere else."""
    login = item.fields.get("dc:creator", "")
    return Author(key=_author_key(login), name=_public_name(login) or "Unknown")


def category(record: Record) -> Term | None:
    """Read a ``wp:category``, or a ``wp:term`` of that kind; None when it has no name at all."""
    parent = record.fields.get("wp:category_parent") or record.fields.get("wp:term_parent") or ""
    return _term(
        record.fields.get("wp:category_nicename") or record.fields.get("wp:term_slug") or "",
        record.fields.get("wp:cat_name") or record.fields.get("wp:term_name") or "",
        description=record.fields.get("wp:category_description")
        or record.fields.get("wp:term_description")
        or "",
        parent=_slug(parent),
    )


def tag(record: Record) -> Term | None:
    """Read a ``wp:tag``, or a ``wp:term`` of that kind; None when it has no name at all."""
    return _term(
        record.fields.get("wp:tag_slug") or record.fields.get("wp:term_slug") or "",
        record.fields.get("wp:tag_name") or record.fields.get("wp:term_name") or "",
        description=record.fields.get("wp:tag_description")
        or record.fields.get("wp:term_description")
        or "",
    )


def mentioned(item: Record, *domains: str) -> list[Term]:
    """Read the terms of an item in one of ``domains``, each once, in the file's order."""
    entries = [
        (attributes.get("nicename", ""), name)
        for attributes, name in item.terms
        if attributes.get("domain", "category") in domains
    ]
    # WXR 1.0 writes each once more by its name alone
    named = [entry for entry in entries if entry[0]] or entries
    found = [term for slug, name in named if (term := _term(slug, name))]
    return list({term.slug: term for term in reversed(found)}.values())[::-1]


def post(item: Record) -> Post:
    """Read an item of type post.

    Raises:
        BrokenRecordError: it has no id, or a date is none.
    """
    fields = item.fields
    key = fields.get("wp:post_id") or fields.get("guid", "")
    if not key:
        raise BrokenRecordError("has no wp:post_id")
    categories = mentioned(item, "category")
    return Post(
        id=key[:_ID_LENGTH],
        author=creator(item).key,
        title=_plain(fields.get("title", ""), _TITLE_LENGTH),
        slug=_slug(fields.get("wp:post_name", "")),
        status=fields.get("wp:status", ""),
        has_password=bool(fields.get("wp:post_password")),
        published_at=_moment(fields, "wp:post_date"),
        modified_at=_moment(fields, "wp:post_modified"),
        excerpt=fields.get("excerpt:encoded", ""),
        body=fields.get("content:encoded", ""),
        category=categories[0].slug if categories else "",
        tags=tuple(term.slug for term in mentioned(item, "post_tag", "tag")),
    )


def comments(item: Record, site: Site) -> Iterator[Comment]:
    """Read the comments of an item, in the file's order.

    Raises:
        BrokenRecordError: one has no id, or its date is none.
    """
    for record in item.comments:
        fields = record.fields
        if not fields.get("wp:comment_id"):
            raise BrokenRecordError(f"has a comment without wp:comment_id in line {record.line}")
        parent = fields.get("wp:comment_parent", "")
        name = _public_name(fields.get("wp:comment_author", ""))
        yield Comment(
            id=fields["wp:comment_id"][:_ID_LENGTH],
            parent="" if parent == "0" else parent[:_ID_LENGTH],
            author=_signed_in(fields, site),
            guest_name=name or "Anonymous",
            status=_COMMENT_STATUSES.get(
                fields.get("wp:comment_approved", ""), CommentStatus.PENDING
            ),
            created_at=_moment(fields, "wp:comment_date"),
            body=fields.get("wp:comment_content", ""),
        )


def _signed_in(comment: dict[str, str], site: Site) -> str:
    """Return the author that a comment's user is: by number, or by the address WordPress knew."""
    number = comment.get("wp:comment_user_id", "")
    if number in {"", "0"}:
        return ""
    email = comment.get("wp:comment_author_email", "").lower()
    return site.author_keys.get(number) or site.author_keys.get(email) or ""


def _term(slug: str, name: str, *, description: str = "", parent: str = "") -> Term | None:
    name = _plain(name, _NAME_LENGTH)
    slug = _slug(slug) or (slugify(name) if name else "")
    if not slug:
        return None
    return Term(
        slug=slug,
        name=name or slug,
        description=_plain(description, _DESCRIPTION_LENGTH),
        parent=parent,
    )


def _slug(encoded: str) -> str:
    """Decode a slug as WordPress stores it, in %-notation; empty when there is none."""
    slug = unquote(encoded).strip()
    if not slug or _PLAIN_SLUG.fullmatch(slug):
        return slug[:SLUG_LENGTH]
    return slugify(slug)


def _author_key(login: str) -> str:
    kept = (each for each in login.lower() if each.isalnum() or each in " _.-@")
    return "".join(kept).strip()[:_ID_LENGTH] or "unknown"


def _public_name(name: str) -> str:
    """Return a name to show; of an e-mail address only what stands before the @."""
    plain = _plain(name, _NAME_LENGTH)
    return plain.partition("@")[0] if _EMAIL.fullmatch(plain) else plain


def _plain(markup: str, length: int) -> str:
    """Return the words of ``markup`` on one line."""
    return " ".join(clean_html(markup).text.split())[:length].strip()


def _moment(fields: dict[str, str], name: str) -> datetime | None:
    """Read a date in UTC, or the site's local one where that is missing; None without either."""
    for text in (fields.get(f"{name}_gmt", ""), fields.get(name, "")):
        if not text or _ZERO_DATE.fullmatch(text):
            continue
        try:
            moment = datetime.fromisoformat(text)
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (OverflowError, ValueError):
            moment = datetime.min.replace(tzinfo=UTC)
        if moment in _ENDLESS:
            raise BrokenRecordError(f"has the date “{text[:40]}”, which is none")
        return moment
    return None
