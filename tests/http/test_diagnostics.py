"""What was loaded for an answer, and by which executor: for operators, and in development."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import URL

from tests.http.running import running
from tests.schema.client import settings_for
from tests.support import asking
from tests.support.factories import Factory

KEY = "made-up-operators-key-for-the-tests-0123"
BATCHES = {"X-GraphQL-Batches": "1"}
REFERENCE = {"X-GraphQL-Execution": "reference"}
OPERATOR = {"X-Diagnostics-Key": KEY}
QUERY = """{ posts { nodes { title writer: author { displayName }
    comments { nodes { body author { displayName } } } } } }"""


@pytest.fixture(scope="module")
def urls(migrated_database: tuple[URL, Callable[[], None]]) -> Iterator[dict[str, str]]:
    """Run the application with an operator's key, and as in development."""
    plain = settings_for(migrated_database[0])
    guarded = plain.model_copy(update={"diagnostics_key": SecretStr(KEY)})
    with (
        running(guarded) as with_key,
        running(plain.model_copy(update={"development": True})) as developing,
    ):
        yield {"key": with_key, "development": developing}


def asked(base: str, *headers: dict[str, str], query: str = QUERY) -> Any:  # JSON
    given = {name: value for each in headers for name, value in each.items()}
    answer = asking.post(f"{base}/graphql", json={"query": query}, headers=given)
    return answer.json()


def planned(base: str) -> float:
    """Return how many operations plans have run so far."""
    text = asking.get(f"{base}/metrics").text
    [line] = [each for each in text.splitlines() if 'executor="plan"' in each]
    return float(line.rpartition(" ")[2])


@pytest.fixture
async def two_posts(make: Factory) -> None:
    for _ in range(2):
        post = await make.post()
        for _ in range(3):
            await make.comment(post=post)


@pytest.mark.usefixtures("two_posts")
@pytest.mark.parametrize("executor", [{}, REFERENCE])
def test_an_answer_says_what_was_loaded_for_it(
    executor: dict[str, str], urls: dict[str, str]
) -> None:
    answer = asked(urls["key"], BATCHES, OPERATOR, executor)
    report = answer["extensions"]["batches"]
    assert report["statements"] == 4
    assert report["milliseconds"] > 0
    told = [
        # those of a level run side by side: which is answered first is the database's affair
        sorted((batch["loader"], batch["paths"], batch["keys"], batch["rows"]) for batch in level)
        for level in (each["batches"] for each in report["levels"])
    ]
    assert told == [
        [("Posts", ["posts"], 1, 2)],
        [
            ("CommentsByPost", ["posts.nodes.comments"], 2, 6),
            ("UserById", ["posts.nodes.writer"], 2, 2),
        ],
        [("UserById", ["posts.nodes.comments.nodes.author"], 6, 6)],
    ]
    for level in report["levels"]:
        for batch in level["batches"]:
            assert batch["statement"].startswith("SELECT")
            assert 0 < batch["distinctKeys"] <= batch["keys"]
            assert 0 <= batch["waitMs"] <= batch["milliseconds"]
            assert batch["startMs"] >= 0


@pytest.mark.usefixtures("two_posts")
@pytest.mark.parametrize("wrong", [{}, {"X-Diagnostics-Key": KEY[:-1]}, {"X-Diagnostics-Key": ""}])
def test_nobody_else_is_told(wrong: dict[str, str], urls: dict[str, str], base_url: str) -> None:
    for base in (urls["key"], base_url):
        assert "extensions" not in asked(base, BATCHES, wrong)
    assert "extensions" not in asked(base_url, BATCHES, OPERATOR)


def test_an_operator_who_does_not_ask_is_not_told(urls: dict[str, str]) -> None:
    assert "extensions" not in asked(urls["key"], OPERATOR)


def test_in_development_every_answer_says_it(urls: dict[str, str]) -> None:
    answer = asked(urls["development"], query="{ categories { id } }")
    assert answer["extensions"]["batches"]["statements"] == 1


def test_an_answer_that_loaded_nothing_says_so(urls: dict[str, str]) -> None:
    report = asked(urls["development"], query="{ __typename }")["extensions"]["batches"]
    assert report == {"statements": 0, "milliseconds": 0.0, "levels": []}


def test_an_operation_that_is_refused_has_no_report(urls: dict[str, str]) -> None:
    answer = asked(urls["development"], query="{ nothing }")
    assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert "extensions" not in answer


def test_the_executor_is_chosen_by_those_who_may(urls: dict[str, str], base_url: str) -> None:
    before = planned(base_url)
    asked(urls["key"], REFERENCE, OPERATOR)
    assert planned(base_url) == before
    asked(urls["key"], REFERENCE)
    asked(base_url, REFERENCE, OPERATOR)
    assert planned(base_url) == before + 2


def test_the_executor_of_a_process_is_a_setting(
    migrated_database: tuple[URL, Callable[[], None]], base_url: str
) -> None:
    settings = settings_for(migrated_database[0]).model_copy(update={"execution": "reference"})
    with running(settings) as base:
        before = planned(base_url)
        assert "errors" not in asked(base)
        assert planned(base_url) == before


def test_both_executors_answer_with_the_same_bytes(urls: dict[str, str]) -> None:
    def body(*headers: dict[str, str]) -> bytes:
        given = {name: value for each in headers for name, value in each.items()}
        times = "{ posts { nodes { publishedAt updatedAt author { createdAt } } } }"
        return asking.post(f"{urls['key']}/graphql", json={"query": times}, headers=given).content

    assert body() == body(REFERENCE, OPERATOR)


def test_metrics_say_what_ran_operations_and_why(base_url: str) -> None:
    asked(base_url, query="{ __schema { queryType { name } } }")
    answer = asking.get(f"{base_url}/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    reason = 'graphql_executions_total{executor="reference",reason="introspection"}'
    assert reason in answer.text
    assert "graphql_plans_compiled_total" in answer.text
