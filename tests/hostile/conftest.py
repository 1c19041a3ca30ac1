"""The application that the tests of HTTP ask."""

from tests.http.conftest import base_url as base_url  # noqa: PLC0414  # pytest finds it by name
