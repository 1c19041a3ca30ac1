"""A client that people use: the Python package `gql`."""

import asyncio

import pytest
from gql import Client, gql
from gql.transport.exceptions import TransportConnectionFailed, TransportQueryError
from gql.transport.websockets import WebsocketsTransport
from websockets.exceptions import ConnectionClosed

from graphql_api.models import Role
from graphql_api.services.people.tokens import AccessTokens
from tests.http.websocket.client import address_of, bearer
from tests.http.websocket.schema import PATH
from tests.support.factories import Factory
from tests.support.patience import patience


async def test_it_asks_and_subscribes_as_somebody(
    streams_url: str, make: Factory, tokens: AccessTokens
) -> None:
    viewer = await make.viewer(Role.READER)
    transport = WebsocketsTransport(
        url=address_of(streams_url, PATH),
        init_payload={"Authorization": bearer(tokens, viewer)},
        ping_interval=0.1,
    )
    async with patience(), Client(transport=transport) as session:
        found = await session.execute(gql("{ viewer { scopes } }"))
        assert found == {"viewer": {"scopes": ["COMMENT_WRITE"]}}
        events = session.subscribe(gql("subscription { counted(to: 3) }"))
        assert [event["counted"] async for event in events] == [0, 1, 2]
        async for event in session.subscribe(gql("subscription { endless }")):
            assert event == {"endless": 1}
            break
        with pytest.raises(TransportQueryError) as refused:
            await session.execute(gql("{ nothing }"))
        [error] = refused.value.errors or []
        assert error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
        await asyncio.sleep(0.3)  # it sends pings of its own meanwhile, and expects pongs
        assert await session.execute(gql("{ __typename }")) == {"__typename": "Query"}


@pytest.mark.usefixtures("settings")
async def test_it_hears_that_its_token_proves_nothing(streams_url: str) -> None:
    transport = WebsocketsTransport(
        url=address_of(streams_url, PATH), init_payload={"Authorization": "Bearer forged"}
    )
    async with patience():
        with pytest.raises(TransportConnectionFailed) as refused:
            async with Client(transport=transport):
                pass
    cause = refused.value.__cause__
    assert isinstance(cause, ConnectionClosed)
    assert cause.rcvd
    assert cause.rcvd.code == 4403
