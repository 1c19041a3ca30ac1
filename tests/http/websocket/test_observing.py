"""Operations over a socket are told of as those over HTTP are."""

from collections.abc import Callable

import pytest
from sqlalchemy import URL

from graphql_api.schema import global_id
from graphql_api.settings import Settings
from tests.http.logging_to import logged
from tests.http.running import running
from tests.http.websocket import schema
from tests.http.websocket.client import asked, begun, heard, subscribe
from tests.http.websocket.test_subscriptions import LIKES, number_of
from tests.schema.client import settings_for
from tests.support.factories import Factory
from tests.support.patience import until

HIDDEN = "a-token-of-somebody"


@pytest.mark.usefixtures("settings")
async def test_each_has_its_line(migrated_database: tuple[URL, Callable[[], None]]) -> None:
    with logged() as log, running(settings_for(migrated_database[0]), schema.route()) as base:
        async with begun(base, f"/graphql?access_token={HIDDEN}") as socket:
            await asked(socket, "query Titles { posts { nodes { title } } }")
            await asked(socket, 'query Wrong { node(id: "x") { id } }')
            await asked(socket, "{ nothing }")
        async with begun(base, schema.PATH) as socket:
            await subscribe(socket, "subscription Counted { counted(to: 2) }")
            while (await heard(socket))["type"] != "complete":
                pass

        async def all_are_told() -> bool:
            return len([line for line in log.lines if line["event"] == "operation"]) == 4

        await until(all_are_told)
    assert HIDDEN not in log.text
    lines = [line for line in log.lines if line["event"] == "operation"]
    told = [(each["name"], each["kind"], each.get("codes"), each["batches"]) for each in lines]
    assert told == [
        ("Titles", "query", None, 1),
        ("Wrong", "query", ["BAD_USER_INPUT"], 0),
        (None, None, ["GRAPHQL_VALIDATION_FAILED"], 0),
        ("Counted", "subscription", None, 0),
    ]
    assert {line["status"] for line in lines} == {None}
    assert len({line["request_id"] for line in lines}) == 4


async def test_the_line_of_a_subscription_counts_what_all_of_its_events_loaded(
    settings: Settings, make: Factory
) -> None:
    post = await make.post()
    with logged() as log, running(settings, schema.route()) as base:
        async with begun(base, schema.PATH) as other, begun(base, schema.PATH) as socket:
            await subscribe(socket, LIKES, id=global_id.encode("Post", post.id))
            for _ in range(3):
                await heard(socket)
                await number_of(other, "poke")
            await heard(socket)
    [line] = [line for line in log.lines if line.get("kind") == "subscription"]
    assert [line[each] for each in ("statements", "batches", "keys", "rows")] == [4, 4, 4, 4]
