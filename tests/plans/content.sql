-- 100,000 posts and 300,000 comments, and all around them, as skewed as a real site: the popular ids
-- are the low ones. Derived columns are written as the triggers would, which must be off.
--
-- What a plan may stumble over stands at known places:
--     user 1      wrote about one post in eight, and comments most
--     user 3500   wrote 5,000 posts, all old: who looks for them from the newest on finds none
--     users 3601 to 3800 wrote one post each; users 4001 to 5000 none
--     tags 1 and 2 mark one post in eight; tag 450 marks 5,000 old posts; tags 451 to 500 one each
--     post 1      has some 30,000 comments and 4,000 likes; comment 1 some 5,000 replies
--     users 4991 to 5000 are deleted, and every 33rd post is a draft

SELECT setseed(0.42);

CREATE FUNCTION pg_temp.skewed(n int, steepness float) RETURNS int VOLATILE LANGUAGE sql
AS 'SELECT 1 + floor(n * power(random(), steepness))::int';

-- first who is related to whom, so that each row can be written once with its counters

CREATE TEMP TABLE post AS
SELECT
    n AS id,
    timestamptz '2020-01-01Z' + n * interval '30 minutes' AS at,
    CASE
        WHEN n <= 10000 AND n % 2 = 0 THEN 3500
        WHEN n <= 400 THEN 3601 + n / 2
        ELSE pg_temp.skewed(3000, 4)
    END AS author_id,
    nullif(pg_temp.skewed(201, 2), 201) AS category_id,
    CASE
        WHEN random() < 0.7 THEN 'en'
        WHEN random() < 0.5 THEN 'ja'
        WHEN random() < 0.99 THEN 'de'
        ELSE 'is'
    END AS language,
    n % 33 <> 0 AS visible
FROM generate_series(1, 100000) AS n;

CREATE TEMP TABLE mark AS
SELECT DISTINCT post_id, tag_id
FROM (
    SELECT n % 100000 + 1, pg_temp.skewed(449, 3) FROM generate_series(1, 200000) AS n
    UNION ALL SELECT 2 * n, 450 FROM generate_series(1, 5000) AS n
    UNION ALL SELECT 1000 * n, 450 + n FROM generate_series(1, 50) AS n
) AS pair (post_id, tag_id);

CREATE TEMP TABLE comment AS
SELECT n AS id, NULL::int AS parent_id, n AS root_id, 0 AS depth, pg_temp.skewed(100000, 5) AS post_id
FROM generate_series(1, 150000) AS n;

INSERT INTO comment
SELECT 150000 + n, above.id, above.root_id, 1, above.post_id
FROM (SELECT n, pg_temp.skewed(150000, 4) AS parent_id FROM generate_series(1, 100000) AS n) AS reply
JOIN comment AS above ON above.id = reply.parent_id;

INSERT INTO comment
SELECT 250000 + n, above.id, above.root_id, 2, above.post_id
FROM (
    SELECT n, 150000 + pg_temp.skewed(100000, 4) AS parent_id FROM generate_series(1, 50000) AS n
) AS reply
JOIN comment AS above ON above.id = reply.parent_id;

CREATE TEMP TABLE post_like AS
SELECT DISTINCT pg_temp.skewed(100000, 4) AS post_id, pg_temp.skewed(4990, 1) AS user_id
FROM generate_series(1, 200000);

CREATE TEMP TABLE comment_like AS
SELECT DISTINCT pg_temp.skewed(250000, 4) AS comment_id, pg_temp.skewed(4990, 1) AS user_id
FROM generate_series(1, 100000);

CREATE TEMP TABLE follow AS
SELECT DISTINCT pg_temp.skewed(4990, 4) AS followed_id, pg_temp.skewed(4990, 3) AS follower_id
FROM generate_series(1, 50000);

CREATE TEMP TABLE tag_follow AS
SELECT DISTINCT pg_temp.skewed(500, 2) AS tag_id, pg_temp.skewed(4990, 2) AS user_id
FROM generate_series(1, 20000);

-- then the rows

INSERT INTO users (
    tenant_id, id, username, display_name, bio, created_at, deleted_at,
    post_count, latest_post_at, follower_count, following_count
)
SELECT
    1, n, 'user-' || n, 'User ' || md5(n::text), repeat('Someone. ', 10),
    timestamptz '2019-01-01Z' + n * interval '1 hour', CASE WHEN n > 4990 THEN now() END,
    coalesce(post_count, 0), latest_post_at, coalesce(follower_count, 0), coalesce(following_count, 0)
FROM generate_series(1, 5000) AS n
LEFT JOIN (
    SELECT author_id AS n, count(*) AS post_count, max(at) AS latest_post_at
    FROM post WHERE visible GROUP BY author_id
) AS wrote USING (n)
LEFT JOIN (
    SELECT followed_id AS n, count(*) AS follower_count
    FROM follow WHERE followed_id <> follower_id GROUP BY followed_id
) AS followers USING (n)
LEFT JOIN (
    SELECT follower_id AS n, count(*) AS following_count
    FROM follow WHERE followed_id <> follower_id GROUP BY follower_id
) AS following USING (n);

INSERT INTO categories (tenant_id, id, parent_id, slug, name)
SELECT 1, n, nullif((n - 1) / 5, 0), 'category-' || n, 'Category ' || n
FROM generate_series(1, 200) AS n;

INSERT INTO tags (tenant_id, id, slug, name, post_count, follower_count)
SELECT 1, n, 'tag-' || n, 'Tag ' || n, coalesce(post_count, 0), coalesce(follower_count, 0)
FROM generate_series(1, 500) AS n
LEFT JOIN (
    SELECT tag_id AS n, count(*) AS post_count
    FROM mark JOIN post ON post.id = post_id AND visible GROUP BY tag_id
) AS marked USING (n)
LEFT JOIN (
    SELECT tag_id AS n, count(*) AS follower_count FROM tag_follow GROUP BY tag_id
) AS followers USING (n);

INSERT INTO posts (
    tenant_id, id, author_id, category_id, slug, title, excerpt, body, body_html, body_text,
    language, status, published_at, visible, comment_count, like_count, view_count,
    created_at, updated_at
)
SELECT
    1, id, author_id, category_id, 'post-' || id, 'Post ' || id, repeat('Words. ', 20),
    repeat('Words. ', 60), repeat('Words. ', 60), repeat('Words. ', 60),
    language, CASE WHEN visible THEN 'published' ELSE 'draft' END, at, visible,
    CASE WHEN visible THEN coalesce(comment_count, 0) ELSE 0 END, coalesce(like_count, 0),
    pg_temp.skewed(100000, 8), at - random() * interval '90 days', at + random() * interval '90 days'
FROM post
LEFT JOIN (
    SELECT post_id AS id, count(*) AS comment_count FROM comment GROUP BY post_id
) AS commented USING (id)
LEFT JOIN (
    SELECT post_id AS id, count(*) AS like_count FROM post_like GROUP BY post_id
) AS liked USING (id)
ORDER BY id;

INSERT INTO post_tags (tenant_id, post_id, tag_id, published_at)
SELECT 1, post_id, tag_id, CASE WHEN visible THEN at END
FROM mark JOIN post ON post.id = post_id ORDER BY post_id;

INSERT INTO comments (
    tenant_id, id, post_id, parent_id, root_id, depth, author_id, guest_name, body, body_html,
    body_text, status, shown, visible, reply_count, like_count, created_at
)
SELECT
    1, id, post_id, parent_id, root_id, depth, author_id,
    CASE WHEN author_id IS NULL THEN 'Guest' END, 'Well said.', '<p>Well said.</p>', 'Well said.',
    'approved', visible, visible, CASE WHEN visible THEN coalesce(reply_count, 0) ELSE 0 END,
    coalesce(like_count, 0), at + (depth + 1) * interval '1 day' + random() * interval '1 day'
FROM (
    SELECT comment.*, at, visible, nullif(pg_temp.skewed(4991, 3), 4991) AS author_id
    FROM comment JOIN post ON post.id = post_id
) AS said
LEFT JOIN (
    SELECT parent_id AS id, count(*) AS reply_count FROM comment GROUP BY parent_id
) AS answered USING (id)
LEFT JOIN (
    SELECT comment_id AS id, count(*) AS like_count FROM comment_like GROUP BY comment_id
) AS liked USING (id)
ORDER BY id;

INSERT INTO post_likes (tenant_id, post_id, user_id, created_at)
SELECT 1, post_id, user_id, timestamptz '2026-01-01Z' + random() * interval '90 days' FROM post_like;

INSERT INTO comment_likes (tenant_id, comment_id, user_id, created_at)
SELECT 1, comment_id, user_id, timestamptz '2026-01-01Z' + random() * interval '90 days'
FROM comment_like;

INSERT INTO user_follows (tenant_id, followed_id, follower_id, created_at)
SELECT 1, followed_id, follower_id, timestamptz '2026-01-01Z' + random() * interval '90 days'
FROM follow WHERE followed_id <> follower_id;

INSERT INTO tag_follows (tenant_id, tag_id, user_id) SELECT 1, tag_id, user_id FROM tag_follow;

-- post 1 was changed 5,000 times; the others once, when they were made, comments too
INSERT INTO revisions (
    tenant_id, subject_type, subject_id, owner_id, version, actor_id, action, changes, snapshot,
    created_at
)
SELECT
    1, kind, id, author_id, version, coalesce(author_id, 1), action,
    '{"title": [null, "Words."]}', '{"title": "Words."}', at
FROM (
    SELECT 'Post', id, author_id, 1, 'create', at FROM post
    UNION ALL
    SELECT 'Comment', id, author_id, 1, 'create', created_at FROM comments
    UNION ALL
    SELECT 'Post', 1, 1, 1 + n, 'update', timestamptz '2020-02-01Z' + n * interval '1 hour'
    FROM generate_series(1, 5000) AS n
) AS done (kind, id, author_id, version, action, at)
ORDER BY at;
