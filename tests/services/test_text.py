"""Text: what is made safe, what is left of it in words, and how it is measured."""

import html
import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphql_api.errors import BadUserInputError
from graphql_api.services.text import (
    checked_text,
    clean_html,
    excerpt,
    reading_minutes,
    render_markdown,
    slugify,
)

ATTACKS = (
    "<script>steal()</script>",
    "<ScRiPt src=//evil.example/a.js></sCrIpT >",
    "<scr<script>ipt>steal()</scr</script>ipt>",
    "<img src=x onerror=steal()>",
    "<img src='https://ok.example/a.png' ONLOAD =\n'steal()'>",
    '<img src="javascript:steal()">',
    '<img src="data:image/svg+xml,<svg onload=steal()>">',
    '<a href="javascript:steal()">go</a>',
    '<a href=" \tjava\nscript:steal()">go</a>',
    '<a href="jav&#x09;ascript:steal()">go</a>',
    '<a href="&#106;avascript&colon;steal()">go</a>',
    '<a href="vbscript:steal()">go</a>',
    '<a href="data:text/html;base64,PHNjcmlwdD4=">go</a>',
    "<svg><script>steal()</script></svg>",
    "<svg><a xlink:href='javascript:steal()'><text>x</text></a></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=steal()>",
    "<noscript><p title='</noscript><img src=x onerror=steal()>'>",
    "<iframe src='javascript:steal()'></iframe>",
    "<object data='javascript:steal()'></object><embed src='javascript:steal()'>",
    "<style>@import 'javascript:steal()';</style>",
    "<p style='background:url(javascript:steal())'>x</p>",
    "<form action='javascript:steal()'><button formaction='javascript:steal()'>x</button></form>",
    "<base href='javascript:steal()//'><meta http-equiv=refresh content='0;javascript:steal()'>",
    "<details open ontoggle=steal()>x</details>",
    "<!--><img src=x onerror=steal()>-->",
    "<![CDATA[<script>steal()</script>]]>",
    "<p title='\"><script>steal()</script>'>x</p>",
    "<blockquote cite='javascript:steal()'>x</blockquote>",
    "<code class='language-x onclick=steal()'>x</code>",
    "[go](javascript:steal())",
    "[go](<java\tscript:steal()>)",
    "![x](javascript:steal())",
    "![x](https://ok.example/a.png 'a\" onerror=\"steal()')",
    '```x" onclick="steal()\ncode\n```',
    "<https://ok.example/\"onclick='steal()'>",
    "|a|\n|-|\n|<img src=x onerror=steal()>|",
)
NAMES = "a on p b td img svg math style title script iframe template textarea table"
PIECES = st.sampled_from(
    [
        *"<>\"'=&;/ \n\t`*_~[]()!#|-:",
        *NAMES.split(),
        *("<p>", "</p>", "<b>", "<img ", "<a href=", "onload=", "<!--", "-->", "<![CDATA[", "]]>"),
        *("javascript:", "java\tscript:", "&#106;avascript:", "<script>", "</script>", "&lt;"),
    ]
)
SOURCES = st.lists(PIECES | st.text(max_size=3), max_size=40).map("".join)

TAG = re.compile(r'<(?P<name>/?[a-z0-9]+)(?P<attributes>(?:\s[^\s=>"]+="[^"]*")*)>')
ATTRIBUTE = re.compile(r'\s([^\s=>"]+)="([^"]*)"')
ADDRESSES = {"href", "src", "cite"}


def dangers(safe: str) -> list[str]:
    """Take cleaned HTML apart and list what could run; independent of how it was cleaned."""
    found = ["loose <" for loose in [TAG.sub("", safe)] if "<" in loose]
    for tag in TAG.finditer(safe):
        if tag["name"].strip("/") in {"script", "style", "iframe", "svg", "math", "object", "form"}:
            found.append(tag[0])
        for name, value in ATTRIBUTE.findall(tag["attributes"]):
            scheme = re.match(r"[\x00-\x20]*([a-z\s]+):", html.unescape(value), re.IGNORECASE)
            schemes = {"http", "https", "mailto", "tel"}
            if name in ADDRESSES and scheme and scheme[1].lower() not in schemes:
                found.append(tag[0])
            if name.startswith("on") or name in {"style", "srcdoc", "formaction", "xlink:href"}:
                found.append(tag[0])
    return found


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_of_an_attack_can_run(attack: str) -> None:
    assert dangers(clean_html(attack).html) == []
    assert dangers(render_markdown(attack).html) == []


def test_the_check_for_dangers_sees_them() -> None:
    assert dangers('<p onclick="x">a</p>')
    assert dangers('<a href="java\nscript:x">a</a>')
    assert dangers("<script>x</script>")
    assert dangers("a < b")


@settings(deadline=None)
@given(SOURCES)
def test_no_source_gets_through(source: str) -> None:
    for rendered in (clean_html(source), render_markdown(source)):
        assert dangers(rendered.html) == []
        assert not re.search(r"<[^>]*javascript:", rendered.html, re.IGNORECASE)


@settings(deadline=None)
@given(SOURCES)
def test_cleaning_what_is_clean_changes_nothing(source: str) -> None:
    once = clean_html(source)
    assert clean_html(once.html).html == once.html


@settings(deadline=None)
@given(SOURCES)
def test_text_is_words_and_not_html(source: str) -> None:
    text = render_markdown(source).text
    assert [" ".join(line.split()) for line in text.split("\n") if line] == text.split("\n") or (
        text == ""
    )
    assert clean_html(html.escape(text)).text == " ".join(text.split())


@settings(deadline=None)
@given(st.lists(st.sampled_from(["<p>", "</p>", "<b>", "<td title='a>b'>", "<br/>", "one "])))
def test_text_has_no_tags(pieces: list[str]) -> None:
    assert not set("<>'") & set(clean_html("".join(pieces)).text)


def test_blog_html_survives() -> None:
    source = (
        '<figure><img src="https://ok.example/a.png" alt="A" width="10" height="5">'
        "<figcaption>A <em>picture</em></figcaption></figure>"
        '<table><thead><tr><th scope="col">H</th></tr></thead>'
        '<tbody><tr><td colspan="2">D</td></tr></tbody></table>'
        '<ol start="3"><li>three</li></ol><blockquote cite="https://ok.example/">said</blockquote>'
        "<ruby>漢<rt>かん</rt></ruby>"
    )
    assert clean_html(source).html == source


def test_a_link_cannot_reach_back() -> None:
    assert clean_html('<a href="https://ok.example/" target="_blank">x</a>').html == (
        '<a href="https://ok.example/" rel="noopener">x</a>'
    )


def test_a_picture_comes_from_the_web_only() -> None:
    for source in ("/a.png", "file:///a.png", "mailto:a@ok.example", "//ok.example/a.png"):
        assert clean_html(f'<img src="{source}" alt="A">').html == '<img alt="A">'


def test_markdown_has_tables_strikethrough_and_html() -> None:
    rendered = render_markdown("|a|\n|-|\n|~~b~~|\n\n<kbd>c</kbd>\n\n```python\n1 < 2\n```")
    assert "<td><s>b</s></td>" in rendered.html
    assert "<kbd>c</kbd>" in rendered.html
    assert '<pre><code class="language-python">1 &lt; 2\n</code></pre>' in rendered.html


def test_text_has_a_line_for_each_block_and_keeps_words_apart() -> None:
    source = "<h1>T &amp; U</h1><p>one\ntwo<br>three <b>fo</b>ur</p><ul><li>a</li><li>b</li></ul>"
    assert clean_html(source).text == "T & U\none two\nthree four\na\nb"


def test_scripts_and_styles_leave_no_words() -> None:
    assert clean_html("<style>p{}</style>a<script>b</script>").text == "a"


def test_tags_nested_without_end_are_shown_as_written() -> None:
    source = "<div>" * 150_000
    assert clean_html(source).text == source
    cells = "<tr><td>1</td></tr>" * 30_000
    assert clean_html(f"<table>{cells}</table>").html.count("<td>") == 30_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("short", "short"),
        ("two  \n words", "two words"),
        ("one two three", "one two…"),
        ("one two thr", "one two thr"),
        ("unbreakablewords", "unbreakabl…"),
        ("a unbreakablewords", "a unbreaka…"),
        ("一二三四五六七八九十一二三", "一二三四五六七八九十…"),
    ],
)
def test_an_excerpt_ends_with_a_word(text: str, expected: str) -> None:
    assert excerpt(text, 11) == expected


@settings(deadline=None)
@given(st.text(), st.integers(min_value=2, max_value=50))
def test_an_excerpt_fits(text: str, limit: int) -> None:
    short = excerpt(text, limit)
    assert len(short) <= limit
    assert " ".join(text.split()).startswith(short.removesuffix("…"))


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("", 1),
        ("word " * 200, 1),
        ("word " * 201, 2),
        ("字" * 500, 1),
        ("字" * 501, 2),
        ("かなカナ" * 250, 2),
        ("字" * 250 + " word" * 101, 2),
        ("한국어 " * 200, 1),
    ],
)
def test_reading_time_counts_words_and_characters(text: str, minutes: int) -> None:
    assert reading_minutes(text) == minutes


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Hello, World!", "hello-world"),
        ("Don't panic: it's fine", "dont-panic-its-fine"),
        ("  -- A -- B --  ", "a-b"),
        ("Straße Ⅳ ﬁn", "strasse-iv-fin"),
        ("日本語の題名", "日本語の題名"),
        ("Cafe\u0301", "caf\u00e9"),
        ("नमस्ते", "नमस्ते"),
        ("", "untitled"),
        ("!?", "untitled"),
        ("x" * 300, "x" * 200),
        ("x" * 199 + " y", "x" * 199),
    ],
)
def test_a_slug_keeps_letters_of_any_script(title: str, slug: str) -> None:
    assert slugify(title) == slug


@settings(deadline=None)
@given(st.text())
def test_a_slug_is_stable_short_and_of_words(title: str) -> None:
    slug = slugify(title)
    assert 1 <= len(slug) <= 200
    assert slugify(slug) == slug
    assert all(unicodedata.category(character)[0] in "LMN" for character in slug.replace("-", ""))


@pytest.mark.parametrize("value", ["a\0b", "\ud800", "\udc00a"])
def test_text_that_postgresql_cannot_hold_is_refused(value: str) -> None:
    with pytest.raises(BadUserInputError, match="a text may not hold"):
        checked_text(value)


def test_any_other_text_is_accepted() -> None:
    assert checked_text("a\x01\n😀") == "a\x01\n😀"
