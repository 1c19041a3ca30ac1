"""Who can log in to the demo: one of each role, with passwords that everybody may know."""

from graphql_api.models import Role
from graphql_api.services.change import Writer
from graphql_api.services.people.accounts import Registration, create_user
from graphql_api.services.people.operators import list_users
from graphql_api.services.people.people import People

DEMO_PASSWORDS = {
    "reader": "demo-reader",
    "author": "demo-author",
    "editor": "demo-editor",
    "admin": "demo-admin",
}
"""Passwords by the user's name."""

_ROLES = {"admin": Role.ADMINISTRATOR}


async def add_people(writer: Writer, people: People) -> None:
    """Make those who are not there; nothing of the others is touched."""
    known = {user.username for user in await list_users(writer)}
    for username, password in DEMO_PASSWORDS.items():
        if username not in known:
            shown = username.capitalize()
            given = Registration(username, password, f"{username}@example.org", shown)
            role = _ROLES.get(username) or Role(username)
            await create_user(writer, people, given, role)
