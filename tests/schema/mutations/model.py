"""A small model of what people can write: plain Python, and none of the project's code.

It says for each mutation whether it is refused, with which code, and what the content is then.
"""

from dataclasses import dataclass, field

READER, AUTHOR, EDITOR = "reader", "author", "editor"


@dataclass
class Deletion:
    """One act of deleting."""

    by: str
    posts: list[str]
    comments: list[str]
    is_undone: bool = False


@dataclass
class Post:
    """A post, by its global id elsewhere."""

    author: str
    title: str
    is_published: bool
    tags: frozenset[str]
    version: int = 1
    is_deleted: bool = False
    likes: set[str] = field(default_factory=set)


@dataclass
class Comment:
    """A comment."""

    author: str
    body: str
    post: str
    parent: str | None
    version: int = 1
    is_deleted: bool = False
    likes: set[str] = field(default_factory=set)


class Model:
    """The content, and what people may do to it."""

    def __init__(self, roles: dict[str, str]) -> None:
        self._roles = roles
        self.posts: dict[str, Post] = {}
        self.comments: dict[str, Comment] = {}
        self.deletions: dict[str, Deletion] = {}
        self.follows: set[tuple[str, str]] = set()

    def _moderates(self, who: str) -> bool:
        return self._roles[who] == EDITOR

    def is_listed(self, post_id: str) -> bool:
        """Tell whether everybody sees a post."""
        post = self.posts[post_id]
        return post.is_published and not post.is_deleted

    def _sees_post(self, who: str, post_id: str) -> bool:
        post = self.posts[post_id]
        return not post.is_deleted and (
            post.is_published or post.author == who or self._moderates(who)
        )

    def replies(self, comment_id: str) -> list[str]:
        """List the direct replies to a comment, deleted ones too."""
        return [key for key, each in self.comments.items() if each.parent == comment_id]

    def is_shown(self, comment_id: str) -> bool:
        """Tell whether a comment is seen, be it as the mark of a deleted one."""
        comment = self.comments[comment_id]
        if not self.is_listed(comment.post):
            return False
        return not comment.is_deleted or any(map(self.is_shown, self.replies(comment_id)))

    def _sees_comment(self, who: str, comment_id: str) -> bool:
        """Tell whether a living comment can be reached."""
        comment = self.comments[comment_id]
        if comment.is_deleted:
            return False
        mine = comment.author == who or self._moderates(who)
        return self.is_shown(comment_id) or (mine and self._sees_post(who, comment.post))

    def create_post(self, who: str) -> str | None:
        """Return the code of the refusal, or None: so do all that follow."""
        return None if self._roles[who] != READER else "FORBIDDEN"

    def change_post(self, who: str, post_id: str, version: int | None) -> str | None:
        """Say what becomes of a wish to change or delete a post."""
        post = self.posts[post_id]
        if not self._sees_post(who, post_id):
            return "NOT_FOUND"
        if post.author != who and not self._moderates(who):
            return "FORBIDDEN"
        return None if version in {None, post.version} else "CONFLICT"

    def add_comment(self, who: str, post_id: str, parent: str | None) -> str | None:
        """Say what becomes of a wish to comment."""
        if not self._sees_post(who, post_id):
            return "NOT_FOUND"
        if not self.is_listed(post_id):
            return "INVALID"
        if parent is not None:
            above = self.comments[parent]
            if above.post != post_id or above.is_deleted or not self.is_shown(parent):
                return "NOT_FOUND"
        return None

    def change_comment(self, who: str, comment_id: str, version: int | None) -> str | None:
        """Say what becomes of a wish to change or delete a comment."""
        comment = self.comments[comment_id]
        if not self._sees_comment(who, comment_id):
            return "NOT_FOUND"
        if comment.author != who and not self._moderates(who):
            return "FORBIDDEN"
        return None if version in {None, comment.version} else "CONFLICT"

    def like(self, who: str, subject_id: str) -> str | None:
        """Say what becomes of a wish to like something, or no longer to."""
        if subject_id in self.posts:
            return None if self._sees_post(who, subject_id) else "NOT_FOUND"
        return None if self._sees_comment(who, subject_id) else "NOT_FOUND"

    def delete_post(self, who: str, post_id: str, token: str) -> int:
        """Delete a post with its comments; return how many of these went along."""
        gone = [key for key, each in self.comments.items() if each.post == post_id]
        gone = [key for key in gone if not self.comments[key].is_deleted]
        self._delete(Deletion(who, [post_id], gone), token)
        return len(gone)

    def delete_comment(self, who: str, comment_id: str, token: str) -> int:
        """Delete a comment, for a moderator with all below; return how many went along."""
        gone = [comment_id]
        if self._moderates(who):
            for each in gone:  # it grows meanwhile
                gone += self.replies(each)
        gone = [key for key in gone if not self.comments[key].is_deleted]
        self._delete(Deletion(who, [], gone), token)
        return len(gone) - 1

    def _delete(self, deletion: Deletion, token: str) -> None:
        for row in self._rows(deletion):
            row.is_deleted = True
            row.version += 1
        self.deletions[token] = deletion

    def _rows(self, deletion: Deletion) -> list[Post | Comment]:
        posts: list[Post | Comment] = [self.posts[each] for each in deletion.posts]
        return posts + [self.comments[each] for each in deletion.comments]

    def restore(self, who: str, token: str) -> str | None:
        """Undo a deletion, or say why not."""
        deletion = self.deletions[token]
        if deletion.is_undone or (deletion.by != who and not self._moderates(who)):
            return "NOT_FOUND"
        if not deletion.posts and self.posts[self.comments[deletion.comments[0]].post].is_deleted:
            return "INVALID"
        deletion.is_undone = True
        for row in self._rows(deletion):
            row.is_deleted = False
            row.version += 1
        return None
