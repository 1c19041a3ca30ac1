"""Texts that people wrote, in the format that a client wants."""

from enum import Enum
from typing import Annotated, Any

import strawberry


@strawberry.enum
class BodyFormat(Enum):
    """How a text is given."""

    MARKDOWN = strawberry.enum_value(
        "body", description="As written: Markdown, which may hold HTML; not made safe."
    )
    HTML = strawberry.enum_value(
        "body_html", description="Rendered and made safe: no script, no style, no frame."
    )
    TEXT = strawberry.enum_value("body_text", description="The words alone.")


Format = Annotated[BodyFormat | None, strawberry.argument(description="How to give the text.")]


def body_of(root: Any, format: Format = BodyFormat.MARKDOWN) -> str:
    """Pick the column that holds the format; each was rendered when the text was written."""
    text: str = getattr(root, str((format or BodyFormat.MARKDOWN).value))
    return text
