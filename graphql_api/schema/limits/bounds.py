"""How much a document may hold, and whether it does."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from graphql import OperationType

from graphql_api.schema.limits.exceeded import LimitName, too_many
from graphql_api.schema.limits.measure import Measure
from graphql_api.settings import Settings

# of these no document of ours comes near; they bound what the others leave open
MOST_FIELDS = 1_000
MOST_DIRECTIVES = 100
MOST_FRAGMENTS = 100
MOST_OPERATIONS = 20

# what every tool asks of the schema is 15 fields deep, 235 fields, and lists in lists twice
MOST_QUESTIONS = 5
DEEPEST_QUESTION = 16
MOST_FIELDS_OF_QUESTION = 400
MOST_LISTS_OF_QUESTION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one request may ask for; the defaults are those of the settings."""

    tokens: int = 1_500
    depth: int = 10
    aliases: int = 30
    root_fields: int = 20
    mutations: int = 5
    cost: int = 5_000
    nodes: int = 10_000
    introspection: bool = True
    suggestions: bool = True

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Take what an operator chose."""
        return cls(
            tokens=settings.max_tokens,
            depth=settings.max_depth,
            aliases=settings.max_aliases,
            root_fields=settings.max_root_fields,
            mutations=settings.max_mutations,
            cost=settings.max_cost,
            nodes=settings.max_nodes,
            introspection=settings.shows_introspection,
            suggestions=settings.shows_suggestions,
        )

    def check(self, measured: Measure) -> None:
        """Compare a document with what is allowed.

        Raises:
            LimitExceededError: it holds too much of something; the first is named.
        """
        for limit, what, counted, allowed in self._counted(measured):
            if counted > allowed:
                raise too_many(limit, what, counted, allowed)

    def _counted(self, measured: Measure) -> Iterator[tuple[LimitName, str, int, int]]:
        yield "operations", "operations", measured.n_operations, MOST_OPERATIONS
        yield "fragments", "fragments", measured.n_fragments, MOST_FRAGMENTS
        yield "directives", "directives", measured.n_directives, MOST_DIRECTIVES
        for each in measured.operations.values():
            size = each.size
            yield "depth", "levels of fields", size.depth, self.depth
            if each.kind is OperationType.MUTATION:
                yield "mutations", "mutations", size.width, self.mutations
            yield "root_fields", "fields at its root", size.width, self.root_fields
            yield "aliases", "aliases", size.aliases, self.aliases
            yield "fields", "fields", size.fields, MOST_FIELDS
        asked = measured.introspection
        for what, counted, allowed in (
            ("questions about the schema", asked.roots, MOST_QUESTIONS),
            ("levels in a question about the schema", asked.depth, DEEPEST_QUESTION),
            ("fields in a question about the schema", asked.fields, MOST_FIELDS_OF_QUESTION),
            ("lists in lists of the schema", asked.lists, MOST_LISTS_OF_QUESTION),
        ):
            yield "introspection", what, counted, allowed
