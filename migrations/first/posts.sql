-- What a post passes on: to its author, its tags and its comments.
--
-- What a purge takes with it is counted before the row goes, while its links are still there, and
-- therefore row by row: soft delete many posts before you purge them.

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

-- after `b_inserted` of links.sql, which locks the posts: none changes its date meanwhile
CREATE FUNCTION date_new_marks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM date_marks(array_agg(tenant_id), array_agg(post_id)) FROM links;
    RETURN NULL;
END $$;

CREATE TRIGGER c_dated AFTER INSERT ON post_tags REFERENCING NEW TABLE AS links
    FOR EACH STATEMENT EXECUTE FUNCTION date_new_marks();

CREATE FUNCTION set_mark_date() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT CASE WHEN visible THEN published_at END INTO NEW.published_at FROM posts
        WHERE tenant_id = NEW.tenant_id AND id = NEW.post_id FOR NO KEY UPDATE;
    RETURN NEW;
END $$;

CREATE TRIGGER a_date_by_hand BEFORE UPDATE OF published_at
    ON post_tags FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION set_mark_date();

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
