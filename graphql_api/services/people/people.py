"""What the services about people share in a process, and in an operation."""

from collections.abc import Generator
from contextlib import contextmanager

from graphql_api.services.people.keys import data_keys, token_keys
from graphql_api.services.people.passwords import Check, Passwords
from graphql_api.services.people.sealing import Vault
from graphql_api.services.people.tokens import AccessTokens
from graphql_api.services.problem import Code, RefusedError, ValidationProblem
from graphql_api.settings import Settings

MOST_PASSWORDS = 5
"""How often an operation may have a password worked on."""


class FewPasswords:
    """The same for one operation, which may work on few: each costs what 100 reads do."""

    __slots__ = ("_left", "_passwords")

    def __init__(self, passwords: Passwords) -> None:
        self._passwords = passwords
        self._left = MOST_PASSWORDS

    async def hash(self, password: str) -> str:
        """Hash a new password.

        Raises:
            RefusedError: the operation has worked on too many.
            UnavailableError: too many others wait.
        """
        self._take()
        return await self._passwords.hash(password)

    async def check(self, stored: str | None, password: str) -> Check:
        """Compare a password with the hash that is stored.

        Raises:
            RefusedError: the operation has worked on too many.
            UnavailableError: too many others wait.
        """
        self._take()
        return await self._passwords.check(stored, password)

    def _take(self) -> None:
        if not self._left:
            said = f"an operation may work on {MOST_PASSWORDS} passwords at most"
            limit = f"max_passwords: {MOST_PASSWORDS}"
            problem = ValidationProblem(message=said, code=Code.LIMIT_EXCEEDED, constraint=limit)
            raise RefusedError(problem)
        self._left -= 1


class People:
    """How passwords are checked, tokens signed and addresses sealed; holds no state of users."""

    __slots__ = ("passwords", "tokens", "vault")

    def __init__(
        self,
        passwords: Passwords | FewPasswords,
        tokens: AccessTokens,
        vault: Vault,
    ) -> None:
        self.passwords = passwords
        self.tokens = tokens
        self.vault = vault

    def for_operation(self) -> "People":
        """Give the same to one operation, for few passwords."""
        assert isinstance(self.passwords, Passwords)  # noqa: S101  # there is none within another
        return People(FewPasswords(self.passwords), self.tokens, self.vault)


@contextmanager
def people_of(settings: Settings) -> Generator[People]:
    """Make it by the settings; its threads end with the block."""
    passwords = Passwords()
    try:
        yield People(passwords, AccessTokens(token_keys(settings)), Vault(data_keys(settings)))
    finally:
        passwords.close()
