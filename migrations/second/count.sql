-- What is counted of comments, after many became visible or hidden without triggers.

UPDATE comments SET reply_count = due FROM (
        SELECT above.tenant_id, above.id, count(reply.id)
        FROM comments AS above LEFT JOIN comments AS reply ON reply.tenant_id = above.tenant_id
            AND reply.parent_id = above.id AND reply.visible
        GROUP BY above.tenant_id, above.id
    ) AS counts (of_tenant, of_comment, due)
    WHERE tenant_id = of_tenant AND id = of_comment AND reply_count <> due;

ALTER TABLE comments ENABLE TRIGGER USER;
ALTER TABLE posts DISABLE TRIGGER USER;

UPDATE posts SET comment_count = due FROM (
        SELECT posts.tenant_id, posts.id, count(comments.id)
        FROM posts LEFT JOIN comments ON comments.tenant_id = posts.tenant_id
            AND comments.post_id = posts.id AND comments.visible
        GROUP BY posts.tenant_id, posts.id
    ) AS counts (of_tenant, of_post, due)
    WHERE tenant_id = of_tenant AND id = of_post AND comment_count <> due;

ALTER TABLE posts ENABLE TRIGGER USER;
