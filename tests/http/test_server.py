"""The server that people start, as its own process, on the sample content."""

import pytest

from tests.support import asking

BODY = """
{
  posts(first: 2) { totalCount nodes {
    title
    author { displayName }
    comments(first: 1) { totalCount nodes { body } }
    tags { nodes { name } }
    category { path { name } }
  } }
}
"""


def test_it_serves_the_sample_content(live_server: str) -> None:
    answer = asking.post(f"{live_server}/graphql", json={"query": BODY})
    assert answer.status_code == 200
    posts = answer.json()["data"]["posts"]
    assert posts["totalCount"] > len(posts["nodes"]) == 2
    for post in posts["nodes"]:
        assert post["title"]
        assert post["author"]["displayName"]
        assert post["tags"]["nodes"]
        assert post["category"]["path"]
    assert any(post["comments"]["totalCount"] for post in posts["nodes"])


def test_it_is_alive_and_ready_and_says_nothing_of_itself(live_server: str) -> None:
    for path in ("healthz", "readyz"):
        answer = asking.get(f"{live_server}/{path}")
        assert answer.status_code == 200
        assert "server" not in answer.headers


def test_it_shows_graphiql_to_browsers(live_server: str) -> None:
    page = asking.get(f"{live_server}/graphql", headers={"accept": "text/html"})
    assert "GraphiQL" in page.text
    assert "'self'" in page.headers["content-security-policy"]


def test_it_answers_many_requests_of_one_connection(live_server: str) -> None:
    with asking.client(live_server) as client:
        answers = [client.post("/graphql", json={"query": BODY}).json() for _ in range(20)]
    assert all(answer["data"] == answers[0]["data"] for answer in answers)
    assert all("errors" not in answer for answer in answers)


@pytest.mark.parametrize(("path", "status"), [("/graphql", 101), ("/healthz", 404)])
def test_it_takes_websockets_at_the_endpoint_alone(
    path: str, status: int, live_server: str
) -> None:
    answer = asking.get(
        f"{live_server}{path}",
        headers={
            "connection": "upgrade",
            "upgrade": "websocket",
            "sec-websocket-version": "13",
            "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
            "sec-websocket-protocol": "graphql-transport-ws",
        },
    )
    assert answer.status_code == status
