"""Access tokens: ours alone are believed, for as long as they say, by whom they are for."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphql_api.errors import UnauthenticatedError
from graphql_api.models import Role, Viewer
from graphql_api.services.people import tokens as module
from graphql_api.services.people.tokens import AUDIENCE, ISSUER, LIFETIME, AccessTokens
from tests.services.people.cheap import NEW, OLD, ring

FAMILY = UUID("00000000-0000-4000-8000-000000000001")
VIEWER = Viewer(tenant_id=3, user_id=7, role=Role.EDITOR)
NOW = 1_800_000_000
LONG = NEW * 2  # as HS512 wants them
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": AUDIENCE,
    "sub": "7",
    "tenant": 3,
    "role": "editor",
    "sid": FAMILY.hex,
    "iat": NOW,
    "exp": NOW + 900,
}


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now: float = NOW

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


def access_tokens(clock: Clock | None = None) -> AccessTokens:
    """Make what reads tokens with one key."""
    return AccessTokens(ring(new=NEW), clock or Clock())


def signed(
    claims: Any, *, secret: bytes = NEW, header: dict[str, Any] | None = None, by: str = "HS256"
) -> str:
    """Sign claims as we would, but for what is given."""
    payload = json.dumps(claims).encode()
    headers = {"kid": "new"} if header is None else header
    return jwt.PyJWS().encode(payload, secret, algorithm=by, headers=headers)


def without(name: str) -> dict[str, Any]:
    """Leave out a claim."""
    return {key: value for key, value in CLAIMS.items() if key != name}


def refuses(text: str, tenant_id: int = 3) -> bool:
    """Tell whether a token is refused, with the one sentence, twice."""
    tokens = access_tokens()
    said = set()
    for _ in range(2):
        try:
            tokens.read(text, tenant_id)
        except UnauthenticatedError as error:
            said.add((error.code, error.message, error.__cause__))
    return said == {("UNAUTHENTICATED", module._REFUSED, None)}  # noqa: SLF001  # the sentence


def test_a_token_says_who_asks_until_a_quarter_of_an_hour_has_passed() -> None:
    clock = Clock()
    tokens = access_tokens(clock)
    token = tokens.issue(VIEWER, FAMILY)
    assert token.expires_at == datetime.fromtimestamp(NOW, UTC) + timedelta(minutes=15)
    assert tokens.read(token.text, 3) == VIEWER
    clock.now += LIFETIME.total_seconds() - 0.001
    assert tokens.read(token.text, 3) == VIEWER
    clock.now += 0.001
    for reader in (tokens, access_tokens(clock)):  # who has read it before, and who has not
        with pytest.raises(UnauthenticatedError):
            reader.read(token.text, 3)


def test_what_we_issue_is_what_the_tests_sign() -> None:
    token = access_tokens().issue(VIEWER, FAMILY).text
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "kid": "new", "typ": "JWT"}
    assert jwt.decode(token, options={"verify_signature": False}) == CLAIMS
    assert access_tokens().read(signed(CLAIMS), 3) == VIEWER
    assert len(token) < module._LONGEST / 2  # noqa: SLF001  # the bound


def test_a_token_is_good_for_its_own_tenant_alone() -> None:
    tokens = access_tokens()
    token = tokens.issue(VIEWER, FAMILY).text
    assert tokens.read(token, 3) == VIEWER
    with pytest.raises(UnauthenticatedError):
        tokens.read(token, 4)
    assert refuses(token, 4)


def test_the_first_key_signs_and_all_verify() -> None:
    old = AccessTokens(ring(old=OLD), Clock()).issue(VIEWER, FAMILY).text
    both = AccessTokens(ring(new=NEW, old=OLD), Clock())
    assert both.read(old, 3) == VIEWER
    assert jwt.get_unverified_header(both.issue(VIEWER, FAMILY).text)["kid"] == "new"
    assert refuses(old)  # where the old key is no longer set


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "no token",
        "\0",
        "é.é.é",
        "a" * 10_000,
        signed(CLAIMS, secret=OLD),
        signed(CLAIMS, header={}),
        signed(CLAIMS, header={"kid": "old"}),
        signed(CLAIMS, header={"kid": "new", "crit": ["x"], "x": 1}),
        signed(CLAIMS) + ".",
        signed(CLAIMS)[:-2],
        signed(CLAIMS) + "\n",
        " " + signed(CLAIMS),
        *(signed(without(name)) for name in CLAIMS),
        signed([CLAIMS]),
        signed("claims"),
        signed(None),
    ],
)
def test_what_is_no_token_of_ours_is_refused_in_one_sentence(text: str) -> None:
    assert refuses(text)


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("iss", "another"),
        ("aud", "another"),
        ("aud", [AUDIENCE]),
        ("aud", None),
        ("sub", 7),
        ("sub", "07"),
        ("sub", "+7"),
        ("sub", " 7"),
        ("sub", "7_0"),
        ("sub", "\u0667"),
        ("sub", "0"),
        ("sub", "-7"),
        ("sub", str(2**63)),
        ("sub", "9" * 500),
        ("sub", ""),
        ("sub", "ada"),
        ("tenant", "3"),
        ("tenant", 3.0),
        ("tenant", True),
        ("tenant", None),
        ("tenant", [3]),
        ("role", "owner"),
        ("role", "EDITOR"),
        ("role", None),
        ("role", ["editor"]),
        ("role", {}),
        ("sid", "none"),
        ("sid", 1),
        ("sid", str(FAMILY)),
        ("iat", str(NOW)),
        ("iat", None),
        ("exp", str(NOW + 900)),
        ("exp", NOW + 900.5),
        ("exp", True),
        ("exp", NOW),
        ("exp", NOW - 1),
        ("exp", None),
        ("nbf", NOW + 10**12),
    ],
)
def test_a_claim_that_we_would_not_write_is_refused(claim: str, value: object) -> None:
    assert refuses(signed(CLAIMS | {claim: value}))


def test_no_algorithm_but_ours_is_taken_with_our_own_key() -> None:
    tokens = AccessTokens(ring(new=LONG), Clock())
    assert tokens.read(signed(CLAIMS, secret=LONG), 3) == VIEWER
    for algorithm in ("HS384", "HS512"):
        with pytest.raises(UnauthenticatedError):
            tokens.read(signed(CLAIMS, secret=LONG, by=algorithm), 3)


def test_a_signature_is_over_all_of_a_token() -> None:
    head, body, signature = signed(CLAIMS).split(".")
    promoted = json.dumps(CLAIMS | {"role": "administrator"}).encode()
    forged = base64.urlsafe_b64encode(promoted).rstrip(b"=").decode()
    other = base64.urlsafe_b64encode(b'{"alg":"none","kid":"new"}').rstrip(b"=").decode()
    for text in (f"{head}.{forged}.{signature}", f"{other}.{body}.", f"{other}.{body}.{signature}"):
        assert refuses(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
def test_no_text_is_anything_but_refused(text: str) -> None:
    assert refuses(text)


@given(st.sampled_from(sorted(CLAIMS)), JSON)
def test_no_claim_of_any_type_is_anything_but_read_or_refused(claim: str, value: object) -> None:
    text = signed(CLAIMS | {claim: value})
    try:
        viewer = access_tokens().read(text, 3)
    except UnauthenticatedError:
        return
    assert viewer.tenant_id == 3
    assert 0 < viewer.user_id < 2**63
    assert isinstance(viewer.role, Role)


@given(st.integers(0, 400), st.characters(codec="ascii"))
def test_a_token_with_another_character_anywhere_is_refused(place: int, character: str) -> None:
    text = signed(CLAIMS)
    place %= len(text)
    changed = text[:place] + character + text[place + 1 :]
    try:
        viewer = access_tokens().read(changed, 3)
    except UnauthenticatedError:
        return
    # the last character of each part holds bits that stand for nothing
    assert decoded(changed) == decoded(text)
    assert viewer == VIEWER


def decoded(text: str) -> list[bytes]:
    """Give the bytes of a token's parts."""
    return [base64.urlsafe_b64decode(part + "==") for part in text.split(".")]


@given(st.integers(1, 2**63 - 1), st.integers(1, 2**63 - 1), st.sampled_from(Role), st.uuids())
def test_every_viewer_comes_back(tenant_id: int, user_id: int, role: Role, family: UUID) -> None:
    viewer = Viewer(tenant_id, user_id, role)
    tokens = access_tokens()
    text = tokens.issue(viewer, family).text
    assert tokens.read(text, tenant_id) == access_tokens().read(text, tenant_id) == viewer


def test_what_was_read_is_kept_in_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEPT", 3)
    tokens = access_tokens()
    texts = [tokens.issue(Viewer(3, number, Role.READER), FAMILY).text for number in range(1, 10)]
    for text in texts * 2:
        tokens.read(text, 3)
    assert len(tokens._read) == 3  # noqa: SLF001  # what is kept
    assert not refuses(texts[0])


def test_what_is_refused_is_not_kept() -> None:
    tokens = access_tokens()
    for text in ("no token", signed(CLAIMS, secret=OLD)):
        with pytest.raises(UnauthenticatedError):
            tokens.read(text, 3)
    assert tokens._read == {}  # noqa: SLF001  # what is kept


def test_a_token_is_not_shown() -> None:
    token = access_tokens().issue(VIEWER, FAMILY)
    assert token.text not in repr(token)
