"""What seeded people, posts and comments are called and say, put together from ``wording.toml``."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import accumulate
from random import Random
from typing import Any, TypeVar

from graphql_api.services.text import render_markdown

_PARAGRAPHS = 4
"""Paragraphs made of each sentence of a language."""
_INTERLUDES = 0.4
"""Paragraphs that have a heading, a quote, a list or code before them."""

T = TypeVar("T")


def pick(rng: Random, choices: Sequence[T]) -> T:
    """Return one of ``choices``; three times as fast as ``Random.choice``."""
    return choices[int(rng.random() * len(choices))]


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of Markdown and what it renders to."""

    source: str
    html: str
    text: str

    @classmethod
    def joined(cls, blocks: Sequence["Piece"]) -> "Piece":
        """Return blocks that stand apart as one text: it renders to what each of them does."""
        return cls(
            "\n\n".join(block.source for block in blocks),
            "".join(block.html for block in blocks),
            "\n".join(block.text for block in blocks),
        )


@cache
def rendered(source: str) -> Piece:
    """Return ``source`` rendered, which happens once a process."""
    result = render_markdown(source)
    return Piece(source, result.html, result.text)


class Language:
    """The words of one language."""

    def __init__(self, words: dict[str, Any], code_blocks: list[str], emoji: list[str]) -> None:
        self.code: str = words["code"]
        self.share: int = words["share"]
        self._words = words
        self._emoji = emoji
        # the space between sentences; Japanese has none
        self._space = "" if self.code == "ja" else " "
        rng = Random(self.code)  # noqa: S311  # text, not a secret
        sentences: list[str] = words["sentences"]
        self.paragraphs = [
            rendered(self._space.join(rng.sample(sentences, rng.randrange(2, 5))))
            for _ in range(_PARAGRAPHS * len(sentences))
        ]
        headings = [rendered(f"## {heading}") for heading in words["headings"]]
        quotes = [rendered(f"> {sentence}") for sentence in sentences[:6]]
        lists = [
            rendered("\n".join(f"{mark} {item}" for item in rng.sample(words["subjects"], 3)))
            for mark in ("-", "-", "1.")
        ]
        self._interludes = headings * 4 + quotes + lists + [rendered(code) for code in code_blocks]

    def name(self, rng: Random) -> str:
        """Return a person's name."""
        given, family = pick(rng, self._words["given"]), pick(rng, self._words["family"])
        return f"{family} {given}" if self.code == "ja" else f"{given} {family}"

    def title(self, rng: Random) -> str:
        """Return a title, in plain text."""
        pattern: str = pick(rng, self._words["titles"])
        return pattern.format(pick(rng, self._words["subjects"]))

    def body(self, rng: Random) -> Piece:
        """Return the body of a post: five paragraphs or more, with other blocks between some."""
        blocks = [pick(rng, self.paragraphs)]
        for _ in range(rng.randrange(4, 7)):
            if rng.random() < _INTERLUDES:
                blocks.append(pick(rng, self._interludes))
            blocks.append(pick(rng, self.paragraphs))
        return Piece.joined(blocks)

    def comment(self, rng: Random) -> Piece:
        """Return the body of a comment: one short paragraph."""
        words = self._words
        first, second = pick(rng, words["remarks"]), pick(rng, words["remarks"])
        parts = [pick(rng, words["openers"]), first]
        if first is not second:
            parts.append(second)
        # one emoji a text keeps the number of different texts, which `rendered` holds, small
        return rendered(self._space.join(parts) + self._emoji[len(first) % len(self._emoji)])


@dataclass(frozen=True)
class Wording:
    """Everything in ``wording.toml``."""

    languages: Sequence[Language]
    tags: Sequence[str]
    categories: Sequence[str]
    """Paths such as ``Food > Bread``, each after the path of its parent."""
    adjectives: Sequence[str]
    animals: Sequence[str]

    def language(self, rng: Random) -> Language:
        """Return a language, as often as its share says."""
        weights = list(accumulate(language.share for language in self.languages))
        return rng.choices(self.languages, cum_weights=weights)[0]


@cache
def wording() -> Wording:
    """Read ``wording.toml`` and render its blocks, once a process."""
    words = tomllib.loads(files(__package__).joinpath("wording.toml").read_text("utf-8"))
    return Wording(
        [Language(each, words["code"], words["emoji"]) for each in words["languages"]],
        *(words[name] for name in ("tags", "categories", "adjectives", "animals")),
    )
