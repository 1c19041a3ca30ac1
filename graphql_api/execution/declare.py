"""What a field says of itself, so that a plan can do it for a whole level at once.

Each stands in the metadata of a Strawberry field under `PLAN`, beside a resolver that gives the
same answer for one object; graphql-core runs that one. A field that says nothing is resolved as
everywhere: an attribute by ``getattr``, a resolver by a call for each object.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

PLAN = "plan"
"""The key of a field's metadata under which one of these stands."""


Exact: TypeAlias = tuple[type, bool]
"""The class of some values, and whether None is among them."""


@dataclass(slots=True)
class Level:
    """One relation on one level of an operation: what its loader is asked for."""

    context: Any
    """The operation's context, as resolvers see it."""
    keys: list[Any]
    """Distinct, and none None: values of the parents' key, or tuples of them."""
    n_parents: int
    """How many parents asked: those that have a key."""
    arguments: Mapping[str, Any]
    """By their names in Python, as a resolver would get them."""
    columns: tuple[str, ...] | None
    """What to select of each row; None for row objects with all of their attributes."""
    fields: frozenset[str]
    """The fields selected between the relation and its rows, by their names in Python."""
    path: str
    """Where the relation stands in the query, such as ``posts.nodes.author``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A relation: a field that is loaded for all objects of a level with one call."""

    load: Callable[[Level], Awaitable[list[Any]]]
    """Gives a value for each key, in their order; an exception in place of a value is that key's
    error. It must queue its keys when called, not when awaited: that is when siblings are."""
    key: tuple[str, ...] = ()
    """The attributes of the parent that make the key: one, or several for a tuple of them. Parents
    whose only one is None have no value. None at all for fields of the root."""
    rows: object = None
    """Names the loader, by something that can be hashed, if its rows can come as sequences: their
    key or the like first, then the columns asked for. All relations of an operation with the same
    loader ask for the same."""
    needs: Callable[[frozenset[str], Mapping[str, Any] | None], Iterable[str]] | None = None
    """The columns that the fields between the relation and its rows read (as in `Level.fields`),
    for arguments; None in place of these where they are known only at run time."""
    exact: Mapping[str, Exact] = field(default_factory=dict)
    """The class of a column's values in rows that come as sequences, and whether some are None, by
    its name: these are written into the answer as they are. Only where it is so for certain, and
    a number within GraphQL's 32 bits; all others are looked at one by one."""
    authorize: Callable[[Any, Mapping[str, Any]], None] | None = None
    """Raises what a viewer is told who may not see the field, from the context and the arguments;
    called once a level."""


@dataclass(frozen=True, slots=True)
class Rows:
    """A field between a relation and its rows: its value is a row, or a list of them."""


@dataclass(frozen=True, slots=True)
class Computed:
    """A field that is a function of some columns of its row, and of its arguments."""

    function: Callable[..., Any]
    """Takes the values of ``reads`` by position and the arguments by name."""
    reads: tuple[str, ...]
    gives: type | None = None
    """The class of all that it returns, if it is just one, in the same sense as `Batch.exact`."""
    per_type: bool = False
    """Whether ``function`` is one that gives the function for a GraphQL type, by its name."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """A field that is one of several columns, chosen by an argument."""

    argument: str
    columns: Mapping[Any, str]
    """The column for each value of the argument, None among them: it may be absent or null."""
