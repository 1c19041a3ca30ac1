"""What watches an application while it lives: its metrics, and who tells of its operations."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from graphql_api.db.database import Database
from graphql_api.execution.cache import BoundedCache
from graphql_api.http.attending import Attendant
from graphql_api.http.figures import Figures
from graphql_api.http.lag import Lag
from graphql_api.http.metrics import Metrics
from graphql_api.http.observing import Observer
from graphql_api.settings import Settings


@contextmanager
def watched(
    settings: Settings,
    database: Database,
    attendant: Attendant,
    caches: Mapping[str, BoundedCache[Any]],
) -> Iterator[tuple[Observer, Metrics]]:
    """Watch an application, in its event loop, until it ends."""
    lag = Lag()
    observer = Observer(settings)
    metrics = Metrics(Figures(database, attendant, caches, lag), settings.metrics_folder)
    lag.start(metrics.share)
    try:
        yield observer, metrics
    finally:
        lag.stop()
        metrics.share(is_ending=True)
        observer.close()
