"""Asking a server over HTTP, and waiting for the answer: httpx gives up after five seconds."""

from typing import Any

import httpx

from tests.support.patience import PATIENCE_S


def client(base: str) -> httpx.Client:
    """Make a client of the server at ``base``."""
    return httpx.Client(base_url=base, timeout=PATIENCE_S)


def get(url: str, **options: Any) -> httpx.Response:
    """Ask once, with ``options`` as httpx has them."""
    return httpx.get(url, timeout=PATIENCE_S, **options)


def post(url: str, **options: Any) -> httpx.Response:
    """Post once, with ``options`` as httpx has them."""
    return httpx.post(url, timeout=PATIENCE_S, **options)
