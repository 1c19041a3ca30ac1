"""What the database refuses, whoever asks."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import NamedTuple

import asyncpg
import pytest
from sqlalchemy import URL, PrimaryKeyConstraint, String

from graphql_api.models import Base
from tests.support.postgres import Link

# in tenant 1, and again in tenant 2: a user, a category, a tag, and a post with a comment
CONTENT = """
INSERT INTO tenants (slug, name) VALUES ('other', 'Other');
INSERT INTO users (tenant_id, id, username, display_name) SELECT id, id, 'ann', 'Ann' FROM tenants;
INSERT INTO users (tenant_id, id, username, display_name) VALUES (1, 9, 'bob', 'Bob');
INSERT INTO categories (tenant_id, id, slug, name) SELECT id, id, 'news', 'News' FROM tenants;
INSERT INTO tags (tenant_id, id, slug, name) SELECT id, id, 'python', 'Python' FROM tenants;
INSERT INTO posts (tenant_id, id, author_id, slug, title, body, body_html, body_text)
    SELECT id, id, id, 'hello', 'Hello', '', '', '' FROM tenants;
INSERT INTO posts (tenant_id, id, author_id, slug, title, body, body_html, body_text)
    VALUES (1, 9, 1, 'bye', 'Bye', '', '', '');
INSERT INTO comments (tenant_id, id, post_id, body, body_html, body_text)
    SELECT id, id, id, '', '', '' FROM tenants;
INSERT INTO comments (tenant_id, id, post_id, body, body_html, body_text)
    VALUES (1, 9, 9, '', '', '');
INSERT INTO imported_items VALUES (1, 'a', 'posts', '1', 1, 'd');
INSERT INTO post_tags VALUES (1, 1, 1);
INSERT INTO post_likes VALUES (1, 1, 1);
INSERT INTO comment_likes VALUES (1, 1, 1);
INSERT INTO tag_follows VALUES (1, 1, 1);
INSERT INTO user_follows VALUES (1, 1, 9);
INSERT INTO accounts (tenant_id, user_id, email_sealed, email_index)
    VALUES (1, 1, 'sealed', 'index'), (1, 9, 'sealed', 'other');
INSERT INTO deletions (tenant_id, id, token_hash, subject_type, subject_id)
    SELECT id, id, 'token', 'Post', 1 FROM tenants;
INSERT INTO idempotency_keys (tenant_id, user_id, key, digest, answer) VALUES (1, 1, 'k', '', '{}');
INSERT INTO revisions (tenant_id, id, subject_type, subject_id, version, action, changes, snapshot)
    VALUES (1, 1, 'Post', 1, 1, 'create', '{}', '{}');
INSERT INTO persisted_documents (tenant_id, id, trusted, name, text, n_bytes)
    VALUES (1, 'id', true, '', '{ a }', 5);
ALTER TABLE users ALTER id RESTART WITH 100;
ALTER TABLE categories ALTER id RESTART WITH 100;
ALTER TABLE tags ALTER id RESTART WITH 100;
ALTER TABLE posts ALTER id RESTART WITH 100;
ALTER TABLE comments ALTER id RESTART WITH 100;
"""


class Refused(NamedTuple):
    """A statement, and the constraint or the rule that stands against it."""

    statement: str
    by: str


CHECKED = [
    Refused("UPDATE tenants SET slug = ''", "ck_tenants_slug_not_empty"),
    Refused("UPDATE tenants SET name = ''", "ck_tenants_name_not_empty"),
    Refused("UPDATE categories SET slug = ''", "ck_categories_slug_not_empty"),
    Refused("UPDATE categories SET name = ''", "ck_categories_name_not_empty"),
    Refused("UPDATE categories SET parent_id = id", "ck_categories_not_its_own_parent"),
    Refused(
        "UPDATE categories SET description = repeat('é', 5001)", "ck_categories_description_length"
    ),
    Refused("UPDATE tags SET slug = ''", "ck_tags_slug_not_empty"),
    Refused("UPDATE tags SET name = ''", "ck_tags_name_not_empty"),
    Refused("UPDATE tags SET post_count = -1", "ck_tags_post_count_not_negative"),
    Refused("UPDATE tags SET follower_count = -1", "ck_tags_follower_count_not_negative"),
    Refused("UPDATE users SET username = ''", "ck_users_username_not_empty"),
    Refused("UPDATE users SET username = 'Ann'", "ck_users_username_is_lower_case"),
    Refused("UPDATE users SET display_name = ''", "ck_users_display_name_not_empty"),
    Refused("UPDATE users SET bio = repeat('é', 5001)", "ck_users_bio_length"),
    Refused("UPDATE users SET post_count = -1", "ck_users_post_count_not_negative"),
    Refused("UPDATE users SET follower_count = -1", "ck_users_follower_count_not_negative"),
    Refused("UPDATE users SET following_count = -1", "ck_users_following_count_not_negative"),
    Refused("UPDATE posts SET slug = ''", "ck_posts_slug_not_empty"),
    Refused("UPDATE posts SET body = repeat('é', 1000001)", "ck_posts_body_length"),
    Refused("UPDATE posts SET status = 'hidden'", "ck_posts_status_known"),
    Refused("UPDATE posts SET status = 'published'", "ck_posts_published_at_known"),
    Refused("UPDATE posts SET status = 'scheduled'", "ck_posts_published_at_known"),
    Refused("UPDATE posts SET published_at = 'infinity'", "ck_posts_published_at_finite"),
    Refused("UPDATE posts SET comment_count = -1", "ck_posts_comment_count_not_negative"),
    Refused("UPDATE posts SET like_count = -1", "ck_posts_like_count_not_negative"),
    Refused("UPDATE posts SET view_count = -1", "ck_posts_view_count_not_negative"),
    Refused("UPDATE comments SET body = repeat('é', 100001)", "ck_comments_body_length"),
    Refused("UPDATE comments SET status = 'ham'", "ck_comments_status_known"),
    Refused("UPDATE comments SET like_count = -1", "ck_comments_like_count_not_negative"),
    # a trigger sets these right, unless somebody has switched it off
    Refused(
        "ALTER TABLE comments DISABLE TRIGGER USER; UPDATE comments SET reply_count = -1",
        "ck_comments_reply_count_not_negative",
    ),
    Refused(
        "ALTER TABLE comments DISABLE TRIGGER USER; UPDATE comments SET depth = 1",
        "ck_comments_depth_of_root",
    ),
    Refused(
        "ALTER TABLE comments DISABLE TRIGGER USER; UPDATE comments SET root_id = 9 WHERE id = 1",
        "ck_comments_root_has_no_parent",
    ),
    Refused(
        """INSERT INTO comments (tenant_id, id, post_id, parent_id, body, body_html, body_text)
        VALUES (1, 5, 1, 5, '', '', '')""",
        "ck_comments_not_its_own_parent",
    ),
    Refused("INSERT INTO user_follows VALUES (1, 1, 1)", "ck_user_follows_not_oneself"),
    Refused(
        "UPDATE comments SET minimized_reason = 'boring'", "ck_comments_minimized_reason_known"
    ),
    Refused("UPDATE accounts SET role = 'owner'", "ck_accounts_role_known"),
    Refused("UPDATE accounts SET email_index = NULL", "ck_accounts_email_is_found"),
    Refused("UPDATE persisted_documents SET id = ''", "ck_persisted_documents_id_not_empty"),
    Refused("UPDATE persisted_documents SET trusted = false", "ck_persisted_documents_id_is_hash"),
]

UNIQUE = [
    Refused("UPDATE tenants SET slug = 'same'", "uq_tenants_slug"),
    Refused("UPDATE users SET username = 'same'", "uq_users_username"),
    Refused("UPDATE posts SET slug = 'same'", "uq_posts_slug"),
    Refused("INSERT INTO tags (tenant_id, slug, name) VALUES (1, 'python', 'P')", "uq_tags_slug"),
    Refused(
        "INSERT INTO categories (tenant_id, slug, name) VALUES (1, 'news', 'N')",
        "uq_categories_slug",
    ),
    Refused("UPDATE accounts SET email_index = 'same'", "uq_accounts_email"),
    Refused(
        """INSERT INTO deletions (tenant_id, id, token_hash, subject_type, subject_id)
        VALUES (1, 9, 'token', 'Post', 1)""",
        "uq_deletions_token",
    ),
    Refused(
        "INSERT INTO imported_items VALUES (1, 'a', 'posts', '1', 2, 'e')", "pk_imported_items"
    ),
]

COMMENT = """INSERT INTO comments
    (tenant_id, post_id, parent_id, author_id, body, body_html, body_text)"""
REFERENCES = [
    Refused("UPDATE categories SET parent_id = 2 WHERE id = 1", "fk_categories_parent"),
    Refused("UPDATE posts SET author_id = 2 WHERE id = 1", "fk_posts_author"),
    Refused("UPDATE posts SET category_id = 2 WHERE id = 1", "fk_posts_category"),
    Refused(f"{COMMENT} VALUES (1, 2, NULL, 1, '', '', '')", "fk_comments_post"),
    Refused(f"{COMMENT} VALUES (1, 1, NULL, 2, '', '', '')", "fk_comments_author"),
    Refused(f"{COMMENT} VALUES (1, 1, 2, 1, '', '', '')", "fk_comments_parent_of_same_post"),
    # the comment exists, under another post of the tenant
    Refused(f"{COMMENT} VALUES (1, 1, 9, 1, '', '', '')", "fk_comments_parent_of_same_post"),
    # its parent comes later in the same statement, too late for what is derived from it
    Refused(
        """INSERT INTO comments (tenant_id, id, post_id, parent_id, body, body_html, body_text)
            VALUES (1, 31, 1, 30, '', '', ''), (1, 30, 1, 1, '', '', '')""",
        "fk_comments_parent_of_same_post",
    ),
    Refused("INSERT INTO post_tags VALUES (1, 2, 1)", "fk_post_tags_post"),
    Refused("INSERT INTO post_tags VALUES (1, 1, 2)", "fk_post_tags_tag"),
    Refused("INSERT INTO post_likes VALUES (1, 2, 1)", "fk_post_likes_post"),
    Refused("INSERT INTO post_likes VALUES (1, 1, 2)", "fk_post_likes_user"),
    Refused("INSERT INTO comment_likes VALUES (1, 2, 1)", "fk_comment_likes_comment"),
    Refused("INSERT INTO comment_likes VALUES (1, 1, 2)", "fk_comment_likes_user"),
    Refused("INSERT INTO tag_follows VALUES (1, 2, 1)", "fk_tag_follows_tag"),
    Refused("INSERT INTO tag_follows VALUES (1, 1, 2)", "fk_tag_follows_user"),
    Refused("INSERT INTO user_follows VALUES (1, 2, 1)", "fk_user_follows_followed"),
    Refused("INSERT INTO user_follows VALUES (1, 1, 2)", "fk_user_follows_follower"),
    Refused("INSERT INTO bookmarks VALUES (1, 2, 1)", "fk_bookmarks_user"),
    Refused("INSERT INTO bookmarks VALUES (1, 1, 2)", "fk_bookmarks_post"),
    Refused("INSERT INTO accounts VALUES (1, 2)", "fk_accounts_user"),
    Refused(
        """INSERT INTO refresh_tokens
        VALUES (1, 'h', '00000000-0000-0000-0000-000000000000', 2, now(), now())""",
        "fk_refresh_tokens_user",
    ),
    Refused(
        "INSERT INTO idempotency_keys VALUES (1, 2, 'k', '', '{}')", "fk_idempotency_keys_user"
    ),
    Refused("UPDATE posts SET deletion_id = 2 WHERE id = 1", "fk_posts_deletion"),
    Refused("UPDATE comments SET deletion_id = 2 WHERE id = 1", "fk_comments_deletion"),
    Refused("UPDATE categories SET deletion_id = 2 WHERE id = 1", "fk_categories_deletion"),
    Refused(
        "INSERT INTO users (tenant_id, username, display_name) VALUES (3, 'x', 'X')",
        "fk_users_tenant",
    ),
    Refused("DELETE FROM users WHERE id = 1", "fk_posts_author"),
]

LENGTHS = {
    "tenants.slug": 100,
    "tenants.name": 200,
    "categories.slug": 200,
    "categories.name": 200,
    "tags.slug": 200,
    "tags.name": 200,
    "users.username": 60,
    "users.display_name": 200,
    "users.avatar_url": 2000,
    "posts.slug": 200,
    "posts.title": 1000,
    "posts.excerpt": 500,
    "posts.language": 35,
    "comments.guest_name": 200,
    "imported_items.source": 500,
    "imported_items.kind": 20,
    "imported_items.external_id": 500,
    "imported_items.digest": 64,
    "idempotency_keys.key": 200,
    "persisted_documents.id": 200,
    "persisted_documents.name": 200,
}
OURS = {"status", "role", "minimized_reason", "action", "subject_type", "request_id"}
"""Columns whose values come from lists of our own, or were checked on the way in."""

MOVES = [
    "UPDATE comments SET post_id = 9 WHERE id = 1",
    "UPDATE comments SET parent_id = 9 WHERE id = 1",
    "UPDATE post_tags SET tag_id = 9",
    "UPDATE post_likes SET post_id = 9",
    "UPDATE comment_likes SET comment_id = 9",
    "UPDATE tag_follows SET user_id = 9",
    "UPDATE user_follows SET follower_id = 8",
]

REUSED = {
    "users": "INSERT INTO users (tenant_id, username, display_name) VALUES (1, 'ann', 'Anna')",
    "tags": "INSERT INTO tags (tenant_id, slug, name) VALUES (1, 'python', 'Python')",
    "categories": "INSERT INTO categories (tenant_id, slug, name) VALUES (1, 'news', 'News')",
    "posts": """INSERT INTO posts (tenant_id, author_id, slug, title, body, body_html, body_text)
        VALUES (1, 1, 'hello', 'Hello again', '', '', '')""",
}


@pytest.fixture
def link(migrated_database: tuple[URL, Callable[[], None]]) -> Iterator[Link]:
    """Connect to a database with a little content of two tenants."""
    url, empty = migrated_database
    empty()
    with closing(Link(url)) as link:
        link.execute(CONTENT)
        yield link


def refusal(link: Link, statement: str) -> str:
    """Return the name of the constraint that stands against ``statement``."""
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        link.execute(statement)
    return str(refused.value.constraint_name)


@pytest.mark.parametrize(
    "case", CHECKED + UNIQUE + REFERENCES, ids=lambda case: case.statement[:60]
)
def test_the_database_refuses(case: Refused, link: Link) -> None:
    assert refusal(link, case.statement) == case.by


def test_every_constraint_of_the_models_is_tried() -> None:
    constraints = {
        str(held.name)
        for table in Base.metadata.sorted_tables
        for held in table.constraints
        if not isinstance(held, PrimaryKeyConstraint)
    }
    unique = {
        str(index.name)
        for table in Base.metadata.sorted_tables
        for index in table.indexes
        if index.unique
    }
    derived = {"uq_comments_of_post"}
    of_tenants = {f"fk_{table.name}_tenant" for table in Base.metadata.sorted_tables}
    tried = {case.by for case in CHECKED + UNIQUE + REFERENCES}
    assert (constraints | unique) - derived - of_tenants == tried - {
        "fk_users_tenant",
        "pk_imported_items",
    }


@pytest.mark.parametrize(("column", "length"), LENGTHS.items())
def test_a_text_may_be_as_long_as_the_model_says_and_no_longer(
    column: str, length: int, link: Link
) -> None:
    table, _, name = column.partition(".")
    # é takes two bytes: the limit is in characters
    update = f"""UPDATE {table} SET {name} = repeat('é', $1)
        WHERE ctid = (SELECT max(ctid) FROM {table})"""  # noqa: S608  # names from the table above
    link.execute(update, length)
    with pytest.raises(asyncpg.StringDataRightTruncationError):
        link.execute(update, length + 1)


def test_every_limited_column_is_tried() -> None:
    limited = {
        f"{table.name}.{column.name}": column.type.length
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, String) and column.type.length and column.name not in OURS
    }
    assert limited == LENGTHS


def test_an_entry_of_the_audit_log_is_never_changed(link: Link) -> None:
    with pytest.raises(asyncpg.RestrictViolationError, match="a revision is never changed"):
        link.execute("UPDATE revisions SET action = 'update'")


@pytest.mark.parametrize("table", REUSED)
def test_a_slug_is_free_again_once_its_row_is_deleted(table: str, link: Link) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        link.execute(REUSED[table])
    mark = f"UPDATE {table} SET deleted_at = $1 WHERE tenant_id = 1"  # noqa: S608  # one of REUSED
    link.execute(mark, datetime.now(UTC))
    link.execute(REUSED[table])
    with pytest.raises(asyncpg.UniqueViolationError):
        link.execute(mark, None)


@pytest.mark.parametrize("statement", MOVES)
def test_what_decides_where_a_row_counts_cannot_change(statement: str, link: Link) -> None:
    with pytest.raises(asyncpg.RestrictViolationError, match="stays where it is"):
        link.execute(statement)


def test_writing_the_same_place_again_is_no_move(link: Link) -> None:
    link.execute("UPDATE comments SET post_id = post_id, parent_id = NULL, guest_name = 'Eve'")
    assert link.fetch("SELECT DISTINCT guest_name FROM comments") == [("Eve",)]
