"""The derived columns: what is visible, and the counters that lists show.

Creates functions and triggers; on existing tables each ``CREATE TRIGGER`` takes a SHARE ROW
EXCLUSIVE lock for a moment and rewrites nothing.

Why triggers: a counter must be exact whoever writes (services, imports, a person with psql), and
cheap to read. Why ``visible`` is stored: partial indexes then hold exactly what the public sees,
and a read asks for one Boolean. ``docs/decisions`` tells more. The rules in one place:

    a post is visible     when published, not deleted, and its author is not deleted
    a comment is visible  when approved, not deleted, and its post and parent are visible
    counters              count visible posts and comments, and likes and follows of living users

Setting ``visible`` to anything recomputes it: the triggers below pass changes on that way. Locks
are taken from the parent down: user, post, comment; several users in the order of their ids.
What a purge takes with it is counted before the row goes, while its links are still there.

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
    post_visible boolean;
    parent record;
BEGIN
    SELECT visible INTO post_visible FROM posts
        WHERE tenant_id = NEW.tenant_id AND id = NEW.post_id FOR NO KEY UPDATE;
    NEW.root_id := NEW.id;
    NEW.depth := 0;
    NEW.visible := NEW.status = 'approved' AND NEW.deleted_at IS NULL
        AND coalesce(post_visible, false);
    IF NEW.parent_id IS NOT NULL THEN
        SELECT root_id, depth, visible INTO parent FROM comments
            WHERE tenant_id = NEW.tenant_id AND id = NEW.parent_id FOR NO KEY UPDATE;
        NEW.root_id := coalesce(parent.root_id, NEW.id);
        NEW.depth := coalesce(parent.depth, 0) + 1;
        NEW.visible := NEW.visible AND coalesce(parent.visible, false);
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER a_place BEFORE INSERT OR UPDATE OF status, deleted_at, visible
    ON comments FOR EACH ROW EXECUTE FUNCTION set_comment_place();
"""

POSTS = """
CREATE FUNCTION count_post(of_tenant bigint, of_post bigint, of_author bigint, change int)
RETURNS void LANGUAGE sql AS $$
    UPDATE users SET
        post_count = post_count + change,
        latest_post_at = (
            SELECT max(published_at) FROM posts
            WHERE tenant_id = of_tenant AND author_id = of_author AND visible
                AND (change > 0 OR id <> of_post)
        )
        WHERE tenant_id = of_tenant AND id = of_author;
    UPDATE tags SET post_count = post_count + change
        WHERE tenant_id = of_tenant AND change <> 0 AND id IN (
            SELECT tag_id FROM post_tags WHERE tenant_id = of_tenant AND post_id = of_post
        );
$$;

CREATE FUNCTION pass_on_post() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.visible THEN
        PERFORM count_post(OLD.tenant_id, OLD.id, OLD.author_id, -1);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.visible THEN
        PERFORM count_post(NEW.tenant_id, NEW.id, NEW.author_id, 1);
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.visible <> NEW.visible THEN
        UPDATE comments SET visible = NEW.visible
            WHERE tenant_id = NEW.tenant_id AND post_id = NEW.id AND parent_id IS NULL;
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;

CREATE TRIGGER b_inserted AFTER INSERT ON posts FOR EACH ROW
    WHEN (NEW.visible) EXECUTE FUNCTION pass_on_post();

CREATE TRIGGER b_updated AFTER UPDATE ON posts FOR EACH ROW
    WHEN ((OLD.visible, OLD.author_id, OLD.published_at)
        IS DISTINCT FROM (NEW.visible, NEW.author_id, NEW.published_at))
    EXECUTE FUNCTION pass_on_post();

CREATE TRIGGER b_deleted BEFORE DELETE ON posts FOR EACH ROW
    WHEN (OLD.visible) EXECUTE FUNCTION pass_on_post();

CREATE FUNCTION count_post_tag() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    link record := coalesce(NEW, OLD);
    change int := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    PERFORM FROM posts WHERE tenant_id = link.tenant_id AND id = link.post_id AND visible FOR SHARE;
    IF FOUND THEN
        UPDATE tags SET post_count = post_count + change
            WHERE tenant_id = link.tenant_id AND id = link.tag_id;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER b_counted AFTER INSERT OR DELETE ON post_tags
    FOR EACH ROW EXECUTE FUNCTION count_post_tag();
"""

COMMENTS = """
CREATE FUNCTION pass_on_comment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    comment record := coalesce(NEW, OLD);
    change int := CASE WHEN TG_OP <> 'DELETE' AND NEW.visible THEN 1 ELSE -1 END;
BEGIN
    UPDATE posts SET comment_count = comment_count + change
        WHERE tenant_id = comment.tenant_id AND id = comment.post_id;
    UPDATE comments SET reply_count = reply_count + change
        WHERE tenant_id = comment.tenant_id AND id = comment.parent_id;
    IF TG_OP = 'UPDATE' THEN
        UPDATE comments SET visible = NEW.visible
            WHERE tenant_id = NEW.tenant_id AND post_id = NEW.post_id AND parent_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER b_inserted AFTER INSERT ON comments FOR EACH ROW
    WHEN (NEW.visible) EXECUTE FUNCTION pass_on_comment();

CREATE TRIGGER b_updated AFTER UPDATE ON comments FOR EACH ROW
    WHEN (OLD.visible <> NEW.visible) EXECUTE FUNCTION pass_on_comment();

CREATE TRIGGER b_deleted AFTER DELETE ON comments FOR EACH ROW
    WHEN (OLD.visible) EXECUTE FUNCTION pass_on_comment();
"""

REACTIONS = """
CREATE FUNCTION count_reaction() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    reaction record := coalesce(NEW, OLD);
    change int := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    PERFORM FROM users WHERE tenant_id = reaction.tenant_id AND id = reaction.user_id
        AND deleted_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    CASE TG_TABLE_NAME
        WHEN 'post_likes' THEN
            UPDATE posts SET like_count = like_count + change
                WHERE tenant_id = reaction.tenant_id AND id = reaction.post_id;
        WHEN 'comment_likes' THEN
            UPDATE comments SET like_count = like_count + change
                WHERE tenant_id = reaction.tenant_id AND id = reaction.comment_id;
        WHEN 'tag_follows' THEN
            UPDATE tags SET follower_count = follower_count + change
                WHERE tenant_id = reaction.tenant_id AND id = reaction.tag_id;
    END CASE;
    RETURN NULL;
END $$;

CREATE TRIGGER b_counted AFTER INSERT OR DELETE ON post_likes
    FOR EACH ROW EXECUTE FUNCTION count_reaction();

CREATE TRIGGER b_counted AFTER INSERT OR DELETE ON comment_likes
    FOR EACH ROW EXECUTE FUNCTION count_reaction();

CREATE TRIGGER b_counted AFTER INSERT OR DELETE ON tag_follows
    FOR EACH ROW EXECUTE FUNCTION count_reaction();

CREATE FUNCTION count_user_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    link record := coalesce(NEW, OLD);
    change int := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
    living bigint[];
BEGIN
    SELECT array_agg(id) INTO living FROM (
        SELECT id FROM users
        WHERE tenant_id = link.tenant_id AND id IN (link.followed_id, link.follower_id)
            AND deleted_at IS NULL
        ORDER BY id FOR NO KEY UPDATE
    ) AS locked;
    UPDATE users SET
        follower_count = follower_count
            + CASE WHEN id = link.followed_id AND link.follower_id = ANY (living)
                THEN change ELSE 0 END,
        following_count = following_count
            + CASE WHEN id = link.follower_id AND link.followed_id = ANY (living)
                THEN change ELSE 0 END
        WHERE tenant_id = link.tenant_id AND id IN (link.followed_id, link.follower_id);
    RETURN NULL;
END $$;

CREATE TRIGGER b_counted AFTER INSERT OR DELETE ON user_follows
    FOR EACH ROW EXECUTE FUNCTION count_user_follow();
"""

PEOPLE = """
CREATE FUNCTION pass_on_user() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    person record := coalesce(NEW, OLD);
    change int := CASE WHEN TG_OP = 'UPDATE' AND NEW.deleted_at IS NULL THEN 1 ELSE -1 END;
BEGIN
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
    UPDATE tags SET follower_count = follower_count + change
        WHERE tenant_id = person.tenant_id AND id IN (
            SELECT tag_id FROM tag_follows WHERE tenant_id = person.tenant_id AND user_id = person.id
        );
    UPDATE posts SET like_count = like_count + change
        WHERE tenant_id = person.tenant_id AND id IN (
            SELECT post_id FROM post_likes WHERE tenant_id = person.tenant_id AND user_id = person.id
        );
    UPDATE comments SET like_count = like_count + change
        WHERE tenant_id = person.tenant_id AND id IN (
            SELECT comment_id FROM comment_likes
            WHERE tenant_id = person.tenant_id AND user_id = person.id
        );
    UPDATE posts SET visible = true WHERE tenant_id = person.tenant_id AND author_id = person.id;
    RETURN person;
END $$;

CREATE TRIGGER b_updated AFTER UPDATE OF deleted_at ON users FOR EACH ROW
    WHEN ((OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL))
    EXECUTE FUNCTION pass_on_user();

CREATE TRIGGER b_deleted BEFORE DELETE ON users FOR EACH ROW
    WHEN (OLD.deleted_at IS NULL) EXECUTE FUNCTION pass_on_user();
"""

FUNCTIONS = (
    "set_post_visible()",
    "set_comment_place()",
    "pass_on_post()",
    "count_post(bigint, bigint, bigint, int)",
    "count_post_tag()",
    "pass_on_comment()",
    "count_reaction()",
    "count_user_follow()",
    "pass_on_user()",
)


def upgrade() -> None:
    """Create the functions and their triggers."""
    for part in (VISIBILITY, POSTS, COMMENTS, REACTIONS, PEOPLE):
        for statement in part.split(";\n\n"):
            op.execute(statement)


def downgrade() -> None:
    """Drop the functions, and with each its triggers."""
    for function in FUNCTIONS:
        op.execute(f"DROP FUNCTION {function} CASCADE")
