-- Where a comment stands, and whether it and its post are visible.

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
