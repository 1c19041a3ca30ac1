"""Keys of tests, and hashes that cost next to nothing."""

from dataclasses import replace

from graphql_api.services.people.keys import KeyRing
from graphql_api.services.people.passwords import PARAMETERS

CHEAP = replace(PARAMETERS, memory_cost=64, time_cost=1)

OLD = b"an-old-key-of-32-characters-or-more"
NEW = b"another-key-of-32-characters-or-more"


def ring(**secrets: bytes) -> KeyRing:
    """Make a ring whose first key is the first one given."""
    return KeyRing(next(iter(secrets)), secrets)
