"""``/metrics``: what the server did so far, as Prometheus reads it."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from graphql_api.http.figures import Figures
from graphql_api.http.sharing import Folder, together


class Metrics(Collector):
    """The metrics of a process, or of all that share a folder with it."""

    def __init__(self, figures: Figures, folder: Path | None) -> None:
        self._figures = figures
        self._folder = None if folder is None else Folder(folder)
        self.registry = CollectorRegistry()
        self.registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """Write them."""
        yield from self._figures.collect() if self._folder is None else self._of_all(self._folder)

    def share(self, *, is_ending: bool = False) -> None:
        """Tell the other processes, where there are some."""
        if self._folder is not None:
            with suppress(OSError):  # a full disk costs the counts of a moment, and nothing else
                self._folder.write(self._figures.collect(), is_ending=is_ending)

    def _of_all(self, folder: Folder) -> list[Metric]:
        return together([*self._figures.collect(), *folder.others()])


async def answer_metrics(request: Request) -> Response:
    """Write the metrics."""
    found: Metrics = request.state.metrics
    return Response(generate_latest(found.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
