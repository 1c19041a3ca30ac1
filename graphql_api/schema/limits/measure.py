"""One walk through a document: how large it is, and what its operations cost.

Each operation's selections are walked through once, and those of a fragment once however often it
is spread: what a fragment amounts to is kept, for every place where it stands. So the work is
linear in the size of the document, and a fragment that spreads itself ends. Nothing has been
validated yet: a field that is not in the schema counts, and costs nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
)

from graphql_api.schema.limits.catalogue import Catalogue, Known, catalogue_of
from graphql_api.schema.limits.exceeded import too_many
from graphql_api.schema.limits.formula import (
    NOTHING,
    Amount,
    Formula,
    Step,
    amount_of,
    literal,
    size_of,
)

MOST_NESTED = 100
"""Braces and spreads within each other that are walked into; Python's own bound is not far."""


@dataclass(slots=True)
class Size:
    """What is counted of some selections, with those of the fragments spread in them."""

    width: int = 0
    """Fields beside each other."""
    depth: int = 0
    fields: int = 0
    aliases: int = 0
    lists: int = 0
    """Lists of introspection within each other."""
    amount: Amount = NOTHING
    entries: Amount = NOTHING
    """What is to be multiplied by the size of the list around the selections."""
    waves: list[int] = field(default_factory=list)
    """The statements of each level, a bit for each."""
    n_serial: int = 0
    """The statements below mutations, which run one after the other."""
    asks_total: bool = False
    rate_limits: dict[int, FieldNode] = field(default_factory=dict)
    """Each `rateLimit`, once."""

    def add(self, other: "Size") -> None:
        """Add what stands in the same braces."""
        self.width += other.width
        self.depth = max(self.depth, other.depth)
        self.fields += other.fields
        self.aliases += other.aliases
        self.lists = max(self.lists, other.lists)
        self.amount = self.amount.plus(other.amount)
        self.entries = self.entries.plus(other.entries)
        self.asks_total = self.asks_total or other.asks_total
        if other.rate_limits:
            self.rate_limits = self.rate_limits | other.rate_limits

    def load(self, waves: list[int], after: int = 0) -> None:
        """Add statements; those of a level go out together."""
        while len(self.waves) < after + len(waves):
            self.waves.append(0)
        for level, loads in enumerate(waves, after):
            self.waves[level] |= loads


@dataclass(slots=True)
class Introspection:
    """What a document asks of the schema itself: its questions, and the largest of them."""

    roots: int = 0
    depth: int = 0
    fields: int = 0
    lists: int = 0


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of a document."""

    name: str | None
    kind: OperationType
    size: Size
    formula: Formula
    n_statements: int
    """The most that its loaders send; those of mutations themselves are not among them."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A document."""

    operations: Mapping[str | None, Operation]
    n_operations: int
    n_fragments: int
    n_directives: int
    introspection: Introspection
    n_visited: int
    """Selections that the walk looked at: never more than there are."""


def measure(schema: GraphQLSchema, document: DocumentNode) -> Measure:
    """Walk through a document.

    Raises:
        LimitExceededError: it is nested deeper than `MOST_NESTED`.
    """
    walk = _Walk(catalogue_of(schema), document)
    operations = {}
    n_operations = 0
    for each in document.definitions:
        if isinstance(each, OperationDefinitionNode):
            n_operations += 1
            name = each.name.value if each.name else None
            operations[name] = walk.operation(schema, each)
    if n_operations == 1:
        operations[None] = next(iter(operations.values()))
    return Measure(
        operations=operations,
        n_operations=n_operations,
        n_fragments=len(walk.fragments),
        n_directives=walk.n_directives,
        introspection=walk.introspection,
        n_visited=walk.n_visited,
    )


class _Walk:
    def __init__(self, catalogue: Catalogue, document: DocumentNode) -> None:
        self.fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        self.introspection = Introspection()
        self.n_directives = sum(
            len(getattr(each, "directives", None) or ()) for each in document.definitions
        )
        self.n_visited = 0
        self._catalogue = catalogue
        self._known: dict[str, Size | None] = {}  # None while a fragment is being walked through
        self._steps: list[Step] = []
        self._serial: GraphQLNamedType | None = None

    def operation(self, schema: GraphQLSchema, node: OperationDefinitionNode) -> Operation:
        kind = schema.get_root_type(node.operation)
        self._serial = kind if node.operation is OperationType.MUTATION else None
        size = self._selections(node.selection_set, kind, 1)
        defaults = {}
        for each in node.variable_definitions or ():
            self.n_directives += len(each.directives or ())
            defaults[each.variable.name.value] = literal(each.default_value)
        return Operation(
            name=node.name.value if node.name else None,
            kind=node.operation,
            size=size,
            formula=Formula(self._steps, size.amount.plus(size.entries), defaults),
            n_statements=size.n_serial + _count(size.waves),
        )

    def _selections(
        self, node: SelectionSetNode, kind: GraphQLNamedType | None, level: int
    ) -> Size:
        if level > MOST_NESTED:
            raise too_many("depth", "levels within each other", level, MOST_NESTED)
        size = Size()
        for each in node.selections:
            self.n_visited += 1
            self.n_directives += len(each.directives or ())
            found = self._selection(each, kind, level)
            size.add(found)
            size.n_serial += found.n_serial
            if kind is not None and kind is self._serial:
                size.n_serial += _count(found.waves)
            else:
                size.load(found.waves)
        return size

    def _selection(self, node: SelectionNode, kind: GraphQLNamedType | None, level: int) -> Size:
        if isinstance(node, FieldNode):
            return self._field(node, kind, level)
        if isinstance(node, FragmentSpreadNode):
            return self._fragment(node.name.value, level)
        assert hasattr(node, "type_condition")  # noqa: S101  # an inline fragment
        below = self._type(node.type_condition, kind)
        return self._selections(node.selection_set, below, level + 1)  # type: ignore[attr-defined]  # as above

    def _fragment(self, name: str, level: int) -> Size:
        if name not in self._known:
            definition = self.fragments.get(name)
            if definition is None:
                return Size()  # validation will say so
            self._known[name] = None
            kind = self._type(definition.type_condition, None)
            size = self._selections(definition.selection_set, kind, level + 1)
            size.amount, size.entries = self._short(size.amount), self._short(size.entries)
            self._known[name] = size
        return self._known[name] or Size()

    def _type(self, named: Any, kind: GraphQLNamedType | None) -> GraphQLNamedType | None:
        return kind if named is None else self._catalogue.type(named.name.value)

    def _field(self, node: FieldNode, kind: GraphQLNamedType | None, level: int) -> Size:
        name = node.name.value
        known = self._catalogue.field(kind, name)
        below = Size()
        if node.selection_set is not None:
            below = self._selections(node.selection_set, known.kind, level + 1)
        if known.is_introspection:
            return self._introspect(below)
        size = Size(
            width=1,
            depth=1 + below.depth,
            fields=1 + below.fields,
            aliases=below.aliases + (node.alias is not None),
            lists=known.nests + below.lists,
            asks_total=known.counts or (below.asks_total and not known.is_priced),
            rate_limits={id(node): node} if known.is_rate_limit else {},
        )
        if known.is_priced:
            size.amount = self._priced(node, known, below)
        elif known.is_list:
            size.entries = below.amount.plus(below.entries)
        else:
            size.amount, size.entries = below.amount, below.entries
        size.load(below.waves, after=int(known.loads != 0))
        if known.loads:
            size.load([known.loads])
            if below.asks_total and _needs_count(node, known):
                size.load([known.totals], after=1)
        return size

    def _introspect(self, below: Size) -> Size:
        most = self.introspection
        most.roots += 1
        most.depth = max(most.depth, 1 + below.depth)
        most.fields = max(most.fields, 1 + below.fields)
        most.lists = max(most.lists, below.lists)
        return Size(width=1, depth=1, fields=1)

    def _priced(self, node: FieldNode, known: Known, below: Size) -> Amount:
        arguments = {each.name.value: each.value for each in node.arguments or ()}
        is_node = int(known.loads != 0 and known.kind is not None)
        once, each = below.amount, below.entries
        if known.multipliers:
            given = [(arguments.get(name), default) for name, default in known.multipliers]
            step = Step(size_of(given), 0, known.weight, is_node, once, each)
        elif known.is_list and known.weight:
            step = Step(known.weight, known.weight, 0, is_node, once, each)
        else:
            step = Step(1, known.weight, 0, is_node, once, each)
        if known.is_list:  # not a connection: the entries are what is selected
            step = step._replace(once=NOTHING, each=once.plus(each))
        return amount_of(step) or self._later(step)

    def _short(self, amount: Amount) -> Amount:
        """Have an amount that is used in several places worked out once."""
        if len(amount.steps) <= 1:
            return amount
        return self._later(Step(1, 0, 0, 0, amount, NOTHING))

    def _later(self, step: Step) -> Amount:
        self._steps.append(step)
        return Amount(0, 0, (len(self._steps) - 1,))


def _count(waves: list[int]) -> int:
    return sum(loads.bit_count() for loads in waves)


def _needs_count(node: FieldNode, known: Known) -> bool:
    if known.filters is None:
        return True
    return any(each.name.value in known.filters for each in node.arguments or ())
