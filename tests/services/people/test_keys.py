"""Key rings: which key is for what, as the settings say."""

import pytest

from graphql_api.services.people.keys import DERIVED, data_keys, derive, token_keys
from graphql_api.settings import Settings
from tests.services.people.cheap import NEW, OLD

ADDRESS = "postgresql://ann@db.example/blog"
SECRET = "a-made-up-key-of-32-characters-or-more"


def settings(**given: str) -> Settings:
    """Make settings in which only the keys matter."""
    return Settings.load(_env_file=None, database_url=ADDRESS, secret_key=SECRET, **given)


def test_without_keys_each_purpose_has_one_of_its_own_from_the_secret_key() -> None:
    tokens, data = token_keys(settings()), data_keys(settings())
    assert list(tokens.secrets) == list(data.secrets) == [DERIVED]
    secrets = {SECRET.encode(), tokens.secrets[DERIVED], data.secrets[DERIVED]}
    assert len(secrets) == 3
    assert {len(secret) for secret in secrets - {SECRET.encode()}} == {32}


def test_keys_that_are_given_sign_alone_and_the_first_signs() -> None:
    ring = token_keys(settings(token_keys=f"new:{NEW.decode()},old:{OLD.decode()}"))
    assert (ring.first, dict(ring.secrets)) == ("new", {"new": NEW, "old": OLD})


def test_what_the_secret_key_sealed_stays_readable_beside_keys_that_are_given() -> None:
    ring = data_keys(settings(data_keys=f"new:{NEW.decode()}"))
    assert ring.first == "new"
    assert list(ring.secrets) == ["new", DERIVED]
    assert ring.secrets[DERIVED] == data_keys(settings()).secrets[DERIVED]


def test_keys_for_two_purposes_differ() -> None:
    assert derive(NEW, "one") != derive(NEW, "other")


@pytest.mark.parametrize("purpose", [token_keys, data_keys], ids=lambda keys: keys.__name__)
def test_a_ring_does_not_show_its_secrets(purpose: object) -> None:
    assert callable(purpose)
    shown = repr(purpose(settings(token_keys=f"a:{SECRET}", data_keys=f"a:{SECRET}")))
    assert "'a'" in shown
    assert "made-up" not in shown
