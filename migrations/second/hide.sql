-- What is visible by the rule of 0001: no mark, and nothing below a deleted comment.

ALTER TABLE comments DISABLE TRIGGER USER;

WITH RECURSIVE thread AS (
    SELECT tenant_id, id, visible AND deleted_at IS NULL AS stays
    FROM comments WHERE parent_id IS NULL
    UNION ALL
    SELECT reply.tenant_id, reply.id, thread.stays AND reply.visible AND reply.deleted_at IS NULL
    FROM thread JOIN comments AS reply ON reply.tenant_id = thread.tenant_id
        AND reply.parent_id = thread.id
)
UPDATE comments SET visible = false FROM thread
    WHERE comments.tenant_id = thread.tenant_id AND comments.id = thread.id
        AND visible AND NOT stays;

DROP FUNCTION show_replies(bigint[], bigint[], bigint[], bigint[], bigint[]);
DROP FUNCTION light_marks(bigint[], bigint[]);
DROP FUNCTION flipped_marks(bigint[], bigint[], bigint[], boolean[], bigint[]);
