"""Variables for our server: ids are global ones, and the cursor of an anchor is asked for.

The rig imports this file into its own Python, which does not have the project.
"""

import base64
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

# the filter is no part of a cursor, so that one from this list fits the whole list;
# posts that share their time with the anchor are few
CURSORS = """query ($from: DateTime!, $to: DateTime!) {
  posts(first: 100, where: { publishedAt: { gte: $from, lt: $to } }) {
    edges { cursor node { databaseId } }
  }
}"""


def variables(case: Any, ask: Callable[[str, dict[str, Any]], Any]) -> dict[str, Any]:
    """Turn a case's canonical variables into ours; ``ask`` puts a query to our server."""
    if case.name == "single":
        return {"id": base64.b64encode(f"Post:{case.variables['id']}".encode()).decode()}
    if case.anchor is None:
        return {"first": case.variables["first"]}
    return {"first": case.variables["first"], "after": _cursor(case.anchor, ask)}


def _cursor(anchor: Any, ask: Callable[[str, dict[str, Any]], Any]) -> str:
    moment = datetime.fromisoformat(anchor.created_at)
    second = {"from": moment.isoformat(), "to": (moment + timedelta(seconds=1)).isoformat()}
    edges = ask(CURSORS, second)["data"]["posts"]["edges"]
    found = {int(edge["node"]["databaseId"]): edge["cursor"] for edge in edges}
    return str(found[anchor.id])
