"""The plan's answers are graphql-core's, byte for byte, for whatever the schema can be asked."""

import asyncio
import gc
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from graphql import ExecutionResult
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncEngine
from strawberry.http import process_result

from graphql_api.db.database import Database
from graphql_api.db.engine import create_engine
from graphql_api.db.monitor import recorded
from graphql_api.execution import Execution, Mode, PlanExecutor
from graphql_api.http.answer import as_json
from graphql_api.loaders.report import Report
from graphql_api.models import DEFAULT_TENANT, Role, Viewer
from graphql_api.schema.build import build_schema
from graphql_api.schema.context import Context
from graphql_api.schema.cursor import CursorCodec
from graphql_api.services.sample import load_sample
from tests.execution.comparison import difference
from tests.schema.client import Execute, settings_for, unlimited
from tests.schema.content import Content, content_of
from tests.schema.operations import Case, cases_about
from tests.support.serving import SECRET_KEY

N_CASES = 300

EVERYTHING = Viewer(DEFAULT_TENANT, 1, Role.ADMINISTRATOR)
"""Who asks: somebody who sees all there is."""

ENTRIES = """
INSERT INTO revisions (tenant_id, subject_type, subject_id, owner_id, version, actor_id, action,
    changes, snapshot)
SELECT 1, kind, id, author_id, version, author_id, 'create', '{"categoryId": [null, 1]}',
    '{"categoryId": 1, "body": "Text"}'
FROM (
    SELECT 'Post', id, author_id, version FROM posts
    UNION ALL SELECT 'Comment', id, author_id, version FROM comments
) AS written (kind, id, author_id, version)
"""
"""An audit log, which the sample has not."""


@dataclass
class Answer:
    """What a client gets, and what it cost."""

    body: bytes
    """Without the errors."""
    errors: list[bytes]
    """In no order: who fails first is a matter of chance."""
    result: ExecutionResult
    """As a client reads it."""
    statements: dict[str, int]
    asked: Counter[tuple[str, str]]
    """The statements for each loader and path."""


@dataclass
class World:
    """A database with the sample in it."""

    runner: asyncio.Runner
    engine: AsyncEngine
    content: Content

    async def answer(self, case: Case, mode: Mode) -> Answer:
        """Run a case as the endpoint does."""
        context = Context.of(
            Database(self.engine),
            EVERYTHING,
            CursorCodec(SECRET_KEY, DEFAULT_TENANT),
            execution=Execution(mode=mode, leaves_times=mode is Mode.PLAN),
            account=unlimited(),
        )
        report = context.loaders.operation.report = Report()
        with recorded(self.engine) as log:
            result = await build_schema().execute(
                case.text, variable_values=case.variables, context_value=context
            )
            await context.loaders.close()
        parts: dict[str, Any] = dict(process_result(result))
        errors = parts.pop("errors", [])
        parts.pop("extensions", None)  # the report, which has times in it
        body = as_json(parts)
        return Answer(
            body,
            sorted(map(orjson.dumps, errors)),
            ExecutionResult(orjson.loads(body)["data"], result.errors),
            log.loaders,
            Counter(
                (batch["loader"], path)
                for level in report.as_json()["levels"]
                for batch in level["batches"]
                for path in batch["paths"]
            ),
        )


@pytest.fixture(scope="module")
def world(migrated_database: tuple[URL, Callable[[], None]]) -> Iterator[World]:
    """Load the sample, and look around in it."""
    url, empty = migrated_database
    empty()
    with asyncio.Runner() as runner:

        async def start() -> World:
            engine = create_engine(settings_for(url))
            database = Database(engine)
            await load_sample(database)
            async with database.transaction() as session:
                await session.execute(text(ENTRIES))
            return World(runner, engine, await content_of(Execute(database, viewer=EVERYTHING)))

        made = runner.run(start())
        yield made
        runner.run(made.engine.dispose())


def check_alike(case: Case, plan: Answer, reference: Answer) -> None:
    """Hold two answers to one another."""
    told = f"{case.text}\n{case.variables}"
    assert b'"INTERNAL"' not in b"".join(plan.errors), told
    assert plan.body == reference.body, told
    if plan.errors != reference.errors:  # which of several is reported may be a matter of chance
        what = difference(reference.result, plan.result, propagates=True)
        assert not what, f"{what}\n{told}\n{reference.errors}\n{plan.errors}"
    assert set(plan.asked.values()) <= {1}, f"{plan.asked}\n{told}"


# minutes would go by until a failing case is as small as it can be: its seed repeats it as it is
@settings(
    max_examples=N_CASES,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def run_cases(world: World, seen: Counter[str], data: st.DataObject) -> None:
    """Compare the executors, and count what the cases were like."""
    case = data.draw(cases_about(world.content))
    plan, reference, again = (  # the last one with a document that is known
        world.runner.run(world.answer(case, mode))
        for mode in (Mode.PLAN, Mode.REFERENCE, Mode.PLAN)
    )
    check_alike(case, plan, reference)
    check_alike(case, again, reference)
    seen["cases"] += 1
    seen["errors"] += bool(plan.errors)
    seen["as many statements"] += bool(plan.errors) or plan.statements == reference.statements
    seen["objects"] += len(re.findall(rb"\{", plan.body))


# graphql-core leaves coroutines behind where a resolver beside them fails at once
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_plans_answer_as_graphql_core_does_byte_for_byte(world: World) -> None:
    counters = PlanExecutor.counters
    planned, rerun = counters.planned, counters.rerun.total()
    fallen_back = counters.fallen_back.copy()
    seen: Counter[str] = Counter()

    run_cases(world, seen)
    gc.collect()  # what graphql-core left behind is of this test, not of a later one

    # a plan goes down level by level, and its rows are of the columns asked for: graphql-core can
    # find in a cache, or in time for another level's statement, what a plan asks for on its own;
    # how often is a matter of how soon the database answers (285 and 286 of 300 were seen)
    assert seen["as many statements"] > seen["cases"] * 0.85
    assert seen["errors"] < seen["cases"] * 0.25
    assert seen["objects"] > seen["cases"] * 10
    assert counters.planned - planned == seen["cases"] * 2
    assert counters.fallen_back - fallen_back == {"asked for": seen["cases"]}
    assert counters.rerun.total() == rerun
