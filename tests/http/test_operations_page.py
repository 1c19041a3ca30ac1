"""The runbook names what there is, and nothing else; so do the dashboard and the alerts."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import URL

from graphql_api.errors import ApiError
from graphql_api.http.observing import Observed
from graphql_api.schema.limits.exceeded import LimitName
from tests.http.logging_to import logged
from tests.http.running import running
from tests.schema.client import settings_for
from tests.support import asking

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
ERRORS = (ROOT / "docs/errors.md").read_text(encoding="utf-8")
DASHBOARD = json.loads(
    (ROOT / "monitoring/grafana/dashboards/api.json").read_text(encoding="utf-8")
)
ALERTS = yaml.safe_load((ROOT / "monitoring/alerts.yml").read_text(encoding="utf-8"))
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
METRIC = re.compile(r"\b(?:graphql|process)_[a-z_]+\b")
ASKED = "query Asked { posts { nodes { author { displayName } } } }"


def section(title: str) -> str:
    """Return the part of the page under a title."""
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def first_cells(title: str) -> set[str]:
    """List what stands in code in the first column of a section's table."""
    rows = re.findall(r"^\| (`.+?) \|", section(title), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


@pytest.fixture(scope="module")
def seen(migrated_database: tuple[URL, Callable[[], None]]) -> tuple[dict[str, Any], set[str]]:
    """Serve some operations; return the families of metrics by name, and the fields of the log."""
    url, empty = migrated_database
    empty()
    slow = settings_for(url).model_copy(update={"slow_operation_s": 1e-9})
    with logged() as log, running(slow) as base:
        asking.post(f"{base}/graphql", json={"query": ASKED})
        asking.post(f"{base}/graphql", json={"query": "{ nothing }"})
        asking.post(f"{base}/graphql", content=b"[")
        found = asking.get(f"{base}/metrics").text
        fields = {field for line in log.lines for field in line}
    return {each.name: each for each in text_string_to_metric_families(found)}, fields


def names(families: dict[str, Any]) -> set[str]:
    """List the names under which families are written: those of counters end in `_total`."""
    return {name + "_total" * (each.type == "counter") for name, each in families.items()}


def test_the_page_names_every_metric_and_no_other(seen: tuple[dict[str, Any], set[str]]) -> None:
    assert first_cells("Metrics") == names(seen[0])
    assert set(METRIC.findall(PAGE)) == names(seen[0])


def test_the_page_names_the_labels_of_each_metric(seen: tuple[dict[str, Any], set[str]]) -> None:
    rows = re.findall(r"^\| (`graphql.+?) \| (.*?) \|", section("Metrics"), re.MULTILINE)
    for metrics, labels in rows:
        documented = set(re.findall(r"`(\w+)`", labels))
        for name in re.findall(r"`(\w+)`", metrics):
            samples = seen[0][name.removesuffix("_total")].samples
            found = {label for sample in samples for label in sample.labels} - {"le"}
            assert found <= documented, name


def test_the_page_names_every_field_of_the_log(seen: tuple[dict[str, Any], set[str]]) -> None:
    assert first_cells("The log") - {"exception"} == seen[1]


def test_the_page_names_every_limit() -> None:
    assert first_cells("Limits") == set(get_args(LimitName))


def expressions() -> list[str]:
    """List what the dashboard and the alerts ask Prometheus for."""
    panels = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    return [*panels, *(rule["expr"] for rule in RULES)]


def test_the_dashboard_and_the_alerts_ask_for_what_there_is(
    seen: tuple[dict[str, Any], set[str]],
) -> None:
    found = names(seen[0])
    histograms = {name for name, each in seen[0].items() if each.type == "histogram"}
    found |= {f"{name}_{part}" for name in histograms for part in ("bucket", "sum", "count")}
    for expression in expressions():
        asked = set(METRIC.findall(expression))
        assert asked <= found, expression
        assert asked or expression.startswith("up{"), expression
        assert expression.count("(") == expression.count(")"), expression


def test_every_metric_of_ours_is_on_the_dashboard(seen: tuple[dict[str, Any], set[str]]) -> None:
    shown = " ".join(expressions())
    ours = {name for name in names(seen[0]) if name.startswith("graphql_")}
    assert {name for name in ours if name not in shown} == set()


def test_every_alert_says_what_it_is_and_the_page_what_to_do() -> None:
    assert first_cells("Alerts") == {rule["alert"] for rule in RULES}
    for rule in RULES:
        assert rule.keys() == {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"\d+[mh]", rule["for"])
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"]["summary"]


def test_the_errors_that_alerts_look_for_are_counted_from_the_start() -> None:
    rules = " ".join(rule["expr"] for rule in RULES)
    asked = re.findall(r'graphql_errors_total\{code="(\w+)"\}', rules)
    assert set(asked) == set(Observed().errors)


def codes() -> set[str]:
    """List the codes that our source speaks of."""
    kinds = [ApiError]
    found = set()
    for kind in kinds:
        kinds += kind.__subclasses__()
        found.add(kind.code)
    for path in (ROOT / "graphql_api").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        found.update(re.findall(r'\bcode(?:"?[:=] ?| = )"([A-Z_]{5,})"', source))
        found.update(re.findall(r'"(GRAPHQL_[A-Z_]+_FAILED|BAD_REQUEST|RATE_LIMITED)"', source))
    return found


def test_the_page_names_every_code_of_an_error() -> None:
    known = first_cells("Codes of errors")
    assert codes() <= known
    source = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "graphql_api").rglob("*.py")
    )
    assert [code for code in known if f'"{code}"' not in source] == []
