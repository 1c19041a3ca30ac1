-- Everything that `tables.sql` made.

ALTER TABLE posts DROP COLUMN deletion_id, DROP COLUMN deleted_by_id;
DROP INDEX ix_posts_drafts, ix_posts_deleted, ix_comments_deleted;
ALTER TABLE comments
    DROP COLUMN deletion_id,
    DROP COLUMN deleted_by_id,
    DROP COLUMN minimized_reason,
    DROP COLUMN shown;
ALTER TABLE categories DROP COLUMN deletion_id, DROP COLUMN deleted_by_id;
DROP TABLE idempotency_keys, outbox, revisions, bookmarks, login_failures, refresh_tokens,
    accounts, deletions;
DROP FUNCTION refuse_change();
