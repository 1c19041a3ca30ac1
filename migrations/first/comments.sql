-- What a comment passes on: to its post, its parent and its replies.

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
    IF TG_OP = 'UPDATE' AND EXISTS (
        SELECT FROM comments WHERE (tenant_id, parent_id) IN (SELECT * FROM unnest(tenants, ids))
    ) THEN
        -- all replies of these posts at once: how deep they go is more than a plan can know
        WITH RECURSIVE replies AS MATERIALIZED (
            SELECT tenant_id, parent_id, id, status = 'approved' AND deleted_at IS NULL AS shown
            FROM comments WHERE parent_id IS NOT NULL
                AND (tenant_id, post_id) IN (SELECT * FROM unnest(tenants, posts_of))
        ), below (tenant_id, id, visible) AS (
            -- from the tops alone: what changed below them follows from them
            SELECT of_tenant, of_comment, change > 0
            FROM unnest(tenants, ids, parents, changes)
                AS flipped (of_tenant, of_comment, of_parent, change)
            WHERE of_parent IS NULL
                OR (of_tenant, of_parent) NOT IN (SELECT * FROM unnest(tenants, ids))
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
