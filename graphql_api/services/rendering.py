"""A text in every form that rows store, made once per version, off the event loop."""

import asyncio
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

from graphql_api.services.text import Rendered, excerpt, reading_minutes, render_markdown

UNDETERMINED = "und"
"""BCP 47's word for a language that nobody can tell."""

_FEWEST_LETTERS = 20
_LEAST_PROBABILITY = 0.9
_SAMPLE = 5000  # characters; more of them say no more
_loading = threading.Lock()


@dataclass(frozen=True, slots=True)
class Body:
    """A text, and what is derived from it."""

    source: str
    html: str
    text: str
    excerpt: str
    reading_minutes: int
    language: str


async def rendered(source: str) -> Body:
    """Render Markdown in a thread; a long text would keep everybody waiting."""
    return await asyncio.to_thread(_render, source)


async def rendered_words(source: str) -> Rendered:
    """Render Markdown in a thread, for what is neither measured nor listed by language."""
    return await asyncio.to_thread(render_markdown, source)


def _render(source: str) -> Body:
    safe = render_markdown(source)
    return Body(
        source,
        safe.html,
        safe.text,
        excerpt(safe.text),
        reading_minutes(safe.text),
        language_of(safe.text),
    )


def language_of(text: str) -> str:
    """Tell the language of a text, as BCP 47 has it; ``und`` where it is too short to tell."""
    sample = text[:_SAMPLE]
    if sum(map(str.isalpha, sample)) < _FEWEST_LETTERS:
        return UNDETERMINED
    with _loading:
        identify = _identifier()
    language, probability = identify.classify(sample)
    return str(language) if probability >= _LEAST_PROBABILITY else UNDETERMINED


@cache
def _identifier() -> Any:  # the library is not typed
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415  # 0.2 s and 50 MB, for those who write

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
