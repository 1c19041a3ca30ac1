"""A mutation is declared: its input, its payload, who may do it, and the service that does it.

    create_post: CreatePostPayload = mutation(
        _create_post, CreatePostInput, CreatePostPayload, Rule(Scope.POST_WRITE), "Writes a post."
    )

What a service refuses becomes `errors` of the payload. Whatever came of it, the operation's loaders
forget what they know, so that the payload and the mutations after it see what is there now; the
payload's fields are loaded like any others.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import strawberry

from graphql_api.errors import BadUserInputError
from graphql_api.schema import global_id
from graphql_api.schema.arguments import argument, give_parameters
from graphql_api.schema.columns import plain
from graphql_api.schema.context import Info
from graphql_api.schema.inputs import maybe, optional
from graphql_api.schema.limits.price import OF_MUTATION, Price, priced
from graphql_api.schema.permission import marks
from graphql_api.schema.types.error import UserError
from graphql_api.services.change import Writer
from graphql_api.services.permission import ANYBODY, Rule
from graphql_api.services.problem import NotFoundProblem, Problem, RefusedError, Subject

VIEWER = "viewer"
"""What a payload reads of whoever logged in: the viewer for the rest of the operation."""

InputT = TypeVar("InputT")
Act = Callable[[Writer, InputT], Awaitable[Mapping[str, Any]]]
"""Does it, and returns what the payload's fields read, by name."""


def client_mutation_id() -> Any:  # stands for the type
    """Declare an input's `clientMutationId`."""
    return maybe("Any text; the payload gives it back.")


def idempotency_key() -> Any:  # stands for the type
    """Declare an input's `idempotencyKey`."""
    return maybe(
        "Any text of up to 200 characters that you make up for this input: repeated"
        " with the same one within 24 hours, the mutation does nothing, and gives the same answer.",
    )


@strawberry.type
class Payload:
    """What every payload has."""

    absent: ClassVar[Mapping[str, Any]] = {}
    """What its fields read where nothing was done, unless that is null."""

    client_mutation_id: str | None = plain("What the input gave.")
    errors: list[UserError] = plain("Why nothing was done; empty where it was.")


class Outcome:
    """What came of a mutation, as the fields of a payload read it; what is not there is null."""

    def __init__(
        self, client_mutation_id: str | None, errors: Sequence[Problem], found: Mapping[str, Any]
    ) -> None:
        self.client_mutation_id = client_mutation_id
        self.errors = errors
        self.__dict__.update(found)

    def __getattr__(self, name: str) -> None:
        if name.startswith("__"):  # Python asks for these: whether it can be awaited, say
            raise AttributeError(name)


def mutation(
    act: Act[Any],
    given: type[Any],
    payload: type[Payload],
    rule: Rule,
    description: str,
) -> Any:
    """Declare a mutation with one argument, ``input``."""

    async def resolve(root: Any, info: Info, **arguments: Any) -> Outcome:  # noqa: ARG001  # by name
        asked, context = arguments["input"], info.context
        errors: Sequence[Problem] = ()
        found = payload.absent
        if stopped := context.loaders.operation.why_stopped:
            raise stopped  # one before it took all the time there is
        try:
            if rule is not ANYBODY:
                rule.check(context.viewer)
            acting = act(context.writer.under(rule), asked)
            found = {**found, **await context.loaders.operation.unless_stopped(acting)}
            if VIEWER in found:
                context.become(found[VIEWER])
        except RefusedError as refused:
            errors = refused.problems
        finally:
            context.loaders.forget()
        return Outcome(optional(str, asked.client_mutation_id), errors, found)

    give_parameters(resolve, [argument("input", given, "What to do.")], 2)
    marked, cost = marks(rule), priced(Price(weight=OF_MUTATION))
    return strawberry.mutation(
        resolver=resolve,
        description=description,
        directives=[*cost["directives"], *marked["directives"]],
        metadata=marked["metadata"] | cost["metadata"],
    )


def subject_of(text: str, *type_names: str, path: str = "id") -> Subject:
    """Read the id of what a mutation is about.

    Raises:
        RefusedError: it is no id of these types; as if nothing had it.
    """
    try:
        found = global_id.decode(text)
    except BadUserInputError as error:
        raise RefusedError(
            NotFoundProblem(message=str(error), path=(path,), missing=text)
        ) from None
    if found.type_name not in type_names:
        wanted = " or ".join(type_names)
        said = f"an id of a {wanted} is needed here, but this is the id of a {found.type_name}"
        raise RefusedError(NotFoundProblem(message=said, path=(path,), missing=text))
    return Subject(found.type_name, min(found.number, global_id.LARGEST_ID))


def number_of(text: str, type_name: str, *, path: str = "id") -> int:
    """Read the number from an id of one type, as `subject_of` does."""
    return subject_of(text, type_name, path=path).number


def fields_of(given: Any, *names: str) -> dict[str, Any]:
    """Give the fields of an input that were sent, by name; a null is a value."""
    values = {name: getattr(given, name) for name in names}
    return {name: value for name, value in values.items() if value is not strawberry.UNSET}
