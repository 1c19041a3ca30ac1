"""Text as rows store it: safe HTML and plain words, excerpts, reading times and slugs.

Whatever a browser may get comes out of ``nh3`` last, with the allow-list below, so nothing that
Markdown or an import lets through can reach a reader.
"""

import difflib
import html
import math
import re
import unicodedata
from dataclasses import dataclass

import nh3
from markdown_it import MarkdownIt

from graphql_api.errors import BadUserInputError

SLUG_LENGTH = 200
"""Characters in a slug at most, as the columns have it."""
EXCERPT_LENGTH = 500
"""Characters in an excerpt at most, as the column has it."""

_WORDS_PER_MINUTE = 200
_CJK_CHARACTERS_PER_MINUTE = 500

_INLINE = (
    "a abbr acronym b bdi bdo big cite code del dfn em i img ins kbd mark q rp rt ruby s samp "
    "small span strike strong sub sup time tt u var wbr"
)
_BLOCK = (
    "address article aside blockquote br caption center col colgroup dd details div dl dt "
    "figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li ol p pre section summary table "
    "tbody td tfoot th thead tr ul"
)
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "blockquote": {"cite"},
    "code": {"class"},
    "col": {"span"},
    "colgroup": {"span"},
    "del": {"cite", "datetime"},
    "img": {"alt", "height", "src", "width"},
    "ins": {"cite", "datetime"},
    "ol": {"reversed", "start", "type"},
    "q": {"cite"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan", "scope"},
    "time": {"datetime"},
}
_FENCE_LANGUAGE = re.compile(r"language-[\w+#.-]{1,40}")
_WEB_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


def _kept_attribute(_tag: str, name: str, value: str) -> str | None:
    """Keep addresses on the web only, and of classes those that Markdown gives a code block."""
    if name in {"cite", "src"}:
        return value if _WEB_ADDRESS.match(value) else None
    if name == "class":
        return value if _FENCE_LANGUAGE.fullmatch(value) else None
    return value


_CLEANER = nh3.Cleaner(
    tags={*_INLINE.split(), *_BLOCK.split()},
    clean_content_tags={"iframe", "noscript", "object", "script", "style", "svg", "template"},
    attributes=_ATTRIBUTES,
    attribute_filter=_kept_attribute,
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener",
)
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

# An HTML parser takes quadratic time on elements that nest; what does not nest in its own kind (a
# long table's cells, a list's items) may come in any number. 20,000 take half a second at worst.
_NESTING_TAG = re.compile(
    r"<(?!(?:br|col|dd|dt|hr|img|li|p|td|th|tr)[ \t\n\f\r/>])[a-z]", re.IGNORECASE
)
_NESTING_TAGS = 20_000

# both read only what the cleaner wrote: names in lower case, values in double quotes
BLOCK_TAG = re.compile(rf'<(/?)({_BLOCK.replace(" ", "|")})(?:\s[^>"]*(?:"[^"]*"[^>"]*)*)?>')
"""A tag that ends a line, in HTML from ``clean_html``: the slash of a closing one, the name."""
_ANY_TAG = re.compile(r'</?[a-z][^>"]*(?:"[^"]*"[^>"]*)*>')

# Han, kana, bopomofo and their compatibility forms; Korean is written with spaces
_CJK = re.compile(
    "[\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303b\u3041-\u30ff\u3100-\u312f"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U000323af]"
)
_APOSTROPHE = re.compile("['\u2019\u02bc]")
_NO_WORD = re.compile(r"-+")


@dataclass(frozen=True, slots=True)
class Rendered:
    """Two forms of one text: ``html`` for a browser, ``text`` the words alone."""

    html: str
    text: str


def render_markdown(source: str) -> Rendered:
    """Render CommonMark with tables and strikethrough; HTML in it stays where it is safe."""
    return clean_html(_MARKDOWN.render(source))


def clean_html(source: str) -> Rendered:
    """Keep what a blog post needs of ``source`` and nothing that runs, frames or styles.

    ``text`` is plain text, so a ``&lt;b&gt;`` that an author wrote shows in it as ``<b>``; a line
    of it is a block of the HTML. A source with more than 20,000 tags that can nest is shown as it
    is written.
    """
    if len(_NESTING_TAG.findall(source)) > _NESTING_TAGS:
        source = html.escape(source)
    safe = _CLEANER.clean(source)
    return Rendered(html=safe, text=_words(safe))


def excerpt(text: str, limit: int = EXCERPT_LENGTH) -> str:
    """Return the beginning of ``text`` in at most ``limit`` characters, an ellipsis included.

    It ends with a whole word, unless one word alone fills half of it (or there are no spaces, as
    in Japanese).
    """
    flat = " ".join(text.split())
    if len(flat) <= limit:
        return flat
    cut = flat[: limit - 1]
    whole = cut if flat[limit - 1] == " " else cut.rpartition(" ")[0]
    return (whole if len(whole) > limit // 2 else cut).rstrip() + "…"


def reading_minutes(text: str) -> int:
    """Return how many minutes a reader needs, 1 or more, rounded up.

    200 words a minute, and 500 characters a minute of scripts written without spaces (Chinese,
    Japanese): our convention, on the slow side of what studies of adult readers report.
    """
    n_characters = len(_CJK.findall(text))
    n_words = len(_CJK.sub(" ", text).split())
    minutes = n_words / _WORDS_PER_MINUTE + n_characters / _CJK_CHARACTERS_PER_MINUTE
    return max(1, math.ceil(minutes))


def slugify(title: str) -> str:
    """Return the part of an address that names ``title``: letters of any script, digits, hyphens.

    It is in lower case (casefolded, NFKC), has 1 to 200 characters, and is ``untitled`` where the
    title holds no letter or digit.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", title).casefold())
    kept = "".join(
        character if unicodedata.category(character)[0] in "LMN" else "-"
        for character in _APOSTROPHE.sub("", folded)
    )
    slug = _NO_WORD.sub("-", kept).strip("-")
    return slug[:SLUG_LENGTH].rstrip("-") or "untitled"


def checked_text(value: str) -> str:
    """Return ``value``, which PostgreSQL can hold.

    Raises:
        BadUserInputError: it holds a NUL character or half of a surrogate pair.
    """
    if "\0" in value:
        raise BadUserInputError("a text may not hold the NUL character (U+0000)")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadUserInputError("a text may not hold half of a surrogate pair") from None
    return value


def difference(before: str, after: str) -> str:
    """Return the lines in which two texts differ, as a unified diff without its header."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
    return "\n".join(list(lines)[2:])


def _words(safe: str) -> str:
    """Take the tags off HTML that the cleaner wrote; a line a block."""
    lines = BLOCK_TAG.sub("\n", " ".join(safe.split())).split("\n")
    words = (" ".join(html.unescape(_ANY_TAG.sub("", line)).split()) for line in lines)
    return "\n".join(line for line in words if line)
