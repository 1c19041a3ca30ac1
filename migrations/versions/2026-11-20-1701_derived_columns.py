"""The derived columns, first part: what is visible, and how many posts and comments that is.

Creates functions and triggers; on existing tables each ``CREATE TRIGGER`` takes a SHARE ROW
EXCLUSIVE lock for a moment and rewrites nothing.

Why triggers: a counter must be exact whoever writes (services, imports, a person with psql), and
cheap to read. Why ``visible`` is stored: partial indexes then hold exactly what the public sees,
and a read asks for one Boolean. ``docs/decisions`` tells more. The rules in one place:

    a post is visible     when published, not deleted, and its author is not deleted
    a comment is visible  when approved, not deleted, and its post and parent are visible
    a mark of a tag has   the date of its post while that is visible, else none
    counters              count visible posts and comments, and likes and follows of living users

What a statement changed is summed and each parent written once: with a row at a time, each version
of the parent would be searched for among all before it, and 8,000 comments took half a minute.

What a purge takes with it is counted before the row goes, while its links are still there, and
therefore row by row: soft delete many posts or users before you purge them.

Locks are taken in one order, user, post, comment, tag, and of each by id. PostgreSQL locks the row
of an UPDATE or DELETE before any trigger runs; so who changes a comment or takes a tag off a post
locks the post first, and who changes a post its author (``SELECT … FOR NO KEY UPDATE``), or is
ready to repeat a transaction that ends in a deadlock.

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

-- what a statement sets by hand is set right; what the triggers below set is right
CREATE TRIGGER a_place_by_hand BEFORE UPDATE OF visible, root_id, depth
    ON comments FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION set_comment_place();
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
        PERFORM date_marks(tenants, ids);
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

CREATE FUNCTION date_marks(tenants bigint[], ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE post_tags SET published_at = due FROM (
            SELECT tenant_id, id, CASE WHEN visible THEN posts.published_at END FROM posts
            WHERE (tenant_id, id) IN (SELECT * FROM unnest(tenants, ids))
        ) AS dates (of_tenant, of_post, due)
        WHERE tenant_id = of_tenant AND post_id = of_post AND published_at IS DISTINCT FROM due;
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
        -- all replies of these posts at once: an index by parent holds the visible ones only
        WITH RECURSIVE replies AS MATERIALIZED (
            SELECT tenant_id, parent_id, id, status = 'approved' AND deleted_at IS NULL AS shown
            FROM comments WHERE parent_id IS NOT NULL
                AND (tenant_id, post_id) IN (SELECT * FROM unnest(tenants, posts_of))
        ), below (tenant_id, id, visible) AS (
            SELECT of_tenant, of_comment, change > 0
            FROM unnest(tenants, ids, changes) AS flipped (of_tenant, of_comment, change)
            UNION ALL
            SELECT replies.tenant_id, replies.id, below.visible AND replies.shown
            FROM below JOIN replies ON replies.tenant_id = below.tenant_id
                AND replies.parent_id = below.id
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

FUNCTIONS = (
    "set_post_visible()",
    "set_comment_place()",
    "pass_on_posts()",
    "date_marks(bigint[], bigint[])",
    "count_tagged(bigint[], bigint[], bigint[])",
    "uncount_post()",
    "pass_on_comments()",
)


def upgrade() -> None:
    """Create the functions and their triggers."""
    for part in (VISIBILITY, POSTS, COMMENTS):
        for statement in part.split(";\n\n"):
            op.execute(statement)


def downgrade() -> None:
    """Drop the functions, and with each its triggers."""
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function} CASCADE")
