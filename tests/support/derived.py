"""What every derived column must hold, worked out anew from the rows that people write.

This repeats none of the triggers: each query is the rule as the models state it.
"""

_WOULD_BE = """
WITH RECURSIVE
posts_now AS (
    SELECT posts.*, posts.status = 'published' AND posts.deleted_at IS NULL
        AND users.deleted_at IS NULL AS seen
    FROM posts JOIN users ON (users.tenant_id, users.id) = (posts.tenant_id, author_id)
),
threads AS (
    SELECT comments.*, comments.id AS root, 0 AS steps, ARRAY[comments.id] AS path,
        comments.status = 'approved' AND posts_now.seen AS may_be_seen
    FROM comments JOIN posts_now ON (posts_now.tenant_id, posts_now.id)
        = (comments.tenant_id, comments.post_id)
    WHERE parent_id IS NULL
    UNION ALL
    SELECT comments.*, above.root, above.steps + 1, above.path || comments.id,
        comments.status = 'approved' AND above.may_be_seen
    FROM comments JOIN threads AS above ON (above.tenant_id, above.id)
        = (comments.tenant_id, comments.parent_id)
),
comments_now AS (
    -- a deleted one is seen where one that is not deleted stands below it, however far
    SELECT threads.*, may_be_seen AND EXISTS (
        SELECT FROM threads AS below WHERE below.tenant_id = threads.tenant_id
            AND threads.id = ANY (below.path) AND below.may_be_seen AND below.deleted_at IS NULL
    ) AS seen
    FROM threads
),
living AS (SELECT * FROM users WHERE deleted_at IS NULL)
"""

_QUERIES = {
    "posts": """
        SELECT id, ROW(visible, comment_count, like_count), ROW(
            seen,
            (SELECT count(*) FROM comments_now AS c WHERE c.tenant_id = p.tenant_id
                AND c.post_id = p.id AND c.seen),
            (SELECT count(*) FROM post_likes AS l JOIN living AS u
                ON (u.tenant_id, u.id) = (l.tenant_id, l.user_id)
                WHERE l.tenant_id = p.tenant_id AND l.post_id = p.id)
        ) FROM posts_now AS p""",
    "comments": """
        SELECT id, ROW(shown, visible, root_id, depth::int, reply_count, like_count), ROW(
            may_be_seen, seen, root, steps,
            (SELECT count(*) FROM comments_now AS r WHERE r.tenant_id = c.tenant_id
                AND r.parent_id = c.id AND r.seen),
            (SELECT count(*) FROM comment_likes AS l JOIN living AS u
                ON (u.tenant_id, u.id) = (l.tenant_id, l.user_id)
                WHERE l.tenant_id = c.tenant_id AND l.comment_id = c.id)
        ) FROM comments_now AS c""",
    "users": """
        SELECT id, ROW(post_count, latest_post_at, follower_count, following_count), ROW(
            (SELECT count(*) FROM posts_now AS p WHERE p.tenant_id = u.tenant_id
                AND p.author_id = u.id AND p.seen),
            (SELECT max(published_at) FROM posts_now AS p WHERE p.tenant_id = u.tenant_id
                AND p.author_id = u.id AND p.seen),
            (SELECT count(*) FROM user_follows AS f JOIN living AS o
                ON (o.tenant_id, o.id) = (f.tenant_id, f.follower_id)
                WHERE f.tenant_id = u.tenant_id AND f.followed_id = u.id),
            (SELECT count(*) FROM user_follows AS f JOIN living AS o
                ON (o.tenant_id, o.id) = (f.tenant_id, f.followed_id)
                WHERE f.tenant_id = u.tenant_id AND f.follower_id = u.id)
        ) FROM users AS u""",
    "tags": """
        SELECT id, ROW(post_count, follower_count), ROW(
            (SELECT count(*) FROM post_tags AS t JOIN posts_now AS p
                ON (p.tenant_id, p.id) = (t.tenant_id, t.post_id) AND p.seen
                WHERE t.tenant_id = g.tenant_id AND t.tag_id = g.id),
            (SELECT count(*) FROM tag_follows AS f JOIN living AS u
                ON (u.tenant_id, u.id) = (f.tenant_id, f.user_id)
                WHERE f.tenant_id = g.tenant_id AND f.tag_id = g.id)
        ) FROM tags AS g""",
    "post_tags": """
        SELECT tag_id, ROW(t.published_at), ROW(CASE WHEN p.seen THEN p.published_at END)
        FROM post_tags AS t JOIN posts_now AS p ON (p.tenant_id, p.id) = (t.tenant_id, t.post_id)
        """,
}

WRONG = _WOULD_BE + "UNION ALL".join(
    f"\nSELECT '{table}' AS of, id, format('%s, should be %s', stored, due) AS what"
    f"\nFROM ({query}\n) AS {table}_row (id, stored, due) WHERE stored IS DISTINCT FROM due\n"
    for table, query in _QUERIES.items()
)
"""Selects each row with a wrong derived column: table, id, and what it holds and should hold."""
