"""What each request may ask for, and who pays for it."""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple, Self

from starlette.types import Scope

from graphql_api.http.diagnostics import Headers
from graphql_api.models import NOBODY, Viewer
from graphql_api.schema.limits.account import Account
from graphql_api.schema.limits.bounds import Limits
from graphql_api.schema.limits.meter import Meter
from graphql_api.settings import Settings

_COST = b"x-graphql-cost"

# one customer of a network gets this much of IPv6, and can use another address each time
_IPV6_PREFIX = 64


class Rate(NamedTuple):
    """What a process allows, and where it counts what clients spend; nowhere where it does not."""

    limits: Limits
    meter: Meter | None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Take what an operator chose."""
        meter = None
        if settings.rate_limit:
            storage = settings.rate_storage
            address = None if storage is None else storage.get_secret_value()
            meter = Meter(settings.rate_limit, settings.rate_window_s, address)
        return cls(Limits.of(settings), meter)

    async def close(self) -> None:
        """End what it holds."""
        if self.meter is not None:
            await self.meter.close()


def account_of(rate: Rate, scope: Scope, headers: Headers, viewer: Viewer) -> Account:
    """Open the account of one operation."""
    meter = rate.meter
    client = "" if meter is None else client_of(scope, viewer)
    return Account(rate.limits, meter, client, is_shown=headers.get(_COST) == b"1")


def headers_of_all(accounts: Iterable[Account]) -> dict[str, str]:
    """Write what is left after all operations of a request, which one client paid for."""
    paid = [each for each in accounts if each.window is not None]
    last = min(paid, key=lambda each: each.window.remaining if each.window else 0, default=None)
    return {} if last is None else last.headers()


def believed(proxies: str) -> str:
    """List trusted proxies also as a socket of both families names those of IPv4."""
    named = [each.strip() for each in proxies.split(",")]
    mapped = [f"::ffff:{each}" for each in named if "." in each and "/" not in each]
    return ",".join([*named, *mapped])


def client_of(scope: Scope, viewer: Viewer) -> str:
    """Name who pays: the viewer, or else the address that the request came from.

    uvicorn has put in the address that a proxy told of, where the proxy is trusted.
    """
    if viewer.user_id != NOBODY:
        return f"user/{viewer.tenant_id}/{viewer.user_id}"
    host = scope["client"][0] if scope.get("client") else "unknown"
    return f"address/{_network(host)}"


@lru_cache(1024)
def _network(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:  # a socket of the file system, or a test's
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:  # as a socket of both families names it
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address), _IPV6_PREFIX), strict=False))
    return host
