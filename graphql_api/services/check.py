"""Checks of what people fill in: every problem of an input is found, not only the first."""

import unicodedata

from graphql_api.errors import BadUserInputError
from graphql_api.services.problem import Code, Problem, RefusedError, ValidationProblem
from graphql_api.services.text import checked_text

_LINE_BREAKING = "\n\r\t"


class Checks:
    """Collects what is wrong with an input; `done` refuses it if anything is."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []

    def add(self, problem: Problem) -> None:
        """Note a problem."""
        self._problems.append(problem)

    def fail(
        self, path: str, message: str, code: Code = Code.INVALID, constraint: str | None = None
    ) -> None:
        """Note that the value of a field cannot be taken; ``path`` is as `tagNames.1`."""
        place = tuple(path.split("."))
        self.add(ValidationProblem(message=message, code=code, path=place, constraint=constraint))

    def line(self, path: str, value: str | None, *, most: int, least: int = 1) -> str:
        """Check a text of one line, and give it without spaces around it."""
        return self._text(path, value, least=least, most=most, allowed="")

    def text(self, path: str, value: str | None, *, most: int, least: int = 1) -> str:
        """Check a text of any number of lines, and give it as it is, with line feeds alone."""
        return self._text(path, value, least=least, most=most, allowed=_LINE_BREAKING)

    def done(self) -> None:
        """End the checks.

        Raises:
            RefusedError: something was wrong.
        """
        if self._problems:
            raise RefusedError(*self._problems)

    def _text(self, name: str, value: str | None, *, least: int, most: int, allowed: str) -> str:
        if value is None:
            self.fail(name, f"'{name}' may not be null", Code.REQUIRED)
            return ""
        if len(value) > most:  # before anything looks at every character
            said = f"'{name}' has {len(value):,} characters, but {most:,} are the most"
            self.fail(name, said, Code.TOO_LONG, f"max_length: {most}")
            return ""
        try:
            checked_text(value)
        except BadUserInputError as error:
            self.fail(name, f"'{name}': {error}")
            return ""
        if strange := _control_character(value, allowed):
            self.fail(name, f"'{name}' may not hold the control character U+{ord(strange):04X}")
            return ""
        clean = value.replace("\r\n", "\n").replace("\r", "\n") if allowed else value.strip()
        if len(clean.strip()) < least:
            self._too_short(name, least)
        return clean

    def _too_short(self, name: str, least: int) -> None:
        if least == 1:
            self.fail(name, f"'{name}' may not be empty", Code.REQUIRED, "min_length: 1")
        else:
            said = f"'{name}' needs {least} characters or more"
            self.fail(name, said, constraint=f"min_length: {least}")


def _control_character(value: str, allowed: str) -> str | None:
    if value.isprintable():
        return None
    return next(
        (each for each in value if unicodedata.category(each) == "Cc" and each not in allowed), None
    )
