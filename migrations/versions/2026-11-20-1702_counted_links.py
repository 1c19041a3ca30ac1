"""The derived columns, second part: what likes, follows and tags count, and people who leave.

Creates functions and triggers; on existing tables each ``CREATE TRIGGER`` takes a SHARE ROW
EXCLUSIVE lock for a moment and rewrites nothing.

The rules and the order of locks are those of the first part. A row whose place decides what it
counts under cannot be moved, only deleted and inserted anew.

Revision: 0003
"""

from alembic import op

revision = "0003"
down_revision = "0002"

# the rows of `links` count in `counter` of `target` while the row of `member` is `counted`
LINKS = """
CREATE FUNCTION count_{links}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE change int := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    PERFORM FROM {member}s
        WHERE (tenant_id, id) IN (SELECT tenant_id, {member}_id FROM links)
        ORDER BY tenant_id, id FOR SHARE;
    PERFORM FROM {target}s
        WHERE (tenant_id, id) IN (SELECT tenant_id, {target}_id FROM links)
        ORDER BY tenant_id, id FOR NO KEY UPDATE;
    UPDATE {target}s SET {counter} = {counter} + change * n FROM (
            SELECT links.tenant_id, {target}_id, count(*)
            FROM links JOIN {member}s ON {member}s.tenant_id = links.tenant_id
                AND {member}s.id = {member}_id AND {counted}
            GROUP BY links.tenant_id, {target}_id
        ) AS sums (of_tenant, of_target, n)
        WHERE tenant_id = of_tenant AND id = of_target;
    RETURN NULL;
END $$;

CREATE TRIGGER b_inserted AFTER INSERT ON {links} REFERENCING NEW TABLE AS links
    FOR EACH STATEMENT EXECUTE FUNCTION count_{links}();

CREATE TRIGGER b_deleted AFTER DELETE ON {links} REFERENCING OLD TABLE AS links
    FOR EACH STATEMENT EXECUTE FUNCTION count_{links}();
"""

LIVING = {"member": "user", "counted": "users.deleted_at IS NULL"}
VISIBLE = {"member": "post", "counted": "posts.visible"}
COUNTED = (
    {"links": "post_likes", "target": "post", "counter": "like_count", **LIVING},
    {"links": "comment_likes", "target": "comment", "counter": "like_count", **LIVING},
    {"links": "tag_follows", "target": "tag", "counter": "follower_count", **LIVING},
    {"links": "post_tags", "target": "tag", "counter": "post_count", **VISIBLE},
)

# after `b_inserted`, which locks the posts: none changes its date meanwhile
MARKS = """
CREATE FUNCTION date_new_marks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM date_marks(array_agg(tenant_id), array_agg(post_id)) FROM links;
    RETURN NULL;
END $$;

CREATE TRIGGER c_dated AFTER INSERT ON post_tags REFERENCING NEW TABLE AS links
    FOR EACH STATEMENT EXECUTE FUNCTION date_new_marks();
"""

FOLLOWS = """
CREATE FUNCTION count_user_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE change int := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    PERFORM FROM users WHERE (tenant_id, id) IN (
            SELECT tenant_id, followed_id FROM links UNION SELECT tenant_id, follower_id FROM links
        ) ORDER BY tenant_id, id FOR NO KEY UPDATE;
    UPDATE users SET
        follower_count = follower_count + change * followers,
        following_count = following_count + change * following
        FROM (
            SELECT links.tenant_id, side.id, sum(side.followers), sum(side.following)
            FROM links CROSS JOIN LATERAL (
                VALUES (followed_id, follower_id, 1, 0), (follower_id, followed_id, 0, 1)
            ) AS side (id, other_id, followers, following)
            JOIN users AS other ON other.tenant_id = links.tenant_id
                AND other.id = side.other_id AND other.deleted_at IS NULL
            GROUP BY links.tenant_id, side.id
        ) AS sums (of_tenant, of_user, followers, following)
        WHERE tenant_id = of_tenant AND id = of_user;
    RETURN NULL;
END $$;

CREATE TRIGGER b_inserted AFTER INSERT ON user_follows REFERENCING NEW TABLE AS links
    FOR EACH STATEMENT EXECUTE FUNCTION count_user_follows();

CREATE TRIGGER b_deleted AFTER DELETE ON user_follows REFERENCING OLD TABLE AS links
    FOR EACH STATEMENT EXECUTE FUNCTION count_user_follows();
"""

PEOPLE = """
CREATE FUNCTION pass_on_user() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    person record := coalesce(NEW, OLD);
    of_tenant bigint := person.tenant_id;
    change int := CASE WHEN TG_OP = 'UPDATE' AND NEW.deleted_at IS NULL THEN 1 ELSE -1 END;
BEGIN
    PERFORM FROM users WHERE tenant_id = of_tenant AND id IN (
            SELECT followed_id FROM user_follows
            WHERE tenant_id = of_tenant AND follower_id = person.id
            UNION SELECT follower_id FROM user_follows
            WHERE tenant_id = of_tenant AND followed_id = person.id
        ) ORDER BY id FOR NO KEY UPDATE;
    UPDATE users SET follower_count = follower_count + change
        WHERE tenant_id = of_tenant AND id IN (
            SELECT followed_id FROM user_follows
            WHERE tenant_id = of_tenant AND follower_id = person.id
        );
    UPDATE users SET following_count = following_count + change
        WHERE tenant_id = of_tenant AND id IN (
            SELECT follower_id FROM user_follows
            WHERE tenant_id = of_tenant AND followed_id = person.id
        );
    PERFORM FROM posts WHERE tenant_id = of_tenant AND id IN (
            SELECT post_id FROM post_likes WHERE tenant_id = of_tenant AND user_id = person.id
            UNION SELECT id FROM posts WHERE tenant_id = of_tenant AND author_id = person.id
        ) ORDER BY id FOR NO KEY UPDATE;
    UPDATE posts SET like_count = like_count + change
        WHERE tenant_id = of_tenant AND id IN (
            SELECT post_id FROM post_likes WHERE tenant_id = of_tenant AND user_id = person.id
        );
    PERFORM FROM comments WHERE tenant_id = of_tenant AND id IN (
            SELECT comment_id FROM comment_likes
            WHERE tenant_id = of_tenant AND user_id = person.id
        ) ORDER BY id FOR NO KEY UPDATE;
    UPDATE comments SET like_count = like_count + change
        WHERE tenant_id = of_tenant AND id IN (
            SELECT comment_id FROM comment_likes
            WHERE tenant_id = of_tenant AND user_id = person.id
        );
    UPDATE posts SET visible = true WHERE tenant_id = of_tenant AND author_id = person.id
        AND status = 'published' AND deleted_at IS NULL;
    PERFORM FROM tags WHERE tenant_id = of_tenant AND id IN (
            SELECT tag_id FROM tag_follows WHERE tenant_id = of_tenant AND user_id = person.id
        ) ORDER BY id FOR NO KEY UPDATE;
    UPDATE tags SET follower_count = follower_count + change
        WHERE tenant_id = of_tenant AND id IN (
            SELECT tag_id FROM tag_follows WHERE tenant_id = of_tenant AND user_id = person.id
        );
    RETURN person;
END $$;

CREATE TRIGGER b_updated AFTER UPDATE OF deleted_at ON users FOR EACH ROW
    WHEN ((OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL))
    EXECUTE FUNCTION pass_on_user();

CREATE TRIGGER b_deleted BEFORE DELETE ON users FOR EACH ROW
    WHEN (OLD.deleted_at IS NULL) EXECUTE FUNCTION pass_on_user();
"""

MOVES = """
CREATE FUNCTION refuse_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a row of % stays where it is: delete it and insert another', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""

FIXED = """
CREATE TRIGGER a_fixed BEFORE UPDATE OF tenant_id, {one}, {other} ON {table} FOR EACH ROW
    WHEN ((OLD.tenant_id, OLD.{one}, OLD.{other})
        IS DISTINCT FROM (NEW.tenant_id, NEW.{one}, NEW.{other}))
    EXECUTE FUNCTION refuse_move()
"""

# what a row is counted under
PLACES = (
    {"table": "comments", "one": "post_id", "other": "parent_id"},
    {"table": "post_likes", "one": "post_id", "other": "user_id"},
    {"table": "comment_likes", "one": "comment_id", "other": "user_id"},
    {"table": "tag_follows", "one": "tag_id", "other": "user_id"},
    {"table": "user_follows", "one": "followed_id", "other": "follower_id"},
    {"table": "post_tags", "one": "post_id", "other": "tag_id"},
)

FUNCTIONS = (
    *(f"count_{kind['links']}()" for kind in COUNTED),
    "date_new_marks()",
    "count_user_follows()",
    "pass_on_user()",
    "refuse_move()",
)


def upgrade() -> None:
    """Create the functions and their triggers."""
    links = [LINKS.format(**kind) for kind in COUNTED]
    fixed = [FIXED.format(**place) for place in PLACES]
    for part in (*links, MARKS, FOLLOWS, PEOPLE, MOVES, *fixed):
        for statement in part.split(";\n\n"):
            op.execute(statement)


def downgrade() -> None:
    """Drop the functions, and with each its triggers."""
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function} CASCADE")
