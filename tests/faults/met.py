"""What each campaign's figures must be; what is not met is said, one sentence each."""

from tests.faults.clients import Crowd, Left
from tests.faults.database import Figures
from tests.faults.leaving import Ended
from tests.faults.load import OK, Served
from tests.faults.soak import Soaked

_CLEAN = {"UNAVAILABLE", "TIMEOUT", "a part is missing"}
_BACK_WITHIN_S = 2.0
_LONGEST_S = 8.0 + 1.5
"""The deadline, and what a busy machine takes to tell of it."""
_AT_ONCE_S = 1.0
_BUSY_S = 1.5
"""What a busy machine takes to end a process that has nothing left to do."""
_MOST_MB = 5
_MOST_FILES = 8


def nothing_was_lost(figures: Figures, pool: int) -> list[str]:
    """Check what came of a fault of the database."""
    return _unmet(
        {
            **_kept(figures),
            "an error was not clean": figures.said_instead.keys() <= _CLEAN,
            "reads came back too late": figures.read_after_s <= _BACK_WITHIN_S,
            "writes came back too late": figures.written_after_s <= _BACK_WITHIN_S,
            "a request was held beyond its deadline": figures.longest_s <= _LONGEST_S,
            "more connections than the pool has": figures.connections <= pool,
            "a transaction was left open": figures.frozen_transactions == 0,
        }
    )


def leaves_nothing(left: Left, pool: int) -> list[str]:
    """Check what clients that left have left."""
    return _unmet(
        {
            "their statements ran on": left.settled_after_s <= _LONGEST_S,
            "more connections than the pool has": left.connections <= pool,
            "the pool was of no use": left.answered_afterwards == 100,
        }
    )


def crowd_is_fair(crowd: Crowd, pool: int, *, room: int | None = None) -> list[str]:
    """Check what became of a crowd, of which those have to be sent away who found no ``room``."""
    n_answered = crowd.requests if room is None else room
    return _unmet(
        {
            "an error was not clean": crowd.said.keys() <= {OK, *_CLEAN},
            "others than there is room for were answered": crowd.said.get(OK, 0) == n_answered,
            "a request was held beyond its deadline": crowd.longest_s <= _LONGEST_S,
            "some waited much longer than others": crowd.unfair <= 4,
            "more connections than the pool has": crowd.connections <= pool,
        }
    )


def ended_in_order(ended: Ended, at_most_s: float, *, for_ever: bool = False) -> list[str]:
    """Check how a server ended in so many seconds; what waited ``for_ever`` may be cut off."""
    return _unmet(
        {
            "what was under way was cut off": for_ever or ended.held.keys() == {OK},
            "what was cut off was not told so": ended.held.keys() <= {OK, "UNAVAILABLE", "1012"},
            "it was ready for too long": ended.unready_after_s <= _AT_ONCE_S,
            "a request was not answered": ended.answered == ended.requests,
            **_kept(ended),
            "nothing was answered over sockets": ended.socket_answers.get(OK, 0) > 0,
            "a socket's error was not clean": ended.socket_answers.keys() <= {OK, "UNAVAILABLE"},
            "a socket was closed otherwise": ended.sockets_closed.keys() == {"1012"},
            "it took too long": ended.ended_after_s <= at_most_s + _BUSY_S,
            "it did not end as it should": ended.exit_code == 0,
        }
    )


def nothing_grew(soaked: Soaked) -> list[str]:
    """Check that the second half of the requests left nothing."""
    return _unmet(
        {
            "a request failed": soaked.said == {OK: soaked.requests},
            "memory grew": soaked.end.rss_mb - soaked.middle.rss_mb <= _MOST_MB,
            "files grew": soaked.end.files - soaked.start.files <= _MOST_FILES,
        }
    )


def _kept(served: Served) -> dict[str, bool]:
    """Give the rules for whatever a load meets."""
    return {
        "acknowledged writes were lost": served.lost == 0,
        "a write was done twice": served.doubled == 0,
        "a read was wrong": served.wrong_reads == 0,
        "nothing was written": served.acknowledged > 0,
    }


def _unmet(rules: dict[str, bool]) -> list[str]:
    return [name for name, is_met in rules.items() if not is_met]
