"""Faults to put into the executor, each of which the comparison has to find."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from graphql import Undefined
from graphql.execution import collect_fields as collecting
from graphql.pyutils import Path

from graphql_api.execution import (
    columns,
    errors,
    executor,
    info,
    leaves,
    objects,
    plan,
    prepared,
    relation,
    shapes,
    started,
)
from graphql_api.execution import compile as compiling
from graphql_api.execution.errors import NULLED, ErrorPass, Failed

Patch = pytest.MonkeyPatch
MUTANTS: dict[str, Callable[[Patch], None]] = {}


def mutant(function: Callable[[Patch], None]) -> Callable[[Patch], None]:
    """Enter a fault under the sentence that its function has for a name."""
    MUTANTS[function.__name__.replace("_", " ")] = function
    return function


@mutant
def lists_are_split_at_the_wrong_places(patch: Patch) -> None:
    original = shapes._Lists.__init__  # noqa: SLF001  # a fault goes to the inside

    def begin(self: Any, flat: Any, sizes: list[int], special: Any) -> None:
        original(self, flat, sorted(sizes), special)

    patch.setattr(shapes._Lists, "__init__", begin)  # noqa: SLF001  # as above


@mutant
def a_column_that_may_be_null_is_written_as_it_is(patch: Patch) -> None:
    original = leaves.Leaf.writes

    def writes(self: Any, exact: Any) -> bool:
        return original(self, exact and (exact[0], False))

    patch.setattr(leaves.Leaf, "writes", writes)


@mutant
def an_object_gets_the_value_of_a_key_by_position(patch: Patch) -> None:
    def finish(self: Any, run: Any) -> list[Any]:
        finished = self._completion.finish(run)
        repeated: list[Any] = finished * len(self._keys)
        return repeated[: len(self._keys)]

    patch.setattr(relation._Spread, "finish", finish)  # noqa: SLF001  # a fault goes to the inside


@mutant
def a_key_of_none_gives_null_where_none_may_be(patch: Patch) -> None:
    original = relation._Spread.finish  # noqa: SLF001  # a fault goes to the inside

    def finish(self: Any, run: Any) -> list[Any]:
        values = original(self, run)
        return [
            None if key is None else value for key, value in zip(self._keys, values, strict=True)
        ]

    patch.setattr(relation._Spread, "finish", finish)  # noqa: SLF001  # as above


@mutant
def an_unreadable_key_counts_as_none(patch: Patch) -> None:
    patch.setattr(relation, "_without_load", lambda _key: None)


@mutant
def what_a_loader_raises_is_swallowed(patch: Patch) -> None:
    original = relation._Spread._checked  # noqa: SLF001  # a fault goes to the inside

    def checked(self: Any, outcome: Any) -> list[Any]:
        if isinstance(outcome, Exception):
            return [None] * len(self._distinct)
        return original(self, outcome)

    patch.setattr(relation._Spread, "_checked", checked)  # noqa: SLF001  # as above


@mutant
def too_few_values_are_filled_up(patch: Patch) -> None:
    original = relation._Spread._checked  # noqa: SLF001  # a fault goes to the inside

    def checked(self: Any, outcome: Any) -> list[Any]:
        if isinstance(outcome, list) and len(outcome) < len(self._distinct):
            outcome = outcome + [None] * (len(self._distinct) - len(outcome))
        return original(self, outcome)

    patch.setattr(relation._Spread, "_checked", checked)  # noqa: SLF001  # as above


def _with_batch(patch: Patch, **changes: Any) -> None:
    original = relation.RelationField.__init__

    def begin(self: Any, batch: Any, *given: Any) -> None:
        original(self, replace(batch, **changes), *given)

    patch.setattr(relation.RelationField, "__init__", begin)


@mutant
def nobody_is_refused(patch: Patch) -> None:
    _with_batch(patch, authorize=None)


@mutant
def what_a_relation_needs_is_not_selected(patch: Patch) -> None:
    _with_batch(patch, needs=None)


@mutant
def rows_are_shared_though_a_resolver_reads_the_path(patch: Patch) -> None:
    original = compiling._Compiler._finish  # noqa: SLF001  # a fault goes to the inside

    def finish(self: Any, field: Any, above: Any) -> None:
        original(self, field, above)
        field.shares = True

    patch.setattr(compiling._Compiler, "_finish", finish)  # noqa: SLF001  # as above


@mutant
def columns_of_rows_are_mistaken(patch: Patch) -> None:
    original = columns.Columns.place
    patch.setattr(columns.Columns, "place", lambda self, name: max(1, original(self, name) - 1))


@mutant
def fields_between_a_relation_and_its_rows_are_not_told(patch: Patch) -> None:
    patch.setattr(compiling, "source_is_near", lambda _scope: False)


@mutant
def null_is_not_propagated(patch: Patch) -> None:
    patch.setattr(ErrorPass, "_null", lambda _self, _shape: None)


@mutant
def null_is_propagated_though_the_operation_says_no(patch: Patch) -> None:
    patch.setattr(ErrorPass, "_null", lambda _self, shape: None if shape.nullable else NULLED)


@mutant
def errors_in_lists_forget_their_index(patch: Patch) -> None:
    def path(above: Any, key: Any, kind: Any) -> Path:
        return Path(above, 0 if kind is None else key, kind)

    patch.setattr(errors, "Path", path)


@mutant
def errors_behind_interfaces_are_not_looked_for(patch: Patch) -> None:
    patch.setattr(objects._Typed, "finish", lambda self, run: self._column.finish(run))  # noqa: SLF001  # a fault goes to the inside


@mutant
def an_exception_counts_as_null(patch: Patch) -> None:
    original = shapes.Shape.absent

    def absent(self: Any, value: Any, run: Any) -> Any:
        hidden = isinstance(value, Exception) and self.nullable
        return original(self, None if hidden else value, run)

    patch.setattr(shapes.Shape, "absent", absent)


@mutant
def undefined_and_null_leaves_may_be_where_none_may_be(patch: Patch) -> None:
    original = leaves.Leaf.exactly

    def exactly(self: Any, value: Any, run: Any) -> Any:
        return None if value is None or value is Undefined else original(self, value, run)

    patch.setattr(leaves.Leaf, "exactly", exactly)


@mutant
def the_range_of_integers_is_not_checked(patch: Patch) -> None:
    patch.setitem(leaves._TESTS, "Int", "")  # noqa: SLF001  # a fault goes to the inside


@mutant
def a_float_may_be_no_number(patch: Patch) -> None:
    patch.setitem(leaves._TESTS, "Float", "")  # noqa: SLF001  # a fault goes to the inside


@mutant
def an_enum_has_one_name_only(patch: Patch) -> None:
    original = leaves._names  # noqa: SLF001  # a fault goes to the inside

    def names(kind: Any) -> dict[Any, str]:
        return dict.fromkeys(original(kind), next(iter(kind.values)))

    patch.setattr(leaves, "_names", names)


@mutant
def fragments_hold_for_every_type(patch: Patch) -> None:
    original = collecting.collect_subfields

    def loosely(*given: Any) -> Any:
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(collecting, "does_fragment_condition_match", lambda *_: True)
            return original(*given)

    patch.setattr(compiling, "collect_subfields", loosely)


@mutant
def fields_with_one_key_are_not_merged(patch: Patch) -> None:
    original = compiling._Compiler._field  # noqa: SLF001  # a fault goes to the inside

    def first_only(self: Any, scope: Any, details: list[Any], *given: Any) -> Any:
        return original(self, scope, details[:1], *given)

    patch.setattr(compiling._Compiler, "_field", first_only)  # noqa: SLF001  # as above


@mutant
def boolean_variables_are_not_in_the_key_of_a_plan(patch: Patch) -> None:
    for way in (executor, prepared):
        patch.setattr(way, "boolean_names", lambda *_: ())


@mutant
def arguments_are_kept_though_a_variable_is_in_them(patch: Patch) -> None:
    patch.setattr(info, "has_variable", lambda _node: False)


@mutant
def one_of_several_columns_is_always_the_first(patch: Patch) -> None:
    def first(one_of: Any, *_: Any) -> Any:
        return next(iter(one_of.columns.values()))

    patch.setattr(plan, "chosen_column", first)
    patch.setattr(compiling, "chosen_column", first)


@mutant
def objects_are_not_asked_for_their_type(patch: Patch) -> None:
    patch.setattr(objects.ObjectShape, "_verdict", lambda *_: True)


@mutant
def objects_of_one_type_lose_their_places(patch: Patch) -> None:
    original = objects._Placed.__init__  # noqa: SLF001  # a fault goes to the inside

    def begin(self: Any, answers: list[Any], parts: Any) -> None:
        original(self, answers, [(sorted(range(len(at))), part) for at, part in parts])

    patch.setattr(objects._Placed, "__init__", begin)  # noqa: SLF001  # as above


@mutant
def paths_below_an_interface_are_those_of_others(patch: Patch) -> None:
    patch.setattr(objects, "_at_places", lambda at, places: lambda: at()[: len(places)])


@mutant
def a_mutation_goes_on_after_all_is_null(patch: Patch) -> None:
    patch.setattr(started, "_ends_mutation", lambda *_: False)


@mutant
def a_failure_in_a_list_is_left_out(patch: Patch) -> None:
    original = shapes._Lists.finish  # noqa: SLF001  # a fault goes to the inside

    def finish(self: Any, run: Any) -> list[Any]:
        lists = original(self, run)
        return [
            [each for each in values if not isinstance(each, Failed)]
            if isinstance(values, list)
            else values
            for values in lists
        ]

    patch.setattr(shapes._Lists, "finish", finish)  # noqa: SLF001  # as above
