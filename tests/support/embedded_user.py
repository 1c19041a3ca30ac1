"""A process that uses the embedded server: python embedded_user.py FOLDER [USER_ID].

It prints the URL of its database, then a line for every Ctrl-C, and leaves when its input ends.
With a user id it becomes that user once Python has read all it needs.
"""

import os
import select
import signal
import sys
from pathlib import Path

from graphql_api.db.embedded import embedded_server
from graphql_api.errors import OperatorError


def main(folder: Path, *user: str) -> None:
    """Use the server in ``folder`` until there is no more input."""
    # a shell that runs the tests in the background has them ignore Ctrl-C, and so their children
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in map(int, user):
        os.setgroups([])
        os.setgid(number)
        os.setuid(number)
    with embedded_server(folder) as server:
        line = server.url("app")
        while line:
            try:
                _say(line)
                line = _input()
            except KeyboardInterrupt:
                line = "interrupted"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _input() -> str:
    # a Ctrl-C in the moment before a read blocks would be seen after it
    while not select.select([sys.stdin], [], [], 0.05)[0]:
        pass
    return sys.stdin.read()


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), *sys.argv[2:])
    except OperatorError as error:
        sys.exit(str(error))
