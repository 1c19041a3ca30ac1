"""Columns of which the driver gives values of just one class: plans write these unseen."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.db.database import Database
from graphql_api.loaders.base import BatchLoader
from graphql_api.loaders.comment import CommentById, CommentsByPost
from graphql_api.loaders.exact import exact_columns
from graphql_api.loaders.link import LikedPosts
from graphql_api.loaders.operation import Operation
from graphql_api.loaders.post import PostById, PostsByTag
from graphql_api.loaders.registry import Loaders
from graphql_api.loaders.user import LikersByPost, UserById
from graphql_api.models import Viewer
from tests.loaders.questions import LISTS, PUBLIC, batches
from tests.loaders.reference import Reference
from tests.loaders.test_page import FEW
from tests.loaders.test_selecting import every_key, listed
from tests.loaders.world import Content, contents, written


@pytest.mark.parametrize("name", PUBLIC)
@FEW
@given(content=contents(), data=st.data())
async def test_every_value_of_an_exact_column_is_of_its_class(
    name: str, content: Content, data: st.DataObject, database: Database
) -> None:
    world = await written(database, content)
    loader: BatchLoader[Any, Any] = getattr(
        Loaders(Operation(database.reader(1), Viewer(world.tenant_id))), name
    )
    is_list = name in LISTS
    keys = data.draw(batches(name, Reference(world))) if is_list else every_key(name, world)
    found = await loader.load_many(keys)
    rows = [row for each in found for row in (each.rows if is_list else listed(each))]

    for column, (kind, may_be_null) in exact_columns(type(loader)).items():
        for row in rows:
            value = getattr(row, column)
            assert value.__class__ is kind or (value is None and may_be_null), column


def test_texts_and_times_are_exact_and_whole_numbers_only_where_they_are_small() -> None:
    assert exact_columns(PostById)["title"] == (str, False)
    assert exact_columns(PostById)["published_at"] == (datetime, True)
    assert exact_columns(PostById)["reading_minutes"] == (int, False)
    assert exact_columns(UserById)["bio"] == (str, True)
    assert "id" not in exact_columns(PostById), "a BIGINT is no Int of GraphQL"


def test_a_column_that_a_list_takes_from_elsewhere_is_as_it_is_there() -> None:
    assert exact_columns(PostsByTag)["published_at"] == (datetime, True)
    assert exact_columns(LikersByPost)["since"] == (datetime, False)


def test_what_stands_for_a_column_is_null_only_where_that_may_be() -> None:
    for loader in (CommentById, CommentsByPost):
        exact = exact_columns(loader)
        assert {exact[name] for name in ("body", "body_html", "body_text")} == {(str, False)}
        assert exact["guest_name"] == (str, True)
        assert exact["deleted_at"] == (datetime, True)


def test_loaders_of_values_have_no_columns() -> None:
    assert exact_columns(BatchLoader) == {}
    assert exact_columns(LikedPosts) == {}
