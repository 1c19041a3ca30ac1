"""A server that is told to end: it says so, serves on for a while, finishes what it has, and ends."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import URL

from tests.cli.command import Process, process
from tests.support import asking
from tests.support.patience import PATIENCE_S
from tests.support.postgres import Link, Server, on_engine
from tests.support.serving import fill

WORKERS = pytest.mark.parametrize("workers", ["1", "2"])
TAGS = {"query": "{ tags(first: 1) { nodes { name } } }"}
LIKE = """mutation ($input: RegisterInput!) {
    register(input: $input) { session { user { id } } errors { message } } }"""


@pytest.fixture(scope="module")
def database(server: Server) -> Iterator[URL]:
    """Lend a database with the sample content."""
    with server.empty_database() as url:
        on_engine(url, fill)
        yield url
