"""What the services about people share in a process."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from graphql_api.services.people.keys import data_keys, token_keys
from graphql_api.services.people.passwords import Passwords
from graphql_api.services.people.sealing import Vault
from graphql_api.services.people.tokens import AccessTokens
from graphql_api.settings import Settings


@dataclass(frozen=True, slots=True)
class People:
    """How a process checks passwords, signs tokens and seals addresses; holds no state of users."""

    passwords: Passwords
    tokens: AccessTokens
    vault: Vault


@contextmanager
def people_of(settings: Settings) -> Generator[People]:
    """Make it by the settings; its threads end with the block."""
    passwords = Passwords()
    try:
        yield People(passwords, AccessTokens(token_keys(settings)), Vault(data_keys(settings)))
    finally:
        passwords.close()
