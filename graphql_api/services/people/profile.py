"""What users say of themselves."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from graphql_api.models import User
from graphql_api.services.change import Change, Writer
from graphql_api.services.check import Checks
from graphql_api.services.people.accounts import NAME_LENGTH
from graphql_api.services.problem import Subject
from graphql_api.services.versioned import check_version, missing, wrote_version

BIO_LENGTH = 5000
URL_LENGTH = 2000

_WEB_ADDRESS = re.compile(r"https?://[^\s/]+(/\S*)?", re.IGNORECASE)


async def update_profile(
    writer: Writer, expected_version: int, given: Mapping[str, str | None]
) -> int:
    """Change what the viewer says of themselves, and return their id.

    ``given`` holds, of ``display_name``, ``bio`` and ``avatar_url``, those that change.

    Raises:
        RefusedError: a value cannot be taken, or somebody changed it meanwhile.
    """
    fields = _checked(given)
    user_id = writer.viewer.user_id

    async def act(change: Change) -> int:
        mine = select(User).where(
            User.tenant_id == change.tenant_id, User.id == user_id, User.deleted_at.is_(None)
        )
        user = await change.session.scalar(mine.with_for_update(key_share=True))
        subject = Subject("User", user_id)
        if user is None:
            raise missing(subject)
        before = _content_of(user)
        sent = {_NAMES[name]: value for name, value in fields.items()}
        check_version(subject, user.version, expected_version, before, sent)
        for name, value in fields.items():
            setattr(user, name, value)
        wrote_version(change, user, subject, user_id, before, _content_of(user))
        return user_id

    return await writer.change(act)


_NAMES = {"display_name": "displayName", "bio": "bio", "avatar_url": "avatarUrl"}


def _checked(given: Mapping[str, str | None]) -> dict[str, str | None]:
    """Check what changes; an empty text says nothing, as a null does."""
    checks, fields = Checks(), dict(given)
    if "display_name" in fields:
        name = fields["display_name"]
        fields["display_name"] = checks.line("displayName", name, most=NAME_LENGTH)
    if (bio := fields.get("bio")) is not None:
        fields["bio"] = checks.text("bio", bio, most=BIO_LENGTH, least=0) or None
    if (url := fields.get("avatar_url")) is not None:
        address = checks.line("avatarUrl", url, most=URL_LENGTH, least=0)
        fields["avatar_url"] = address or None
        if address and not _WEB_ADDRESS.fullmatch(address):
            checks.fail("avatarUrl", "'avatarUrl' must begin with http:// or https://")
    checks.done()
    return fields


def _content_of(user: User) -> dict[str, Any]:
    """Give what people write of a user, by GraphQL's names."""
    return {shown: getattr(user, name) for name, shown in _NAMES.items()}
