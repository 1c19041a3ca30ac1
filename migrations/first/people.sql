-- Who follows whom, and what a person who leaves takes along.
--
-- A purge of people who follow each other is refused when one statement takes both while they
-- live, as each would change the other's row: soft delete people before you purge them.

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
