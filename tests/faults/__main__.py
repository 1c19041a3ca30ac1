"""All campaigns in full: `make faults`. Prints their figures; exit code 1 where one is not met."""

import asyncio
import sys
from dataclasses import asdict

from tests.faults import clients, database, leaving, soak
from tests.faults.met import (
    crowd_is_fair,
    ended_in_order,
    leaves_nothing,
    nothing_grew,
    nothing_was_lost,
)
from tests.faults.rig import Rig, another, rig

_POOL = 16
_DRAIN_S, _GRACE_S = 1, 2  # what a lock holds must still wait when both are over: 4 s at most
_FAULTS = {
    "restarted": (database.restarted, 3.0),
    "killed": (database.killed, 3.0),
    "frozen, 5 s": (database.frozen, 5.0),
    "frozen, 20 s": (database.frozen, 20.0),
    "terminated": (database.terminated, 5.0),
}


def _told(name: str, figures: object, unmet: list[str]) -> bool:
    sys.stdout.write(f"\n{name}\n")
    for key, value in asdict(figures).items():  # type: ignore[call-overload]  # all are dataclasses
        shown = f"{value:.3f}" if isinstance(value, float) else value
        sys.stdout.write(f"  {key:<22} {shown}\n")
    for each in unmet:
        sys.stdout.write(f"  NOT MET: {each}\n")
    sys.stdout.flush()
    return not unmet


def _told_to_end(running: Rig) -> bool:
    options = {"GRAPHQL_API_DRAIN_S": str(_DRAIN_S), "GRAPHQL_API_GRACE_S": str(_GRACE_S)}
    met = []
    for name, for_ever in (("what ends", False), ("what never ends", True)):
        with another(running, **options) as server:
            told = leaving.told_to_end(server, drain_s=_DRAIN_S, before_s=3, for_ever=for_ever)
            ended = asyncio.run(told)
        unmet = ended_in_order(ended, _DRAIN_S + _GRACE_S, for_ever=for_ever)
        met.append(_told(f"SIGTERM, and {name} under way", ended, unmet))
    return all(met)


def main() -> None:
    """Run them one after the other on one server."""
    met = []
    with rig(GRAPHQL_API_POOL_SIZE=str(_POOL)) as running:
        for name, (fault, gone_s) in _FAULTS.items():
            suffered = asyncio.run(database.suffered(running, fault, gone_s=gone_s, before_s=3))
            met.append(_told(f"database {name}", suffered, nothing_was_lost(suffered, _POOL)))
        left = asyncio.run(clients.leave(running, 2000))
        met.append(_told("clients hang up", left, leaves_nothing(left, _POOL)))
        crowd = asyncio.run(clients.crowd(running, 40 * _POOL))
        met.append(_told("40 x pool at once", crowd, crowd_is_fair(crowd, _POOL)))
        met.append(_told_to_end(running))
    with rig(GRAPHQL_API_POOL_SIZE="4", GRAPHQL_API_MAX_WAITING_REQUESTS="50") as running:
        room = 2 * 4 + 50
        crowd = asyncio.run(clients.crowd(running, 400, room=room))
        met.append(_told("more than may wait", crowd, crowd_is_fair(crowd, 4, room=room)))
    with rig() as running:
        soaked = asyncio.run(soak.soak(running, 12_000))
        met.append(_told("12,000 requests", soaked, nothing_grew(soaked)))
    sys.exit(not all(met))


if __name__ == "__main__":
    main()
