"""A small content that is visible, things beside it to hide, and a question about everything."""

from typing import Any

from graphql_api.db.database import Database
from tests.support.factories import Factory

PERSON = "username postCount latestPostAt followerCount followingCount"
PEOPLE = f"{{ totalCount nodes {{ {PERSON} }} }}"
TALK = (
    f"totalCount nodes {{ body replyCount likeCount depth likers {PEOPLE} author {{ {PERSON} }} }}"
)
ARTICLE = f"slug commentCount likeCount likers {PEOPLE} category {{ slug }} author {{ {PERSON} }}"
ARTICLES = (
    f"totalCount nodes {{ {ARTICLE} }} edges {{ node {{ slug }} }} pageInfo {{ hasNextPage }}"
)
LABEL = "slug postCount followerCount"
SHELF = "slug parent { slug } children { slug } path { slug }"

EVERYTHING = f"""
{{
  posts {{ {ARTICLES} }}
  popular: posts(orderBy: [{{field: LIKES}}]) {{ {ARTICLES} }}
  last: posts(last: 9) {{ {ARTICLES} }}
  english: posts(where: {{language: {{eq: "en"}}}}) {{ {ARTICLES} }}
  marked: posts(where: {{anyTags: ["common"]}}) {{ {ARTICLES} }}
  allMarked: posts(where: {{allTags: ["common"]}}) {{ {ARTICLES} }}
  liked: posts(where: {{NOT: {{likeCount: {{gte: 99}}}}}}) {{ {ARTICLES} }}
  authors {PEOPLE}
  tags {{ totalCount nodes {{ {LABEL} posts {{ {ARTICLES} }} }} }}
  categories(rootsOnly: false) {{
    {SHELF}
    posts {{ {ARTICLES} }}
    here: posts(includeDescendants: false) {{ {ARTICLES} }}
  }}
  tag(slug: "common") {{ {LABEL} posts {{ {ARTICLES} }} }}
  category(slug: "shelf") {{ {SHELF} posts {{ {ARTICLES} }} }}
  user(by: {{username: "writer"}}) {{
    {PERSON}
    posts {{ {ARTICLES} }}
    comments {{ {TALK} }}
    followers {PEOPLE}
    following {PEOPLE}
  }}
  post(by: {{slug: "seen"}}) {{
    {ARTICLE}
    tags {{ totalCount nodes {{ {LABEL} }} }}
    comments {{ {TALK} }}
    top: comments(where: {{topLevelOnly: true}}) {{ {TALK} }}
    best: comments(orderBy: [{{field: LIKES, direction: DESC}}]) {{
      totalCount
      nodes {{
        body
        root {{ body }} parent {{ body }} ancestors {{ body }}
        replies {{ {TALK} }} lastReplies: replies(last: 1) {{ {TALK} }}
      }}
    }}
  }}
}}
"""


class Scene:
    """A visible content, and things beside it that can be hidden."""

    def __init__(self, make: Factory, database: Database) -> None:
        self.make = make
        self._database = database

    async def set_up(self) -> None:
        """Make what is visible all the time."""
        make = self.make
        self.writer = await make.user(username="writer")
        self.fan = await make.user(username="fan")
        self.shelf = await make.category(slug="shelf")
        self.below = await make.category(slug="below", parent=self.shelf)
        self.tag = await make.tag(slug="common")
        self.post = await make.post(
            slug="seen", author=self.writer, category=self.below, tags=[self.tag]
        )
        self.top = await make.comment(post=self.post, author=self.writer, body="top")
        self.reply = await make.comment(parent=self.top, author=self.fan, body="reply")
        await make.post_like(post=self.post, user=self.fan)
        await make.comment_like(comment=self.top, user=self.fan)
        await make.user_follow(followed=self.writer, follower=self.fan)

    async def another_post(self, **columns: Any) -> Any:  # the factory's
        """Make a post of the same writer, or another, with all that a post can have."""
        make = self.make
        given: dict[str, Any] = {"slug": "other", "author": self.writer, "category": self.shelf}
        post = await make.post(tags=[self.tag], **given | columns)
        comment = await make.comment(post=post, author=self.writer, body="below")
        await make.comment(parent=comment, author=self.writer, body="further below")
        await make.post_like(post=post, user=self.fan)
        return post

    async def change(self, row: Any, **columns: object) -> None:  # a model
        """Change a row as an editor would."""
        async with self._database.transaction() as session:
            found = await session.get_one(type(row), (row.tenant_id, row.id))
            for name, value in columns.items():
                setattr(found, name, value)
