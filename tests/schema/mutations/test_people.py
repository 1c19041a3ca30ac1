"""People by GraphQL: they register, log in, stay, change what they may, and leave."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeAlias

import pytest
from sqlalchemy import text

from graphql_api.db.database import Database
from graphql_api.execution import Mode
from graphql_api.models import DEFAULT_TENANT, Account, PostStatus, Role, User, Viewer
from graphql_api.schema import global_id
from graphql_api.services.people.passwords import Passwords
from graphql_api.services.people.people import MOST_PASSWORDS, People
from graphql_api.services.people.sealing import Vault
from graphql_api.services.people.tokens import AccessTokens
from tests.schema.client import Execute, Recorder
from tests.schema.mutations.conftest import errors_of
from tests.services.people.cheap import CHEAP, NEW, OLD, ring
from tests.support.factories import Factory

PASSWORD = "correct horse"
LATER = datetime(2100, 1, 1, tzinfo=UTC)
ERRORS = """errors { __typename message code path ... on RateLimitError { retryAfterSeconds }
    ... on ValidationError { constraint }
    ... on ConflictError { currentVersion current { id } } }"""
SESSION = f"""{{ clientMutationId
    viewer {{ user {{ id username displayName }} tenant {{ id slug }} scopes }}
    tokens {{ accessToken accessTokenExpiresAt refreshToken refreshTokenExpiresAt }} {ERRORS} }}"""
PROFILE = f"{{ user {{ displayName bio avatarUrl }} {ERRORS} }}"
LOGOUT = f"{{ endedSessions {ERRORS} }}"
VIEWER = """{ viewer { user { username email } tenant { slug name } scopes
    drafts(first: 5) { nodes { title } totalCount } } }"""
ANN, BEA = "ann@example.org", "bea@example.org"

Ask: TypeAlias = Callable[..., Any]
As: TypeAlias = Callable[[Viewer], Execute]


@pytest.fixture
def people() -> Iterator[People]:
    """Give what the server has."""
    passwords = Passwords(CHEAP)
    yield People(passwords, AccessTokens(ring(new=NEW)), Vault(ring(new=NEW, old=OLD)))
    passwords.close()


@pytest.fixture(params=list(Mode), ids=lambda mode: mode.value)
def as_(database: Database, people: People, request: pytest.FixtureRequest) -> As:
    """Run operations as a viewer, by one executor."""
    return lambda viewer: Execute(database, viewer=viewer, people=people, modes=[request.param])


@pytest.fixture
def ask(as_: As) -> Ask:
    """Run one mutation, and return its payload."""

    async def run(name: str, payload: str, viewer: Viewer | None = None, **given: Any) -> Any:
        kind = f"{name[0].upper()}{name[1:]}Input"
        mutation = f"mutation ($input: {kind}!) {{ {name}(input: $input) {payload} }}"
        return (await as_(viewer or Viewer()).data(mutation, input=given))[name]

    return run


async def registered(ask: Ask, username: str = "ann") -> Any:
    """Register somebody."""
    email = f"{username}@example.org"
    return await ask("register", SESSION, username=username, email=email, password=PASSWORD)


async def test_whoever_logs_in_is_the_viewer_of_the_rest_of_the_operation(
    ask: Ask, as_: As, make: Factory
) -> None:
    await registered(ask)
    post = await make.post()
    document = """mutation ($post: ID!) {
        before: like(input: {subjectId: $post}) { errors { code } }
        login(input: {username: "ann", password: "correct horse"}) { viewer { user { email } } }
        after: like(input: {subjectId: $post}) { subject { viewerHasLiked } errors { code } }
    }"""
    data = await as_(Viewer()).data(document, post=global_id.encode("Post", post.id))
    assert data == {
        "before": {"errors": [{"code": "UNAUTHENTICATED"}]},
        "login": {"viewer": {"user": {"email": ANN}}},
        "after": {"subject": {"viewerHasLiked": True}, "errors": []},
    }


async def test_a_session_begins_goes_on_and_ends(ask: Ask, people: People) -> None:
    began = await registered(ask, "Ann")
    assert began["errors"] == []
    viewer = began["viewer"]
    assert viewer["user"] == {
        "id": global_id.encode("User", 1),
        "username": "ann",
        "displayName": "ann",
    }
    assert viewer["tenant"] == {"id": global_id.encode("Tenant", 1), "slug": "default"}
    assert viewer["scopes"] == ["COMMENT_WRITE"]
    again = await ask("login", SESSION, username="ANN", password=PASSWORD, clientMutationId="mine")
    assert (again["clientMutationId"], again["viewer"]) == ("mine", viewer)
    tokens = again["tokens"]
    assert tokens["accessTokenExpiresAt"] < tokens["refreshTokenExpiresAt"]
    who = people.tokens.read(tokens["accessToken"], DEFAULT_TENANT)
    assert who == Viewer(DEFAULT_TENANT, 1, Role.READER)
    renewed = await ask("refreshToken", SESSION, refreshToken=tokens["refreshToken"])
    assert renewed["viewer"] == viewer
    token = renewed["tokens"]["refreshToken"]
    ended = await ask("logout", LOGOUT, refreshToken=token, everywhere=True)
    assert ended == {"endedSessions": 2, "errors": []}
    for used in (token, tokens["refreshToken"], began["tokens"]["refreshToken"], "none"):
        refused = await ask("refreshToken", SESSION, refreshToken=used)
        assert (refused["viewer"], refused["tokens"]) == (None, None)
        assert errors_of(refused) == [("UNAUTHENTICATED", "refreshToken")]
        assert (await ask("logout", LOGOUT, refreshToken=used))["endedSessions"] == 0


async def test_what_is_wrong_comes_as_values(ask: Ask) -> None:
    await registered(ask)
    wrong = await ask("register", SESSION, username="a", email="b", password="c", displayName=" ")
    assert errors_of(wrong) == [
        ("INVALID", "username"),
        ("INVALID", "email"),
        ("INVALID", "password"),
        ("REQUIRED", "displayName"),
    ]
    taken = await registered(ask)
    assert errors_of(taken) == [("ALREADY_EXISTS", "username"), ("ALREADY_EXISTS", "email")]
    for _ in range(10):
        failed = await ask("login", SESSION, username="bea", password=PASSWORD)
        assert errors_of(failed) == [("UNAUTHENTICATED", "")]
        assert failed["errors"][0]["__typename"] == "PermissionError"
    limited = await ask("login", SESSION, username="bea", password=PASSWORD)
    assert errors_of(limited) == [("RATE_LIMITED", "")]
    assert 0 < limited["errors"][0]["retryAfterSeconds"] <= 900


async def test_a_password_is_changed_by_its_user_alone(ask: Ask, people: People) -> None:
    began = await registered(ask)
    ann = people.tokens.read(began["tokens"]["accessToken"], DEFAULT_TENANT)
    given = {"currentPassword": PASSWORD, "newPassword": "battery staple"}
    nobody = await ask("changePassword", SESSION, **given)
    assert errors_of(nobody) == [("UNAUTHENTICATED", "")]
    wrong = await ask("changePassword", SESSION, ann, **given | {"currentPassword": "wrong"})
    assert errors_of(wrong) == [("UNAUTHENTICATED", "currentPassword")]
    changed = await ask("changePassword", SESSION, ann, **given)
    assert (changed["errors"], changed["viewer"]) == ([], began["viewer"])
    old = await ask("refreshToken", SESSION, refreshToken=began["tokens"]["refreshToken"])
    assert errors_of(old) == [("UNAUTHENTICATED", "refreshToken")]


async def test_a_profile_is_changed_by_its_user_alone(ask: Ask, make: Factory) -> None:
    user = await make.user(display_name="Ann", bio="Writes.", avatar_url="https://a.b/c")
    ann = await make.viewer(Role.READER, user=user)
    given = {"expectedVersion": 1, "displayName": "Ann B.", "bio": None}
    assert errors_of(await ask("updateProfile", PROFILE, **given)) == [("UNAUTHENTICATED", "")]
    changed = await ask("updateProfile", PROFILE, ann, **given)
    shown = {"displayName": "Ann B.", "bio": None, "avatarUrl": "https://a.b/c"}
    assert changed == {"user": shown, "errors": []}
    late = await ask("updateProfile", PROFILE, ann, **given)
    assert errors_of(late) == [("CONFLICT", "expectedVersion")]
    [error] = late["errors"]
    assert (error["currentVersion"], error["current"]) == (2, {"id": global_id.encode("User", 1)})


async def test_an_operation_works_on_five_passwords_at_most(as_: As, database: Database) -> None:
    guesses = " ".join(
        f'g{number}: login(input: {{username: "u{number}", password: "wrong password"}})'
        " { errors { code } }"
        for number in range(MOST_PASSWORDS + 2)
    )
    data = await as_(Viewer()).data(f"mutation {{ {guesses} }}")
    codes = [payload["errors"][0]["code"] for payload in data.values()]
    assert codes == ["UNAUTHENTICATED"] * 5 + ["LIMIT_EXCEEDED"] * 2
    async with database.transaction() as session:
        counted = await session.scalars(text("SELECT n_failures FROM login_failures"))
        assert sorted(counted) == [0, 0, 1, 1, 1, 1, 1]
    again = await as_(Viewer()).data(f"mutation {{ {guesses} }}")
    assert again == data  # the next operation has five of its own


async def test_the_viewer_is_who_the_token_names(
    as_: As, make: Factory, statements: Recorder
) -> None:
    assert await as_(Viewer()).data(VIEWER) == {"viewer": None}
    editor = await make.viewer(Role.EDITOR, user=await make.user(username="ann"))
    author = await make.user()
    mine = await _user(make, editor)
    for title, status in (("One", "draft"), ("Two", "scheduled"), ("Three", "archived")):
        # of a date that no server of other tests publishes
        await make.post(author=mine, title=title, status=PostStatus(status), published_at=LATER)
    await make.post(author=author, status=PostStatus.DRAFT)
    with statements() as log:
        data = await as_(editor).data(VIEWER)
    assert data["viewer"] == {
        "user": {"username": "ann", "email": None},
        "tenant": {"slug": "default", "name": "Default"},
        "scopes": ["POST_WRITE", "COMMENT_WRITE", "MODERATE", "ANALYTICS_READ"],
        "drafts": {
            "nodes": [{"title": "Three"}, {"title": "Two"}, {"title": "One"}],
            "totalCount": 3,
        },
    }
    assert max(log.loaders.values()) == 1
    with statements() as log:
        assert (await as_(editor).data("{ viewer { scopes } }"))["viewer"]["scopes"]
    assert log.loaders == {}


async def _user(make: Factory, viewer: Viewer) -> User:
    async with make._database.transaction() as session:  # noqa: SLF001  # the row that was made
        return await session.get_one(User, (viewer.tenant_id, viewer.user_id))


async def test_whoever_is_deleted_is_told_to_log_in_again(
    as_: As, make: Factory, database: Database
) -> None:
    ann = await make.viewer()
    async with database.transaction() as session:
        await session.execute(text("UPDATE users SET deleted_at = now()"))
    result = await as_(ann)("{ viewer { user { username } } }")
    assert result.data == {"viewer": None}
    [error] = result.errors or []
    assert error.extensions == {"code": "UNAUTHENTICATED"}


async def test_another_tenant_is_no_node(as_: As, make: Factory) -> None:
    other = await make.tenant()
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Tenant { slug } } }"
    ids = [global_id.encode("Tenant", number) for number in (DEFAULT_TENANT, other.id)]
    assert await as_(Viewer()).data(query, ids=ids) == {"nodes": [{"slug": "default"}, None]}


async def with_email(make: Factory, people: People, email: str) -> Account:
    """Make a user with an address."""
    user = await make.user()
    sealed = people.vault.seal(email, user.tenant_id, user.id)
    return await make.account(user=user, email_sealed=sealed.sealed, email_index=sealed.index)


EMAILS = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on User { email } } }"


def ids_of(*accounts: Account) -> list[str]:
    """Give the global ids of users."""
    return [global_id.encode("User", account.user_id) for account in accounts]


async def test_an_address_is_for_its_user_and_for_administrators(
    as_: As, make: Factory, people: People
) -> None:
    ann, bea = [await with_email(make, people, email) for email in (ANN, BEA)]
    none = await make.account()
    ids = ids_of(ann, bea, none)
    administrator = await make.viewer(Role.ADMINISTRATOR)
    mine = Viewer(DEFAULT_TENANT, ann.user_id, Role.READER)
    for viewer, expected in (
        (administrator, [ANN, BEA, None]),
        (mine, [ANN, None, None]),
        (await make.viewer(Role.EDITOR), [None] * 3),
        (Viewer(), [None] * 3),
    ):
        result = await as_(viewer)(EMAILS, ids=ids)
        assert result.data == {"nodes": [{"email": email} for email in expected]}
        refused = {tuple(error.path or ()) for error in result.errors or ()}
        seen = {0, 1, 2} if viewer is administrator else {0} if viewer is mine else set()
        assert refused == {("nodes", place, "email") for place in {0, 1, 2} - seen}
        assert all(error.extensions == {"code": "FORBIDDEN"} for error in result.errors or ())


async def test_a_hundred_addresses_are_one_statement_and_none_is_asked_for_in_vain(
    as_: As, make: Factory, people: People, statements: Recorder
) -> None:
    accounts = [await with_email(make, people, f"{number}@b") for number in range(100)]
    ids = ids_of(*accounts)
    administrator = await make.viewer(Role.ADMINISTRATOR)
    with statements() as log:
        data = await as_(administrator).data(EMAILS, ids=ids)
    assert data == {"nodes": [{"email": f"{number}@b"} for number in range(100)]}
    assert log.loaders == {"UserById": 1, "EmailByUser": 1}
    with statements() as log:
        result = await as_(Viewer())(EMAILS, ids=ids)
    assert len(result.errors or ()) == 100
    assert log.loaders == {"UserById": 1}


async def test_an_address_that_cannot_be_opened_is_our_fault_and_takes_no_other_along(
    as_: As, make: Factory, people: People, database: Database
) -> None:
    ann, bea = [await with_email(make, people, email) for email in (ANN, BEA)]
    async with database.transaction() as session:
        damaged = "UPDATE accounts SET email_sealed = '\\x00' WHERE user_id = :id"
        await session.execute(text(damaged), {"id": ann.user_id})
    result = await as_(await make.viewer(Role.ADMINISTRATOR))(EMAILS, ids=ids_of(ann, bea))
    assert result.data == {"nodes": [{"email": None}, {"email": BEA}]}
    [error] = result.errors or []
    assert (error.extensions or {})["code"] == "INTERNAL"


async def test_what_a_payload_says_of_another_user_is_not_the_viewers(
    ask: Ask, make: Factory
) -> None:
    ann = await make.viewer(user=await make.user(username="someone"))
    await make.post(author=await _user(make, ann), status=PostStatus.DRAFT)
    payload = "{ viewer { user { username } drafts { totalCount } } }"
    given = {"username": "bea", "email": BEA, "password": PASSWORD}
    began = await ask("register", payload, ann, **given)
    assert began["viewer"] == {"user": {"username": "bea"}, "drafts": {"totalCount": 0}}
