"""What the walk through a document needs to know of each field, read from the schema once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLAbstractType,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_composite_type,
    is_list_type,
)
from strawberry.schema.schema_converter import GraphQLCoreConverter

from graphql_api.schema.limits.price import COUNTS, PRICE, Price

# what introspection answers with lists: one within another multiplies
_LISTS = {"types", "fields", "interfaces", "possibleTypes", "inputFields"}
_FREE = Price()

RATE_LIMIT = "rateLimit"
"""The field of `Query` that tells what the operation costs."""


@dataclass(frozen=True, slots=True)
class Known:
    """A field of a type."""

    kind: GraphQLNamedType | None
    """The type below it; None for a leaf."""
    is_list: bool = False
    weight: int = 0
    multipliers: tuple[tuple[str, int | None], ...] = ()
    """The arguments that say how many entries it has, with their defaults."""
    loads: int = 0
    """The statements that it takes, a bit for each."""
    totals: int = 0
    """Those that counting its list takes."""
    filters: tuple[str, ...] | None = None
    """The arguments of which one must be given for its list to be counted; None: any way."""
    counts: bool = False
    """Whether it asks for the size of the list around it."""
    nests: int = 0
    """1 for a list of introspection."""
    is_introspection: bool = False
    """Whether it is `__schema` or `__type`."""
    is_rate_limit: bool = False
    """Whether it is what tells of the cost itself."""

    @property
    def is_priced(self) -> bool:
        """Whether it is the beginning of something: a list, a thing that is loaded, a change."""
        return bool(self.weight or self.loads)


UNKNOWN = Known(None)
"""A field that is not in the schema: validation will say so."""


class Catalogue:
    """The fields of a schema, as they are asked for."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._known: dict[tuple[str, str], Known] = {}
        self._bits: dict[str, int] = {}

    def field(self, kind: GraphQLNamedType | None, name: str) -> Known:
        """Return what is known of a field; `UNKNOWN` where the type has none of the name."""
        if kind is None:
            return UNKNOWN
        key = kind.name, name
        found = self._known.get(key)
        if found is None:
            found = self._read(kind, name)
            if found is not UNKNOWN:  # clients invent as many names as they like
                self._known[key] = found
        return found

    def type(self, name: str) -> GraphQLNamedType | None:
        """Return the type of a name, if the schema has it."""
        return self._schema.type_map.get(name)

    def _read(self, kind: GraphQLNamedType, name: str) -> Known:
        if name in {"__schema", "__type"} and kind is self._schema.query_type:
            below = self._schema.type_map["__Schema" if name == "__schema" else "__Type"]
            return Known(below, is_introspection=True)
        field: GraphQLField | None = getattr(kind, "fields", {}).get(name)
        if field is None:
            return UNKNOWN
        own = self._own(kind, name, field)
        if not is_abstract_type(kind):
            return own
        return _united(own, self._of_types(kind, name))

    def _of_types(self, kind: GraphQLAbstractType, name: str) -> Iterable[Known]:
        for each in self._schema.get_possible_types(kind):
            yield self.field(each, name)

    def _own(self, kind: GraphQLNamedType, name: str, field: GraphQLField) -> Known:
        metadata = _metadata_of(field)
        price: Price = metadata.get(PRICE, _FREE)
        below = get_named_type(field.type)
        return Known(
            kind=below if is_composite_type(below) else None,
            is_list=is_list_type(get_nullable_type(field.type)),
            weight=price.weight,
            multipliers=tuple((each, _default(field, each)) for each in price.multipliers),
            loads=self._bit(price.statement),
            totals=self._bit(price.counting),
            filters=price.filters if price.unfiltered_is_known else None,
            counts=COUNTS in metadata,
            nests=int(kind.name.startswith("__") and name in _LISTS),
            is_rate_limit=kind is self._schema.query_type and name == RATE_LIMIT,
        )

    def _bit(self, statement: str | None) -> int:
        if statement is None:
            return 0
        return 1 << self._bits.setdefault(statement, len(self._bits))


def catalogue_of(schema: GraphQLSchema) -> Catalogue:
    """Return the catalogue of a schema, which the schema holds."""
    found: Catalogue | None = schema.extensions.get(_EXTENSION)
    if found is None:
        found = schema.extensions[_EXTENSION] = Catalogue(schema)
    return found


_EXTENSION = "graphql_api.schema.limits"


def _metadata_of(field: GraphQLField) -> Any:  # of a Strawberry field
    definition = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    return getattr(definition, "metadata", {})


def _default(field: GraphQLField, name: str) -> int | None:
    argument = field.args.get(name)
    default = None if argument is None else argument.default_value
    return default if isinstance(default, int) else None


def _united(own: Known, others: Iterable[Known]) -> Known:
    """Take of an interface's field what its types make of it: the most of each."""
    every = [own, *others]
    loads = totals = 0
    for each in every:
        loads |= each.loads
        totals |= each.totals
    dearest = max(every, key=lambda each: each.weight)
    return Known(
        kind=own.kind,
        is_list=own.is_list,
        weight=dearest.weight,
        multipliers=dearest.multipliers,
        loads=loads,
        totals=totals,
        filters=None if any(each.totals and each.filters is None for each in every) else (),
        counts=own.counts,
    )
