"""Where the schema meets the limits: before a document is validated, and before it runs."""

import asyncio
import dataclasses
import gc
from collections.abc import AsyncIterator, Iterator
from typing import Any

from graphql import (
    BooleanValueNode,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    validate,
)
from graphql.validation.rules import overlapping_fields_can_be_merged
from graphql.validation.validate import ValidationAbortedError
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from graphql_api.errors import ApiError, LimitExceededError
from graphql_api.execution import may_have_parts, options_of
from graphql_api.execution.documents import KnownDocument, at_once, documents_of
from graphql_api.schema.context import account_of, note_cost
from graphql_api.schema.limits.account import LEAST, Account
from graphql_api.schema.limits.bounds import Limits
from graphql_api.schema.limits.exceeded import EXCEEDED, LimitName
from graphql_api.schema.limits.measure import Measure, Operation, measure

# comparisons of fields that may be the same one, after which validation gives up: some 20 ms, in
# which 28 components of a page can each spread a fragment of five fields on one type
overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = 8_000

MOST_CHARACTERS = 50_000
"""Of a document; a longer string in it takes too long to read, and has its place in variables."""

MOST_MISTAKES = 5
"""Mistakes of a document that are told before its validation ends."""


class Note:
    """What is kept with a document."""

    __slots__ = ("dry", "measure", "passed")

    def __init__(self, measured: Measure) -> None:
        self.measure = measured
        self.passed: Limits | None = None
        """The limits that it was compared with last, and kept."""
        self.dry: dict[str | None, KnownDocument] = {}
        """Its operations with nothing but `rateLimit`, by the name that was asked for."""


def note_of(schema: GraphQLSchema, known: KnownDocument) -> Note:
    """Return what is kept with a document; it is measured the first time."""
    note: Note | None = known.note
    if note is None:
        note = known.note = Note(measure(schema, known.document))
    return note


def admit(note: Note, account: Account, name: str | None, variables: dict[str, Any] | None) -> None:
    """Compare an operation with its limits, and work out what it costs.

    Raises:
        ApiError, GraphQLError: it is not to run.
    """
    measured = note.measure
    if note.passed is not account.limits:
        check(note, account.limits)
    operation = measured.operations.get(name)
    if operation is None:
        if name is None and measured.n_operations > 1:
            raise GraphQLError(_NAMELESS, extensions={"code": "BAD_REQUEST"})
        return  # there is none of the name, as whoever runs it will say
    is_dry = bool(operation.size.rate_limits) and _is_dry(operation, variables or {})
    account.weigh(operation, variables, is_dry=is_dry)


def dry(note: Note, document: DocumentNode, name: str | None) -> KnownDocument:
    """Return the document of an operation that asks what it costs, and does nothing else.

    Its other fields are left out, as if `@skip` stood with them.
    """
    found = note.dry.get(name)
    if found is None:
        operation = note.measure.operations[name]
        definitions = [
            _only_rate_limit(each, operation) if isinstance(each, OperationDefinitionNode) else each
            for each in document.definitions
        ]
        whole = dataclasses.replace(document, definitions=tuple(definitions))
        found = note.dry[name] = KnownDocument(whole)
    return found


def _only_rate_limit(
    node: OperationDefinitionNode, operation: Operation
) -> OperationDefinitionNode:
    if (node.name.value if node.name else None) != operation.name:
        return node
    fields = SelectionSetNode(selections=tuple(operation.size.rate_limits.values()))
    return dataclasses.replace(node, selection_set=fields)


def _is_dry(operation: Operation, variables: dict[str, Any]) -> bool:
    for field in operation.size.rate_limits.values():
        for argument in field.arguments or ():
            value = argument.value
            if isinstance(value, BooleanValueNode) and value.value:
                return True
            if isinstance(value, VariableNode):
                name = value.name.value
                if variables.get(name, operation.formula.defaults.get(name)) is True:
                    return True
    return False


def check(note: Note, limits: Limits) -> None:
    """Compare a document with its limits.

    Raises:
        ApiError, GraphQLError: it is not even to be validated.
    """
    measured = note.measure
    limits.check(measured)
    if measured.introspection.roots and not limits.introspection:
        raise GraphQLError(_NO_INTROSPECTION, extensions={"code": "GRAPHQL_VALIDATION_FAILED"})
    note.passed = limits


_NAMELESS = "the document has several operations: say which one in 'operationName'"
_NO_INTROSPECTION = "this server does not answer questions about its schema"


class Admission(SchemaExtension):
    """Refuses what asks for too much, where `Schema.execute` finds no document that it knows."""

    _note: Note | None = None

    def on_operation(self) -> Iterator[None]:
        """Keep what was measured with the document, which is kept by now if it was valid."""
        yield
        known = self._known()
        if known is not None and known.note is None:
            known.note = self._note

    def on_parse(self) -> Iterator[None]:
        """Count tokens while they are read, and measure the document before it is validated."""
        context = self.execution_context
        limits = account_of(context.context).limits
        options: dict[str, int] = context.parse_options  # type: ignore[assignment]  # Strawberry knows but one
        options |= {"max_tokens": limits.tokens, "max_source_length": MOST_CHARACTERS}
        yield
        for error in context.pre_execution_errors or ():
            tell_of_length(error, limits.tokens)
        if context.graphql_document is None:
            return
        try:
            self._note = self._noted(context.graphql_document)
            check(self._note, limits)
        except (ApiError, GraphQLError) as error:
            context.pre_execution_errors = [_as_graphql(error)]

    def on_validate(self) -> Iterator[None]:
        """Validate, but stop at a few mistakes: each message may hold much of the document."""
        context = self.execution_context
        if context.pre_execution_errors is None and context.validation_rules:
            assert context.graphql_document is not None  # noqa: S101  # parsed by now
            errors = validate(
                context.schema._schema,  # noqa: SLF001  # no public way
                context.graphql_document,
                (*context.validation_rules, MaybeNullValidationRule, OneOfInputValidationRule),
                max_errors=MOST_MISTAKES,
                hide_suggestions=not account_of(context.context).limits.suggestions,
            )
            if any(isinstance(each, ValidationAbortedError) for each in errors):
                EXCEEDED["validation"] += 1
            context.pre_execution_errors = errors
            # the thousand objects of its visitors lead to themselves: freed while they are young
            gc.collect(1)
        yield

    def on_execute(self) -> Iterator[None]:
        """Weigh the operation, and have one that only asks what it costs do nothing else."""
        context, account = self.execution_context, account_of(self.execution_context.context)
        document, note = context.graphql_document, self._note
        assert document is not None and note is not None  # noqa: PT018, S101  # it is valid
        name = context._provided_operation_name  # noqa: SLF001  # the public one is made up
        try:
            admit(note, account, name, context.variables)
        finally:
            note_cost(context.context)
        if not account.is_dry:
            yield
            return
        context.graphql_document = dry(note, document, name).document
        yield
        # what is kept is the whole of it, as it is where its answer comes at once
        is_at_once = may_have_parts(context.query) and not self._in_parts
        context.graphql_document = at_once(document) if is_at_once else document

    def get_results(self) -> dict[str, Any]:
        """Write what the operation costs, where somebody wants to see it."""
        return account_of(self.execution_context.context).report()

    def _noted(self, document: DocumentNode) -> Note:
        schema = self.execution_context.schema._schema  # noqa: SLF001  # no public way
        known = self._known()
        return Note(measure(schema, document)) if known is None else note_of(schema, known)

    def _known(self) -> KnownDocument | None:
        context = self.execution_context
        if not context.query:
            return None
        return documents_of(context.schema).peek(
            (context.query,) if self._in_parts else context.query
        )

    @property
    def _in_parts(self) -> bool:
        return options_of(self.execution_context.context).in_parts


class Payment(SchemaExtension):
    """Has clients pay for what runs, and a little for documents that are refused."""

    async def on_operation(self) -> AsyncIterator[None]:
        """Count what was refused before it could run; nothing is refused because of it."""
        account = account_of(self.execution_context.context)
        try:
            yield
        finally:
            if account.window is None:
                await account.spend(LEAST)

    async def on_execute(self) -> AsyncIterator[None]:
        """Take what the operation costs, before it runs."""
        await asyncio.sleep(0)  # to read a new document took its time: others are served now
        await account_of(self.execution_context.context).pay()
        yield


def _as_graphql(error: ApiError | GraphQLError) -> GraphQLError:
    if isinstance(error, GraphQLError):
        return error
    return GraphQLError(error.message, original_error=error, extensions=dict(error.extensions))


def tell_of_length(error: GraphQLError, tokens: int) -> None:
    """Say of a document that was not read to its end that it is too long."""
    if not isinstance(error, GraphQLSyntaxError) or "Parsing aborted" not in error.message:
        return
    longer = "characters; longer texts go into variables"
    limits: tuple[tuple[str, LimitName, int, str], ...] = (
        ("tokens", "tokens", tokens, "words and signs"),
        ("code points", "characters", MOST_CHARACTERS, longer),
    )
    for said, limit, allowed, what in limits:
        if f"{said}. Parsing" in error.message:
            EXCEEDED[limit] += 1
            error.message = f"the document has more than {allowed} {what}"
            error.extensions = {"code": LimitExceededError.code, "allowed": allowed}
