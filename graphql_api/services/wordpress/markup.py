"""The HTML that WordPress makes of what its editors store."""

import re

from graphql_api.services.text import BLOCK_TAG, Rendered, clean_html

# of WordPress itself; a plugin's stays as it is written, for brackets can be prose
_SHORTCODE = re.compile(
    r"(\[?)(\[/?(?:audio|caption|embed|gallery|playlist|video|wp_caption)(?:[\s=/][^\[\]]*)?\])(\]?)"
)
_BLOCK_EDITOR = "<!-- wp:"
_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")
_LINE_END = re.compile(r"(?<!<br>)\n")
_VOID = {"br", "col", "hr"}
_OF_PARAGRAPHS = {"", "article", "aside", "blockquote", "center", "div", "section"}


def render(source: str) -> Rendered:
    """Make safe HTML of a post's or comment's body.

    WordPress's own shortcodes go, but not what stands between two of them. The classic editor's
    blank lines part paragraphs and its line ends are kept; the block editor writes its HTML whole.
    """
    plain = _SHORTCODE.sub(_without_shortcode, source)
    if _BLOCK_EDITOR in source:
        return clean_html(plain)
    return clean_html(_in_paragraphs(clean_html(plain).html))


def _without_shortcode(found: re.Match[str]) -> str:
    """Drop a shortcode; a doubly bracketed one is shown, with one pair."""
    if found[1] and found[3]:
        return found[2]
    return found[1] + found[3]


def _in_paragraphs(safe: str) -> str:
    """Wrap in ``p`` what stands in no other block; reads only HTML from ``clean_html``."""
    parts: list[str] = []
    inside = [""]
    inline_from = block_from = 0
    for tag in BLOCK_TAG.finditer(safe):
        closing, name = tag.groups()
        if name == "br":
            continue
        block_from = tag.start()
        parts += (_paragraphs(safe[inline_from:block_from], inside[-1]), tag[0])
        inline_from = tag.end()
        if closing:
            inside.pop()
        elif name not in _VOID:
            inside.append(name)
    parts.append(_paragraphs(safe[inline_from:], inside[-1]))
    return "".join(parts)


def _paragraphs(inline: str, parent: str) -> str:
    if parent not in _OF_PARAGRAPHS:
        return inline
    chunks = (chunk.strip() for chunk in _BLANK_LINES.split(inline))
    return "".join(f"<p>{_LINE_END.sub('<br>', chunk)}</p>\n" for chunk in chunks if chunk)
