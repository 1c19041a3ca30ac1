-- A deleted comment stays as a mark while something below it is seen.
--
-- What a statement flips is passed on by statements of three kinds, each of which writes all its
-- rows at once: the counters, `shown` downwards, the marks upwards. What these flip their own
-- triggers pass on, until each comment agrees with its parent and with its replies.

-- those that were there are shown, until the end of this file says otherwise: no row is rewritten
ALTER TABLE comments ALTER COLUMN shown SET DEFAULT false;

CREATE OR REPLACE FUNCTION set_comment_place() RETURNS trigger LANGUAGE plpgsql AS $$
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
        SELECT root_id, depth, shown INTO parent FROM comments
            WHERE tenant_id = NEW.tenant_id AND id = NEW.parent_id;
        -- the foreign key would let it come later in the same statement; a comment that answers
        -- itself is refused by a constraint of its own
        IF NOT FOUND AND NEW.parent_id <> NEW.id THEN
            RAISE EXCEPTION 'comment % answers comment %, which must be there before it',
                NEW.id, NEW.parent_id
                USING ERRCODE = 'foreign_key_violation',
                    CONSTRAINT = 'fk_comments_parent_of_same_post';
        END IF;
        NEW.root_id := coalesce(parent.root_id, NEW.id);
        NEW.depth := coalesce(parent.depth, 0) + 1;
        above := parent.shown;
    END IF;
    -- what is visible follows from it, so it is no writer's to set
    IF TG_OP = 'INSERT' THEN
        NEW.reply_count := 0;
    ELSE
        NEW.reply_count := OLD.reply_count;
    END IF;
    NEW.shown := NEW.status = 'approved' AND coalesce(above, false);
    NEW.visible := NEW.shown AND (NEW.deleted_at IS NULL OR NEW.reply_count > 0);
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER a_place_by_hand
    BEFORE UPDATE OF shown, visible, reply_count, root_id, depth
    ON comments FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION set_comment_place();

CREATE OR REPLACE FUNCTION pass_on_comments() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    tenants bigint[];
    ids bigint[];
    posts_of bigint[];
    parents bigint[];
    changes bigint[];
    turns bigint[];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        SELECT array_agg(tenant_id), array_agg(id), array_agg(post_id), array_agg(parent_id),
            array_agg(change), array_agg(turn)
            INTO tenants, ids, posts_of, parents, changes, turns FROM (
                SELECT tenant_id, id, post_id, parent_id, sum(change) AS change, sum(turn) AS turn
                FROM (
                    SELECT tenant_id, id, post_id, parent_id, visible::int, 1
                    FROM gained WHERE shown
                    UNION ALL
                    SELECT tenant_id, id, post_id, parent_id, -visible::int, -1
                    FROM lost WHERE shown
                ) AS sides (tenant_id, id, post_id, parent_id, change, turn)
                GROUP BY tenant_id, id, post_id, parent_id
                HAVING sum(change) <> 0 OR sum(turn) <> 0
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
            GROUP BY of_tenant, of_post HAVING sum(change) <> 0
        ) AS sums (of_tenant, of_post, change)
        WHERE tenant_id = of_tenant AND id = of_post;
    UPDATE comments SET reply_count = reply_count + change FROM (
            SELECT of_tenant, of_parent, sum(change)
            FROM unnest(tenants, parents, changes) AS flipped (of_tenant, of_parent, change)
            GROUP BY of_tenant, of_parent HAVING sum(change) <> 0
        ) AS sums (of_tenant, of_parent, change)
        WHERE tenant_id = of_tenant AND id = of_parent;
    IF TG_OP = 'UPDATE' THEN
        PERFORM show_replies(tenants, posts_of, ids, parents, turns);
    END IF;
    PERFORM light_marks(tenants, parents);
    RETURN NULL;
END $$;

-- Of comments that were shown (a turn of 1) or hidden (-1): tell those below.
CREATE FUNCTION show_replies(
    tenants bigint[], posts_of bigint[], ids bigint[], parents bigint[], turns bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM unnest(tenants, ids, turns) AS turned (of_tenant, of_comment, turn)
        JOIN comments ON tenant_id = of_tenant AND parent_id = of_comment
        WHERE turn <> 0 AND status = 'approved' AND shown <> (turn > 0)
    ) THEN
        RETURN;
    END IF;
    -- all replies of these posts at once: how deep they go is more than a plan can know
    WITH RECURSIVE replies AS MATERIALIZED (
        SELECT tenant_id, parent_id, id, status = 'approved' AS approved
        FROM comments WHERE parent_id IS NOT NULL
            AND (tenant_id, post_id) IN (SELECT * FROM unnest(tenants, posts_of))
    ), turned AS (
        SELECT * FROM unnest(tenants, ids, parents, turns)
            AS flipped (of_tenant, of_comment, of_parent, turn)
        WHERE turn <> 0
    ), below (tenant_id, id, shown) AS (
        -- from the tops alone: what changed below them follows from them
        SELECT of_tenant, of_comment, turn > 0 FROM turned
        WHERE of_parent IS NULL
            OR (of_tenant, of_parent) NOT IN (SELECT of_tenant, of_comment FROM turned)
        UNION ALL
        SELECT replies.tenant_id, replies.id, below.shown AND replies.approved
        FROM below JOIN replies ON replies.tenant_id = below.tenant_id
            AND replies.parent_id = below.id
    )
    UPDATE comments SET shown = due, visible = due AND (deleted_at IS NULL OR reply_count > 0)
        FROM (
            -- who is below two tops is shown if both say so: the upper one decides on the lower
            SELECT tenant_id, id, bool_and(shown) FROM below GROUP BY tenant_id, id
        ) AS dues (of_tenant, of_comment, due)
        WHERE tenant_id = of_tenant AND id = of_comment AND shown <> due;
END $$;

-- Of comments whose replies changed: let the deleted ones be visible if a reply is, and those above.
CREATE FUNCTION light_marks(tenants bigint[], parents bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    mark_tenants bigint[];
    mark_ids bigint[];
    mark_parents bigint[];
    lights boolean[];
    counts bigint[];
BEGIN
    -- up to the first that is not deleted: only these can follow from what is below
    WITH RECURSIVE marks AS (
        SELECT tenant_id, id, parent_id, visible, reply_count FROM comments
        WHERE (tenant_id, id) IN (SELECT * FROM unnest(tenants, parents))
            AND deleted_at IS NOT NULL AND visible <> (shown AND reply_count > 0)
        UNION
        SELECT above.tenant_id, above.id, above.parent_id, above.visible, above.reply_count
        FROM marks JOIN comments AS above ON above.tenant_id = marks.tenant_id
            AND above.id = marks.parent_id
        WHERE above.deleted_at IS NOT NULL AND above.shown
    )
    SELECT array_agg(tenant_id), array_agg(id), array_agg(parent_id), array_agg(visible),
        array_agg(reply_count) INTO mark_tenants, mark_ids, mark_parents, lights, counts FROM marks;
    IF mark_tenants IS NOT NULL THEN
        UPDATE comments SET visible = NOT visible
            FROM flipped_marks(mark_tenants, mark_ids, mark_parents, lights, counts)
            WHERE tenant_id = of_tenant AND id = of_mark;
    END IF;
END $$;

-- A mark is lit by a visible reply that is no mark in question, and by a mark that is lit; this finds
-- those that must change. No nested loops: a plan expects far fewer marks than there can be.
CREATE FUNCTION flipped_marks(
    tenants bigint[], ids bigint[], parents bigint[], lights boolean[], counts bigint[]
) RETURNS TABLE (of_tenant bigint, of_mark bigint) STABLE LANGUAGE sql
SET enable_nestloop = off SET enable_mergejoin = off AS $$
    WITH RECURSIVE marks AS MATERIALIZED (
        SELECT * FROM unnest(tenants, ids, parents, lights, counts)
            AS mark (tenant_id, id, parent_id, visible, reply_count)
    ), undecided (tenant_id, id, n) AS (
        SELECT tenant_id, parent_id, count(*) FROM marks WHERE visible GROUP BY tenant_id, parent_id
    ), lit AS (
        SELECT marks.tenant_id, marks.id, marks.parent_id
        FROM marks LEFT JOIN undecided USING (tenant_id, id)
        WHERE marks.reply_count > coalesce(undecided.n, 0)
        UNION
        SELECT marks.tenant_id, marks.id, marks.parent_id
        FROM lit JOIN marks ON marks.tenant_id = lit.tenant_id AND marks.id = lit.parent_id
    )
    SELECT marks.tenant_id, marks.id FROM marks LEFT JOIN lit USING (tenant_id, id)
    WHERE marks.visible <> (lit.id IS NOT NULL)
$$;

CREATE OR REPLACE FUNCTION pass_on_posts() RETURNS trigger LANGUAGE plpgsql AS $$
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
        UPDATE comments SET shown = change > 0,
                visible = change > 0 AND (deleted_at IS NULL OR reply_count > 0)
            FROM unnest(tenants, ids, changes) AS flipped (of_tenant, of_post, change)
            WHERE tenant_id = of_tenant AND post_id = of_post AND parent_id IS NULL
                AND status = 'approved';
        PERFORM count_tagged(tenants, ids, changes);
    END IF;
    RETURN NULL;
END $$;

-- comments that were there: the triggers would write each of them again and again
ALTER TABLE comments DISABLE TRIGGER USER;

WITH RECURSIVE thread AS (
    SELECT comments.tenant_id, comments.id, parent_id, comments.deleted_at,
        comments.status = 'approved' AND posts.visible AS shown
    FROM comments JOIN posts ON posts.tenant_id = comments.tenant_id AND posts.id = post_id
    WHERE parent_id IS NULL
    UNION ALL
    SELECT reply.tenant_id, reply.id, reply.parent_id, reply.deleted_at,
        thread.shown AND reply.status = 'approved'
    FROM thread JOIN comments AS reply ON reply.tenant_id = thread.tenant_id
        AND reply.parent_id = thread.id
), seen AS (
    SELECT tenant_id, id, parent_id FROM thread WHERE shown AND deleted_at IS NULL
    UNION
    SELECT mark.tenant_id, mark.id, mark.parent_id
    FROM seen JOIN thread AS mark ON mark.tenant_id = seen.tenant_id AND mark.id = seen.parent_id
    WHERE mark.deleted_at IS NOT NULL
)
UPDATE comments SET shown = now_shown, visible = now_visible FROM (
        SELECT tenant_id, thread.id, shown, seen.id IS NOT NULL
        FROM thread LEFT JOIN seen USING (tenant_id, id)
    ) AS dues (of_tenant, of_comment, now_shown, now_visible)
    WHERE tenant_id = of_tenant AND id = of_comment
        AND (shown, visible) <> (now_shown, now_visible);
