"""What is known of users beside what all may see."""

from dataclasses import dataclass

from sqlalchemy import select

from graphql_api.loaders.base import IDS, AnySelect, OneLoader, Selected, visible
from graphql_api.models import Account, User


@dataclass(slots=True)
class EmailRow:
    """A user's address as the database holds it: whoever reads it must have the key."""

    user_id: int
    email_sealed: bytes | None


class EmailByUser(OneLoader[int, EmailRow]):
    """Sealed addresses by the user's id; who may see them is asked before."""

    row = EmailRow
    table = Account

    @staticmethod
    def statement(columns: Selected) -> AnySelect:
        """Find the accounts of the living users among the ids."""
        return (
            select(Account.user_id, *columns)
            .join(User, (User.tenant_id == Account.tenant_id) & (User.id == Account.user_id))
            .where(visible(User), Account.user_id == IDS.any_())
        )
