"""The derived columns: what is visible, and the counters that lists show.

Creates functions and triggers; on existing tables each ``CREATE TRIGGER`` takes a SHARE ROW
EXCLUSIVE lock for a moment and rewrites nothing.

Why triggers: a counter must be exact whoever writes (services, imports, a person with psql), and
cheap to read. Why ``visible`` is stored: partial indexes then hold exactly what the public sees,
and a read asks for one Boolean. ``docs/decisions`` tells more. The rules in one place:

    a post is visible     when published, not deleted, and its author is not deleted
    a comment is visible  when approved, not deleted, and its post and parent are visible
    counters              count visible posts and comments, and likes and follows of living users

What a statement changed is summed, and each parent written once, however many rows it was: to
hide a post with a hundred thousand comments is a few statements, and so is to write them.

What a purge takes with it is counted before the row goes, while its links are still there, and
therefore row by row: soft delete many posts or users before you purge them.

Locks are taken in one order, user, post, comment, tag, and of each by id. PostgreSQL locks the row
of an UPDATE or DELETE before any trigger runs; so who changes a comment locks its post first, and
who changes a post its author (``SELECT … FOR NO KEY UPDATE``), or is ready to repeat a transaction
that ends in a deadlock.

Revision: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"

VISIBILITY = """
CREATE FUNCTION set_post_visible() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE author_deleted_at timestamptz;
BEGIN
    SELECT deleted_at INTO author_deleted_at FROM users
        WHERE tenant_id = NEW.tenant_id AND id = NEW.author_id FOR NO KEY UPDATE;
    NEW.visible := NEW.status = 'published' AND NEW.deleted_at IS NULL
        AND author_deleted_at IS NULL;
    RETURN NEW;
END $$;

CREATE TRIGGER a_visible BEFORE INSERT OR UPDATE OF status, deleted_at, author_id, visible
    ON posts FOR EACH ROW EXECUTE FUNCTION set_post_visible();

CREATE FUNCTION set_comment_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    above boolean;
    parent record;
BEGIN
    -- who changes what is visible under a post holds the post, so the parent needs no lock
    SELECT visible INTO above FROM posts
        WHERE tenant_id = NEW.tenant_id AND id = NEW.post_id FOR NO KEY UPDATE;
    NEW.root_id := NEW.id;
    NEW.depth := 0;
    IF NEW.parent_id IS NOT NULL THEN
        SELECT root_id, depth, visible INTO parent FROM comments
            WHERE tenant_id = NEW.tenant_id AND id = NEW.parent_id;
        -- without a parent the foreign key refuses the row, in words about the parent
        NEW.root_id := coalesce(parent.root_id, NEW.parent_id);
        NEW.depth := coalesce(parent.depth, 0) + 1;
        above := parent.visible;
    END IF;
    NEW.visible := NEW.status = 'approved' AND NEW.deleted_at IS NULL AND coalesce(above, false);
    RETURN NEW;
END $$;

CREATE TRIGGER a_place BEFORE INSERT OR UPDATE OF status, deleted_at
    ON comments FOR EACH ROW EXECUTE FUNCTION set_comment_place();
"""

POSTS = """
CREATE FUNCTION pass_on_posts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    tenants bigint[];
    ids bigint[];
    authors bigint[];
    changes bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(tenant_id), array_agg(id), array_agg(author_id), array_agg(1)
            INTO tenants, ids, authors, changes FROM gained WHERE visible;
    ELSE
        -- a row that is as visible, by the same author and as old as before sums up to nothing
        SELECT array_agg(tenant_id), array_agg(id), array_agg(author_id), array_agg(change)
            INTO tenants, ids, authors, changes FROM (
                SELECT tenant_id, id, author_id, sum(change) AS change FROM (
                    SELECT tenant_id, id, author_id, published_at, 1 FROM gained WHERE visible
                    UNION ALL
                    SELECT tenant_id, id, author_id, published_at, -1 FROM lost WHERE visible
                ) AS sides (tenant_id, id, author_id, published_at, change)
                GROUP BY tenant_id, id, author_id, published_at HAVING sum(change) <> 0
            ) AS changed;
    END IF;
    IF tenants IS NULL THEN
        RETURN NULL;
    END IF;

    -- locked before it is computed: the newest post may be one that another writer just hid
    PERFORM FROM users WHERE (tenant_id, id) IN (SELECT * FROM unnest(tenants, authors))
        ORDER BY tenant_id, id FOR NO KEY UPDATE;
    UPDATE users SET
        post_count = post_count + change,
        latest_post_at = (
            SELECT max(published_at) FROM posts
            WHERE posts.tenant_id = of_tenant AND author_id = of_author AND visible
        )
        FROM (
            SELECT of_tenant, of_author, sum(change)
            FROM unnest(tenants, authors, changes) AS changed (of_tenant, of_author, change)
            GROUP BY of_tenant, of_author
        ) AS sums (of_tenant, of_author, change)
        WHERE tenant_id = of_tenant AND id = of_author;

    IF TG_OP = 'UPDATE' THEN
        SELECT array_agg(of_tenant), array_agg(of_post), array_agg(change)
            INTO tenants, ids, changes FROM (
                SELECT of_tenant, of_post, sum(change)
                FROM unnest(tenants, ids, changes) AS changed (of_tenant, of_post, change)
                GROUP BY of_tenant, of_post HAVING sum(change) <> 0
            ) AS flipped (of_tenant, of_post, change);
        UPDATE comments SET visible = change > 0
            FROM unnest(tenants, ids, changes) AS flipped (of_tenant, of_post, change)
            WHERE tenant_id = of_tenant AND post_id = of_post AND parent_id IS NULL
                AND status = 'approved' AND deleted_at IS NULL;
        PERFORM count_tagged(tenants, ids, changes);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION count_tagged(tenants bigint[], ids bigint[], changes bigint[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM tags WHERE (tenant_id, id) IN (
            SELECT tenant_id, tag_id FROM post_tags
            WHERE (tenant_id, post_id) IN (SELECT * FROM unnest(tenants, ids))
        ) ORDER BY tenant_id, id FOR NO KEY UPDATE;
    UPDATE tags SET post_count = post_count + change FROM (
            SELECT of_tenant, tag_id, sum(change)
            FROM unnest(tenants, ids, changes) AS flipped (of_tenant, of_post, change)
            JOIN post_tags ON tenant_id = of_tenant AND post_id = of_post
            GROUP BY of_tenant, tag_id
        ) AS sums (of_tenant, of_tag, change)
        WHERE tenant_id = of_tenant AND id = of_tag;
END $$;

CREATE TRIGGER b_inserted AFTER INSERT ON posts REFERENCING NEW TABLE AS gained
    FOR EACH STATEMENT EXECUTE FUNCTION pass_on_posts();

CREATE TRIGGER b_updated AFTER UPDATE ON posts
    REFERENCING OLD TABLE AS lost NEW TABLE AS gained
    FOR EACH STATEMENT EXECUTE FUNCTION pass_on_posts();

CREATE FUNCTION uncount_post() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM users WHERE tenant_id = OLD.tenant_id AND id = OLD.author_id FOR NO KEY UPDATE;
    UPDATE users SET
        post_count = post_count - 1,
        latest_post_at = (
            SELECT max(published_at) FROM posts
            WHERE tenant_id = OLD.tenant_id AND author_id = OLD.author_id AND visible
                AND id <> OLD.id
        )
        WHERE tenant_id = OLD.tenant_id AND id = OLD.author_id;
    PERFORM count_tagged(ARRAY[OLD.tenant_id], ARRAY[OLD.id], ARRAY[-1]);
    RETURN OLD;
END $$;

CREATE TRIGGER b_deleted BEFORE DELETE ON posts FOR EACH ROW
    WHEN (OLD.visible) EXECUTE FUNCTION uncount_post();
"""

COMMENTS = """
CREATE FUNCTION pass_on_comments() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    tenants bigint[];
    ids bigint[];
    posts_of bigint[];
    parents bigint[];
    changes bigint[];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        SELECT array_agg(tenant_id), array_agg(id), array_agg(post_id), array_agg(parent_id),
            array_agg(change) INTO tenants, ids, posts_of, parents, changes FROM (
                SELECT tenant_id, id, post_id, parent_id, sum(change) AS change FROM (
                    SELECT tenant_id, id, post_id, parent_id, 1 FROM gained WHERE visible
                    UNION ALL
                    SELECT tenant_id, id, post_id, parent_id, -1 FROM lost WHERE visible
                ) AS sides (tenant_id, id, post_id, parent_id, change)
                GROUP BY tenant_id, id, post_id, parent_id HAVING sum(change) <> 0
            ) AS flipped;
    ELSE
        SELECT array_agg(tenant_id), array_agg(id), array_agg(post_id), array_agg(parent_id),
            array_agg(CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END)
            INTO tenants, ids, posts_of, parents, changes FROM moved WHERE visible;
    END IF;
    IF tenants IS NULL THEN
        RETURN NULL;
    END IF;

    UPDATE posts SET comment_count = comment_count + change FROM (
            SELECT of_tenant, of_post, sum(change)
            FROM unnest(tenants, posts_of, changes) AS flipped (of_tenant, of_post, change)
            GROUP BY of_tenant, of_post
        ) AS sums (of_tenant, of_post, change)
        WHERE tenant_id = of_tenant AND id = of_post;
    UPDATE comments SET reply_count = reply_count + change FROM (
            SELECT of_tenant, of_parent, sum(change)
            FROM unnest(tenants, parents, changes) AS flipped (of_tenant, of_parent, change)
            GROUP BY of_tenant, of_parent
        ) AS sums (of_tenant, of_parent, change)
        WHERE tenant_id = of_tenant AND id = of_parent;

    IF TG_OP = 'UPDATE' THEN
        WITH RECURSIVE below (tenant_id, post_id, id, visible) AS (
            SELECT of_tenant, of_post, of_comment, change > 0
            FROM unnest(tenants, posts_of, ids, changes)
                AS flipped (of_tenant, of_post, of_comment, change)
            UNION ALL
            SELECT reply.tenant_id, reply.post_id, reply.id,
                below.visible AND reply.status = 'approved' AND reply.deleted_at IS NULL
            FROM below JOIN comments AS reply ON reply.tenant_id = below.tenant_id
                AND reply.post_id = below.post_id AND reply.parent_id = below.id
        )
        UPDATE comments SET visible = below.visible FROM below
            WHERE comments.tenant_id = below.tenant_id AND comments.id = below.id
                AND comments.visible <> below.visible;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER b_inserted AFTER INSERT ON comments REFERENCING NEW TABLE AS moved
    FOR EACH STATEMENT EXECUTE FUNCTION pass_on_comments();

CREATE TRIGGER b_updated AFTER UPDATE ON comments
    REFERENCING OLD TABLE AS lost NEW TABLE AS gained
    FOR EACH STATEMENT EXECUTE FUNCTION pass_on_comments();

CREATE TRIGGER b_deleted AFTER DELETE ON comments REFERENCING OLD TABLE AS moved
    FOR EACH STATEMENT EXECUTE FUNCTION pass_on_comments();
"""

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
    change int := CASE WHEN TG_OP = 'UPDATE' AND NEW.deleted_at IS NULL THEN 1 ELSE -1 END;
BEGIN
    PERFORM FROM users WHERE tenant_id = person.tenant_id AND id IN (
            SELECT followed_id FROM user_follows
            WHERE tenant_id = person.tenant_id AND follower_id = person.id
            UNION SELECT follower_id FROM user_follows
            WHERE tenant_id = person.tenant_id AND followed_id = person.id
        ) ORDER BY id FOR NO KEY UPDATE;
    UPDATE users SET follower_count = follower_count + change
        WHERE tenant_id = person.tenant_id AND id IN (
            SELECT followed_id FROM user_follows
            WHERE tenant_id = person.tenant_id AND follower_id = person.id
        );
    UPDATE users SET following_count = following_count + change
        WHERE tenant_id = person.tenant_id AND id IN (
            SELECT follower_id FROM user_follows
            WHERE tenant_id = person.tenant_id AND followed_id = person.id
        );

    PERFORM FROM posts WHERE tenant_id = person.tenant_id AND id IN (
            SELECT post_id FROM post_likes WHERE tenant_id = person.tenant_id AND user_id = person.id
            UNION SELECT id FROM posts WHERE tenant_id = person.tenant_id AND author_id = person.id
        ) ORDER BY id FOR NO KEY UPDATE;
    UPDATE posts SET like_count = like_count + change
        WHERE tenant_id = person.tenant_id AND id IN (
            SELECT post_id FROM post_likes WHERE tenant_id = person.tenant_id AND user_id = person.id
        );

    PERFORM FROM comments WHERE tenant_id = person.tenant_id AND id IN (
            SELECT comment_id FROM comment_likes
            WHERE tenant_id = person.tenant_id AND user_id = person.id
        ) ORDER BY id FOR NO KEY UPDATE;
    UPDATE comments SET like_count = like_count + change
        WHERE tenant_id = person.tenant_id AND id IN (
            SELECT comment_id FROM comment_likes
            WHERE tenant_id = person.tenant_id AND user_id = person.id
        );

    UPDATE posts SET visible = true WHERE tenant_id = person.tenant_id AND author_id = person.id
        AND status = 'published' AND deleted_at IS NULL;

    PERFORM FROM tags WHERE tenant_id = person.tenant_id AND id IN (
            SELECT tag_id FROM tag_follows WHERE tenant_id = person.tenant_id AND user_id = person.id
        ) ORDER BY id FOR NO KEY UPDATE;
    UPDATE tags SET follower_count = follower_count + change
        WHERE tenant_id = person.tenant_id AND id IN (
            SELECT tag_id FROM tag_follows WHERE tenant_id = person.tenant_id AND user_id = person.id
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

# what a row is counted under
FIXED = {
    "comments": "tenant_id, post_id, parent_id",
    "post_likes": "tenant_id, post_id, user_id",
    "comment_likes": "tenant_id, comment_id, user_id",
    "tag_follows": "tenant_id, tag_id, user_id",
    "user_follows": "tenant_id, followed_id, follower_id",
    "post_tags": "tenant_id, post_id, tag_id",
}

FUNCTIONS = (
    "set_post_visible()",
    "set_comment_place()",
    "pass_on_posts()",
    "count_tagged(bigint[], bigint[], bigint[])",
    "uncount_post()",
    "pass_on_comments()",
    *(f"count_{kind['links']}()" for kind in COUNTED),
    "count_user_follows()",
    "pass_on_user()",
    "refuse_move()",
)


def upgrade() -> None:
    """Create the functions and their triggers."""
    links = [LINKS.format(**kind) for kind in COUNTED]
    for part in (VISIBILITY, POSTS, COMMENTS, *links, FOLLOWS, PEOPLE, MOVES):
        for statement in part.split(";\n\nCREATE"):
            op.execute(statement if statement.startswith("\n") else f"CREATE{statement}")
    for table, columns in FIXED.items():
        old, new = (", ".join(f"{row}.{name}" for name in columns.split(", ")) for row in ("OLD", "NEW"))
        op.execute(
            f"CREATE TRIGGER a_fixed BEFORE UPDATE OF {columns} ON {table} FOR EACH ROW"
            f" WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION refuse_move()"
        )


def downgrade() -> None:
    """Drop the functions, and with each its triggers."""
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function} CASCADE")
