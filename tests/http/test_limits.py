"""Limits, costs and rates as clients meet them."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import URL

from graphql_api.http.rate import believed
from graphql_api.models import DEFAULT_TENANT, Role, Viewer
from graphql_api.schema.limits.exceeded import EXCEEDED
from graphql_api.services.people.keys import token_keys
from graphql_api.services.people.tokens import AccessTokens
from graphql_api.settings import Settings
from tests.http.running import running
from tests.schema.client import settings_for
from tests.support import asking
from tests.support.factories import Factory

COST = {"X-GraphQL-Cost": "1"}
RESPONSE = {"Accept": "application/graphql-response+json"}
PAGE = "query ($n: Int) { posts(first: $n) { nodes { title author { displayName } } } }"
LARGE = "{ posts(first: 100) { nodes { comments(first: 100) { nodes { id } } } } }"
BUDGET = 100
WINDOW_S = 3600


@contextmanager
def serving(url: URL, **changed: Any) -> Iterator[str]:
    """Run an application with other settings than the tests have."""
    with running(settings_for(url).model_copy(update=changed)) as base:
        yield base


@pytest.fixture(scope="module")
def url(migrated_database: tuple[URL, Callable[[], None]]) -> URL:
    """Give the address of the database."""
    return migrated_database[0]


@pytest.fixture(scope="module")
def bare(url: URL) -> Iterator[str]:
    """Run it as an operator does who set nothing."""
    with serving(url, introspection=None, graphiql=None) as base:
        yield base


@pytest.fixture
def metered(url: URL) -> Iterator[str]:
    """Run it where each client may spend a little."""
    with serving(url, rate_limit=BUDGET, rate_window_s=WINDOW_S) as base:
        yield base


def ask(
    base: str, query: str, headers: dict[str, str] | None = None, **more: Any
) -> httpx.Response:
    return asking.post(f"{base}/graphql", json={"query": query, **more}, headers=headers or {})


def only_error(answer: httpx.Response) -> dict[str, Any]:
    assert "data" not in answer.json()
    [error] = answer.json()["errors"]
    return {"message": error["message"], **error["extensions"]}


def left(answer: httpx.Response) -> int:
    return int(answer.headers["RateLimit-Remaining"])


def test_what_costs_too_much_is_refused_with_what_was_counted(base_url: str) -> None:
    for _ in range(2):  # the second time the document was measured before
        error = only_error(ask(base_url, LARGE))
        assert error["code"] == "LIMIT_EXCEEDED"
        assert (error["counted"], error["allowed"]) == (100 + 100 * 100, 5000)
        assert ask(base_url, LARGE, RESPONSE).status_code == 400


def test_variables_decide_whether_it_is_too_much(base_url: str) -> None:
    query = LARGE.replace("{ posts(first: 100)", "query ($n: Int!) { posts(first: $n)")
    assert "errors" not in ask(base_url, query, variables={"n": 49}).json()
    assert only_error(ask(base_url, query, variables={"n": 50}))["counted"] == 5050


def test_things_that_cost_nothing_are_counted_too(base_url: str) -> None:
    comments = "comments(first: 40) { nodes { author { id } post { id } } }"
    error = only_error(ask(base_url, f"{{ posts(first: 100) {{ nodes {{ {comments} }} }} }}"))
    assert (error["counted"], error["allowed"]) == (100 + 3 * 4000, 10_000)


@pytest.mark.parametrize(
    ("query", "allowed"),
    [
        ("{ " + "__typename " * 1500 + "}", 1500),
        ('{ node(id: "' + "x" * 50_000 + '") { id } }', 50_000),
        (
            "{ posts { nodes { author { posts { nodes { author { posts { nodes { author { posts {x",
            10,
        ),
        (
            "{ ...A } fragment A on Query { "
            + "...B " * 2
            + "} fragment B on Query { posts { x } }",
            0,
        ),
    ],
)
def test_a_document_is_measured_before_anything_else_is_said_of_it(
    query: str, allowed: int, base_url: str
) -> None:
    query += "}" * (query.count("{") - query.count("}"))
    error = only_error(ask(base_url, query))
    if allowed:
        assert (error["code"], error["allowed"]) == ("LIMIT_EXCEEDED", allowed)
    else:
        assert error["code"] == "GRAPHQL_VALIDATION_FAILED"


def test_one_of_several_operations_has_to_be_named(base_url: str) -> None:
    query = "query A { a: __typename } query B { b: __typename }"
    for _ in range(2):
        error = only_error(ask(base_url, query))
        assert error["code"] == "BAD_REQUEST"
        assert "operationName" in error["message"]
        assert ask(base_url, query, operationName="B").json() == {"data": {"b": "Query"}}


def test_whoever_wants_to_see_what_it_cost_is_told(base_url: str) -> None:
    expected = {"requested": 5, "budget": 5000, "nodes": 10, "predictedStatements": 2}
    for _ in range(2):
        answer = ask(base_url, PAGE, COST, variables={"n": 5})
        assert answer.json()["extensions"] == {"cost": expected}
    assert "extensions" not in ask(base_url, PAGE, variables={"n": 5}).json()
    refused = ask(base_url, LARGE, COST).json()["extensions"]["cost"]
    assert (refused["requested"], refused["nodes"]) == (10_100, 10_100)


async def test_what_is_predicted_is_what_is_sent(url: URL, make: Factory) -> None:
    for _ in range(2):
        await make.comment(post=await make.post())
    query = """{ posts { totalCount nodes { author { displayName } comments { totalCount nodes {
        author { displayName } } } } } }"""
    with serving(url, development=True) as base:
        told = ask(base, query, COST).json()["extensions"]
    assert told["cost"]["predictedStatements"] == told["batches"]["statements"] == 5


def test_a_client_spends_what_its_operations_cost(metered: str) -> None:
    first = ask(metered, PAGE, variables={"n": 30})
    assert "errors" not in first.json()
    assert first.headers["RateLimit-Limit"] == str(BUDGET)
    assert left(first) == BUDGET - 30
    assert 0 < int(first.headers["RateLimit-Reset"]) <= WINDOW_S
    assert left(ask(metered, PAGE, variables={"n": 30})) == BUDGET - 60
    assert left(ask(metered, "{ __typename }")) == BUDGET - 61


def test_answers_of_several_parts_or_operations_say_what_is_left_too(url: URL) -> None:
    page = {"query": PAGE, "variables": {"n": 20}}
    with serving(url, rate_limit=BUDGET, max_batch_operations=3) as base:
        both = asking.post(f"{base}/graphql", json=[page, page], headers=COST)
        assert left(both) == BUDGET - 40
        assert [each["extensions"]["cost"]["requested"] for each in both.json()] == [20, 20]
        event = ask(base, PAGE, {"Accept": "text/event-stream"}, variables={"n": 20})
        assert left(event) == BUDGET - 60
        deferred = PAGE.replace("title", "... @defer { title }")
        parts = ask(base, deferred, {"Accept": "multipart/mixed", **COST}, variables={"n": 20})
        assert left(parts) == BUDGET - 80
    assert parts.headers["Content-Type"].startswith("multipart/mixed")
    assert '"cost":{"requested":20' in parts.text.split("---")[1]


def test_a_client_that_has_spent_it_all_waits(metered: str) -> None:
    before = Counter(EXCEEDED)
    ask(metered, PAGE, variables={"n": 60})
    refused = ask(metered, PAGE, variables={"n": 60})
    assert EXCEEDED - before == {"rate": 1}
    error = only_error(refused)
    assert (refused.status_code, error["code"]) == (429, "RATE_LIMITED")
    assert 0 < error["retryAfterSeconds"] <= WINDOW_S
    assert int(refused.headers["Retry-After"]) == error["retryAfterSeconds"]
    # what was refused cost nothing, and what is smaller still goes through
    assert left(refused) == BUDGET - 60
    assert "errors" not in ask(metered, PAGE, variables={"n": 40}).json()
    assert left(ask(metered, PAGE, variables={"n": 1})) == 0


def test_a_document_that_is_refused_costs_a_little(metered: str) -> None:
    for spent, query in enumerate(("{ nothing }", "{ ", LARGE, LARGE), 1):
        answer = ask(metered, query)
        assert answer.json()["errors"]
        assert left(answer) == BUDGET - spent


@pytest.mark.parametrize("kind", ["application/json", "application/graphql-response+json"])
def test_whatever_cannot_be_run_costs_a_little_and_says_what_is_left(
    kind: str, metered: str
) -> None:
    def persisted(document_id: str) -> dict[str, Any]:
        return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": document_id}}}

    other = {"query": "{ __typename }", "operationName": "Other"}
    change = {"query": 'mutation { like(input: {subjectId: "x"}) { errors { code } } }'}
    with asking.client(metered) as http:
        http.headers["accept"] = kind
        answers = [
            http.post("/graphql", json=persisted("0" * 64)),
            http.get("/graphql", params={"documentId": "1" * 64}),
            http.post("/graphql", json=other),
            http.post("/graphql", json={"query": "fragment A on Post { id }"}),
            http.get("/graphql", params=change),
            http.post("/graphql", json={"query": "{ __typename }"} | persisted("0" * 64)),
        ]
    assert [left(each) for each in answers] == [BUDGET - n for n in range(1, 7)]
    assert {each.headers["RateLimit-Limit"] for each in answers} == {str(BUDGET)}


def test_who_has_spent_it_all_asks_for_no_unknown_document_either(metered: str) -> None:
    ask(metered, PAGE, variables={"n": BUDGET})
    answer = asking.post(f"{metered}/graphql", json={"documentId": "0" * 64}, headers={})
    assert (answer.status_code, only_error(answer)["code"]) == (429, "RATE_LIMITED")
    assert left(answer) == 0


@pytest.mark.usefixtures("settings")
def test_a_mutation_that_is_refused_is_not_run(metered: str) -> None:
    register = """mutation ($name: String!) { register(input: {username: $name, displayName: "Ann",
        email: "ann@example.com", password: "long-enough-for-all"}) { errors { message } } }"""

    def registered(name: str) -> httpx.Response:
        return ask(metered, register, variables={"name": name})

    assert registered("first").json() == {"data": {"register": {"errors": []}}}
    ask(metered, PAGE, variables={"n": BUDGET - 15})
    assert registered("second").status_code == 429
    query = """{ first: user(by: {username: "first"}) { username }
        second: user(by: {username: "second"}) { username } }"""
    assert ask(metered, query).json()["data"] == {"first": {"username": "first"}, "second": None}


def test_addresses_are_told_apart_behind_a_proxy(metered: str) -> None:
    def spent(address: str) -> int:
        answer = ask(metered, PAGE, {"X-Forwarded-For": address}, variables={"n": 10})
        return BUDGET - left(answer)

    # the second as a socket of both families names it
    assert [spent("192.0.2.1"), spent("::ffff:192.0.2.1"), spent("192.0.2.2")] == [10, 20, 10]
    # who has one address of an IPv6 network has all of them
    assert [spent("2001:db8::1"), spent("2001:db8::2"), spent("2001:db8:0:1::1")] == [10, 20, 10]


def test_a_trusted_proxy_is_known_by_both_of_its_names() -> None:
    assert believed("127.0.0.1, ::1") == "127.0.0.1,::1,::ffff:127.0.0.1"


def test_viewers_are_told_apart_wherever_they_are(metered: str, settings: Settings) -> None:
    tokens = AccessTokens(token_keys(settings))

    def spent(user_id: int, address: str) -> int:
        token = tokens.issue(Viewer(DEFAULT_TENANT, user_id, Role.READER), uuid4()).text
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": address}
        return BUDGET - left(ask(metered, PAGE, headers, variables={"n": 10}))

    assert [spent(5, "192.0.2.1"), spent(5, "192.0.2.2"), spent(6, "192.0.2.1")] == [10, 20, 10]


RATE = "rateLimit { limit cost remaining nodeCount predictedSql }"


def test_an_operation_can_ask_what_it_costs(base_url: str, metered: str) -> None:
    query = f"{{ posts(first: 30) {{ nodes {{ author {{ id }} }} }} {RATE} }}"
    expected = {"cost": 30, "nodeCount": 60, "predictedSql": 2}
    for _ in range(2):
        told = ask(base_url, query).json()["data"]["rateLimit"]
        assert told == expected | {"limit": 5000, "remaining": 4970}
    for times in (1, 2):
        told = ask(metered, query).json()["data"]["rateLimit"]
        assert told == expected | {"limit": BUDGET, "remaining": BUDGET - 30 * times}


@pytest.mark.parametrize("dry", ["dryRun: true", "dryRun: $dry"])
def test_asking_what_it_would_cost_does_nothing_else(dry: str, metered: str) -> None:
    # far more than one request may cost, and than the client may spend
    head = "query ($dry: Boolean = true)" if "$" in dry else "query"
    query = f"""{head} {{ ...L }}
        fragment L on Query {{ a: posts(first: 100) {{ nodes {{ comments(first: 100) {{ nodes {{
        id }} }} }} }} ... {{ rateLimit({dry}) {{ ...R }} }} }}
        fragment R on RateLimit {{ cost nodeCount }}"""
    for times in (1, 2):
        answer = ask(metered, query)
        assert answer.json() == {"data": {"rateLimit": {"cost": 10_100, "nodeCount": 10_100}}}
        assert left(answer) == BUDGET - times
    if "$" in dry:
        assert only_error(ask(metered, query, variables={"dry": False}))["code"] == "LIMIT_EXCEEDED"


def test_a_dry_run_leaves_the_document_as_it_is(base_url: str) -> None:
    query = """query ($dry: Boolean!) { rateLimit(dryRun: $dry) { cost }
        ... @defer { categories { id } } }"""
    for dry in (True, False, True):
        told = ask(base_url, query, variables={"dry": dry}).json()["data"]
        assert ("categories" in told) is not dry


def test_a_dry_run_is_one_operation_s_own_affair(base_url: str) -> None:
    query = """query A { rateLimit(dryRun: true) { cost } posts { nodes { id } } }
        query B { a: __typename }"""
    for _ in range(2):
        told = ask(base_url, query, operationName="A").json()["data"]
        assert told == {"rateLimit": {"cost": 20}}
        assert ask(base_url, query, operationName="B").json()["data"] == {"a": "Query"}


def test_the_schema_is_not_told_unless_it_is_wished(bare: str, base_url: str) -> None:
    for query in ("{ __schema { queryType { name } } }", '{ __type(name: "Post") { name } }'):
        assert "errors" not in ask(base_url, query).json()
        for _ in range(2):
            error = only_error(ask(bare, query))
            assert error["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert ask(bare, "{ __typename }").json() == {"data": {"__typename": "Query"}}


def test_errors_do_not_say_what_else_there_is(bare: str, url: URL) -> None:
    wrong: tuple[tuple[str, dict[str, Any]], ...] = (
        ("{ postz { totalCount } }", {}),
        (
            "query ($o: [PostOrder!]) { posts(orderBy: $o) { totalCount } }",
            {"o": [{"fieldd": "HOT"}]},
        ),
        ("{ posts(wher: {}) { totalCount } }", {}),
    )
    with serving(url, suggestions=True) as helpful:
        for query, variables in wrong:
            for _ in range(2):
                assert "Did you mean" in ask(helpful, query, variables=variables).text
                assert "Did you mean" not in ask(bare, query, variables=variables).text


def test_browsers_get_no_page_unless_it_is_wished(bare: str, base_url: str) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml"}
    assert asking.get(f"{base_url}/graphql", headers=browser).status_code == 200
    refused = asking.get(f"{bare}/graphql", headers=browser)
    assert (refused.status_code, refused.json()["errors"][0]["extensions"]["code"]) == (
        400,
        "BAD_REQUEST",
    )


def test_events_are_limited_as_answers_are(base_url: str) -> None:
    answer = ask(base_url, LARGE, {"Accept": "text/event-stream"})
    assert "LIMIT_EXCEEDED" in answer.text
