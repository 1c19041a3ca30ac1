"""The log of a process: JSON, or on a terminal lines for people; the same whoever writes."""

import json
import logging

import pytest

from graphql_api.http.logs import set_up
from tests.http.logging_to import logged


def test_what_others_log_is_written_alike() -> None:
    with logged() as log:
        error = ValueError("a\nb\x1b[31m\x7f")
        logging.getLogger("uvicorn.error").error("of %s\r\n\x85", "uvicorn", exc_info=error)
        logging.getLogger("httpx").info("of no interest")
        [line] = log.lines
        assert line["event"] == "of uvicorn\r\n\x85"
        assert (line["logger"], line["level"]) == ("uvicorn.error", "error")
        assert line["exception"].endswith("ValueError: a\nb\x1b[31m\x7f")
        assert all(character == "\n" or " " <= character <= "~" for character in log.text)


def test_on_a_terminal_people_can_read_it_and_nobody_can_write_to_it() -> None:
    with logged(is_terminal=True) as log:
        error = ValueError("a\nb\x1b[2J\x9b")
        logging.getLogger("graphql_api.test").warning("one\ntwo\x1b[2J\x9b", exc_info=error)
        line, *rest = log.text.splitlines()
        assert "one\\ntwo\\x1b[2J\\x9b" in line
        assert rest == ["ValueError: a", "b\\x1b[2J\\x9b"]
        with pytest.raises(json.JSONDecodeError):
            json.loads(line)


def test_setting_it_up_again_changes_nothing() -> None:
    with logged():
        handlers = logging.root.handlers[:]
        set_up()
        assert logging.root.handlers == handlers
