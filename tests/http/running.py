"""The real application on a real socket, in a thread of the tests' process."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import uvicorn
from starlette.routing import BaseRoute

from graphql_api.http.app import create_app
from graphql_api.http.protocol import Protocol
from graphql_api.http.websocket.protocol import socket_options
from graphql_api.settings import Settings


@contextmanager
def running(settings: Settings, *routes: BaseRoute) -> Iterator[str]:
    """Serve while the block runs, with ``routes`` of a test's own; give the base of addresses."""
    app = create_app(settings)
    app.routes[:0] = routes
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            app, lifespan="on", http=Protocol, log_config=None, **socket_options(settings)
        )
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
