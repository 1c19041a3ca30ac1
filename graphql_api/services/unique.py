"""Names that only one living row of a tenant may have: the unique index decides, also in a race."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy.exc import IntegrityError

from graphql_api.services.problem import Code, RefusedError, ValidationProblem


@asynccontextmanager
async def unless_taken(index: str, path: str, message: str) -> AsyncGenerator[None]:
    """Say that the value of a field is taken where the block breaks a unique index.

    The transaction is lost then, as it is with every refusal; the block sends what it changed.

    Raises:
        RefusedError: another row has it.
    """
    try:
        yield
    except IntegrityError as error:
        broken = error.orig and getattr(error.orig.__cause__, "constraint_name", None)
        if broken != index:
            raise
        problem = ValidationProblem(message=message, code=Code.ALREADY_EXISTS, path=(path,))
        raise RefusedError(problem) from None
