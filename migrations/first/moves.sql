-- A row that is counted under another is not moved from it.

CREATE FUNCTION refuse_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a row of % stays where it is: delete it and insert another', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER a_fixed BEFORE UPDATE OF tenant_id, post_id, parent_id ON comments FOR EACH ROW
    WHEN ((OLD.tenant_id, OLD.post_id, OLD.parent_id)
        IS DISTINCT FROM (NEW.tenant_id, NEW.post_id, NEW.parent_id))
    EXECUTE FUNCTION refuse_move();

CREATE TRIGGER a_fixed BEFORE UPDATE OF tenant_id, post_id, user_id ON post_likes FOR EACH ROW
    WHEN ((OLD.tenant_id, OLD.post_id, OLD.user_id)
        IS DISTINCT FROM (NEW.tenant_id, NEW.post_id, NEW.user_id))
    EXECUTE FUNCTION refuse_move();

CREATE TRIGGER a_fixed BEFORE UPDATE OF tenant_id, comment_id, user_id ON comment_likes FOR EACH ROW
    WHEN ((OLD.tenant_id, OLD.comment_id, OLD.user_id)
        IS DISTINCT FROM (NEW.tenant_id, NEW.comment_id, NEW.user_id))
    EXECUTE FUNCTION refuse_move();

CREATE TRIGGER a_fixed BEFORE UPDATE OF tenant_id, tag_id, user_id ON tag_follows FOR EACH ROW
    WHEN ((OLD.tenant_id, OLD.tag_id, OLD.user_id)
        IS DISTINCT FROM (NEW.tenant_id, NEW.tag_id, NEW.user_id))
    EXECUTE FUNCTION refuse_move();

CREATE TRIGGER a_fixed BEFORE UPDATE OF tenant_id, followed_id, follower_id ON user_follows FOR EACH ROW
    WHEN ((OLD.tenant_id, OLD.followed_id, OLD.follower_id)
        IS DISTINCT FROM (NEW.tenant_id, NEW.followed_id, NEW.follower_id))
    EXECUTE FUNCTION refuse_move();

CREATE TRIGGER a_fixed BEFORE UPDATE OF tenant_id, post_id, tag_id ON post_tags FOR EACH ROW
    WHEN ((OLD.tenant_id, OLD.post_id, OLD.tag_id)
        IS DISTINCT FROM (NEW.tenant_id, NEW.post_id, NEW.tag_id))
    EXECUTE FUNCTION refuse_move();
