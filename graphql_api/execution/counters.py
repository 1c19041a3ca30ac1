"""What became of operations, counted for whoever watches."""

import logging
from collections import Counter
from dataclasses import dataclass, field

_log = logging.getLogger("graphql_api.execution")


@dataclass(slots=True)
class Counters:
    """Operations since the process began."""

    planned: int = 0
    """Run by a plan."""
    compiled: int = 0
    """Plans made; the others were found in the cache."""
    fallen_back: Counter[str] = field(default_factory=Counter)
    """Run by graphql-core, by reason."""
    rerun: Counter[str] = field(default_factory=Counter)
    """Run by graphql-core after a plan met what it cannot do, by reason."""

    def fell_back(self, operation: str, reason: str) -> None:
        """Count an operation that no plan can run."""
        if not self.fallen_back[reason]:
            _log.info("graphql-core runs %s and others like it: %s", operation, reason)
        self.fallen_back[reason] += 1

    def ran_again(self, operation: str, reason: str) -> None:
        """Count an operation whose plan gave up."""
        if not self.rerun[reason]:
            _log.warning("graphql-core runs %s again after its plan: %s", operation, reason)
        self.rerun[reason] += 1
