"""The campaigns in a short form."""

import asyncio
import signal
from collections.abc import Iterator

import httpx
import pytest

from tests.faults import clients, database, leaving, met, soak
from tests.faults.rig import Rig, another, rig
from tests.support import asking

POOL = 4


@pytest.fixture(scope="module")
def running() -> Iterator[Rig]:
    """Run a server and its PostgreSQL."""
    with rig(GRAPHQL_API_POOL_SIZE=str(POOL), GRAPHQL_API_MAX_WAITING_REQUESTS="100") as found:
        yield found


@pytest.mark.parametrize(
    ("fault", "gone_s"),
    [
        (database.terminated, 0.5),
        (database.restarted, 0.3),
        (database.killed, 0.3),
        (database.frozen, 1.0),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_nothing_is_lost_where_the_database_fails(
    fault: database.Fault, gone_s: float, running: Rig
) -> None:
    figures = asyncio.run(
        database.suffered(running, fault, gone_s=gone_s, before_s=0.5, after_s=1.0)
    )
    print(figures)  # noqa: T201  # for whoever runs it with -s
    assert met.nothing_was_lost(figures, POOL) == []


def test_an_answer_without_data_for_want_of_the_database_has_its_status(running: Rig) -> None:
    nullable = 'tag(slug: "a") { id }'
    nothing = (f"{{ {nullable} }}", f"{{ {nullable} categories {{ id }} }}")

    def ask(query: str, accept: str) -> httpx.Response:
        headers = {"accept": accept}
        return asking.post(f"{running.base}/graphql", json={"query": query}, headers=headers)

    running.stop_database(signal.SIGINT)
    try:
        for accept in ("application/graphql-response+json", "application/json"):
            for query in nothing:
                answer = ask(query, accept)
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
                assert answer.headers["content-type"].startswith(accept)
                assert answer.json().keys() == {"errors"}
                codes = {error["extensions"]["code"] for error in answer.json()["errors"]}
                assert codes == {"UNAVAILABLE"}
            some = ask(f"{{ kind: __typename {nullable} }}", accept)
            assert (some.status_code, "retry-after" in some.headers) == (200, False)
            assert some.json()["data"] == {"kind": "Query", "tag": None}
    finally:
        with running.database_again():
            pass


def test_clients_that_hang_up_leave_nothing(running: Rig) -> None:
    left = asyncio.run(clients.leave(running, 150))
    print(left)  # noqa: T201  # figures are what a campaign is for
    assert met.leaves_nothing(left, POOL) == []


def test_a_crowd_is_answered_in_turn_or_sent_away(running: Rig) -> None:
    room = 2 * POOL + 100
    crowd = asyncio.run(clients.crowd(running, 40 * POOL, room=room))
    print(crowd)  # noqa: T201  # figures are what a campaign is for
    assert met.crowd_is_fair(crowd, POOL, room=room) == []


@pytest.mark.parametrize(("for_ever", "grace_s"), [(False, 10), (True, 1)])
def test_a_server_that_is_told_to_end_finishes_what_ends(
    grace_s: int, running: Rig, *, for_ever: bool
) -> None:
    options = {"GRAPHQL_API_DRAIN_S": "0.5", "GRAPHQL_API_GRACE_S": str(grace_s)}
    with another(running, **options) as server:
        told = leaving.told_to_end(server, drain_s=0.5, before_s=0.3, for_ever=for_ever)
        ended = asyncio.run(told)
    print(ended)  # noqa: T201  # figures are what a campaign is for
    assert met.ended_in_order(ended, 0.5 + grace_s, for_ever=for_ever) == []


def test_what_a_process_holds_does_not_grow_with_its_requests(running: Rig) -> None:
    soaked = asyncio.run(soak.soak(running, 600))
    print(soaked)  # noqa: T201  # figures are what a campaign is for
    assert met.nothing_grew(soaked) == []
