"""The processes of a server, and how signals end them.

SIGTERM ends them in order, with exit code 0; sent twice it ends them at once, as Ctrl-C does.
"""

import signal
import sys
import time
from types import FrameType
from typing import Any, NoReturn

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import ChangeReload, Multiprocess

_PAUSE_S = 0.05


class _Workers(Multiprocess):
    """Several processes; uvicorn's own would not hear a second signal."""

    def join_all(self) -> None:
        """Wait for their end, or bring it about."""
        while any(each.process.is_alive() for each in self.processes):
            if self.signal_queue:
                for each in self.processes:
                    each.process.kill()
            time.sleep(_PAUSE_S)
        super().join_all()


def run(app: str, **options: Any) -> None:
    """Serve as ``uvicorn.run`` does, until a signal ends it."""
    config = uvicorn.Config(app, **options)
    server = uvicorn.Server(config)
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        if config.should_reload:
            ChangeReload(config, target=server.run, sockets=[config.bind_socket()]).run()
        elif config.workers > 1:
            _Workers(config, sockets=[config.bind_socket()]).run()
        else:
            server.run()
            if not server.started:
                sys.exit(STARTUP_FAILURE)
    except KeyboardInterrupt:
        pass  # uvicorn sends itself again what it was ended by
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    """Be done: uvicorn sends the signal again once all is in order."""
    sys.exit(0)
