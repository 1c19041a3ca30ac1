"""Texts that people wrote, in the format that a client wants."""

from enum import Enum
from typing import Any

import strawberry

from graphql_api.schema.arguments import argument
from graphql_api.schema.columns import one_of


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


_FORMAT = argument(
    "format", BodyFormat | None, "How to give the text.", default=BodyFormat.MARKDOWN
)
_COLUMNS = {None: "body"} | {member: str(member.value) for member in BodyFormat}


def body_field() -> Any:
    """Declare the field `body`; each format was rendered when the text was written."""
    return one_of(_FORMAT, _COLUMNS, "The text.")
