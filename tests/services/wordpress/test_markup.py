"""What becomes of WordPress's markup."""

import pytest

from graphql_api.services.wordpress.markup import render


@pytest.mark.parametrize(
    ("source", "safe"),
    [
        ("", ""),
        ("one", "<p>one</p>\n"),
        ("one\n\ntwo\n \n\nthree", "<p>one</p>\n<p>two</p>\n<p>three</p>\n"),
        ("one\ntwo<br />\nthree", "<p>one<br>two<br>\nthree</p>\n"),
        ("a <b>b\n\nc</b> d", "<p>a <b>b</b></p><b>\n</b><p><b>c</b> d</p>\n"),
        ("a\n<ul>\n<li>b\n\nc</li>\n</ul>\nd", "<p>a</p>\n<ul>\n<li>b\n\nc</li>\n</ul><p>d</p>\n"),
        ("<p>a\nb</p>\n\n<h2>c</h2>", "<p>a\nb</p><h2>c</h2>"),
        (
            "<blockquote>a\n\nb</blockquote>",
            "<blockquote><p>a</p>\n<p>b</p>\n</blockquote>",
        ),
        ("<pre>a\n\nb\nc</pre>", "<pre>a\n\nb\nc</pre>"),
        ("a\n\n<hr>\n\nb", "<p>a</p>\n<hr><p>b</p>\n"),
        ("a\n\n<!--more-->\n\nb", "<p>a</p>\n<p>b</p>\n"),
        ("a<script>\n\nsteal()</script>", "<p>a</p>\n"),
    ],
)
def test_blank_lines_part_paragraphs_outside_blocks(source: str, safe: str) -> None:
    assert render(source).html == safe


def test_html_of_the_block_editor_is_whole_already() -> None:
    source = '<!-- wp:paragraph {"a":1} -->\n<p>a</p>\n<!-- /wp:paragraph -->\n\n<!-- wp:more -->b'
    assert render(source).html.split() == ["<p>a</p>", "b"]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ('a [gallery ids="1,2"] b', "a b"),
        ("[audio src=x][/audio][video/]", ""),
        ('[caption id="x"]<img src="https://a.example/b.png"> Words[/caption]', "Words"),
        ("[embed]https://a.example/[/embed]", "https://a.example/"),
        ("[[gallery]]", "[gallery]"),
        ("[...] [contact-form] [galleryx]", "[...] [contact-form] [galleryx]"),
        ("[[gallery] b]", "[ b]"),
    ],
)
def test_shortcodes_of_wordpress_go_and_others_stay(source: str, text: str) -> None:
    assert render(source).text == text


@pytest.mark.parametrize(
    "piece", ["[gallery ", "\n", " \n", "a\n\n", "[[gallery]", "<p>", "<!--", "<b>\n\n", "<!-- wp:"]
)
def test_half_a_megabyte_of_any_markup_ends_and_does_not_swell(piece: str) -> None:
    source = piece * (500_000 // len(piece))
    assert len(render(source).html) < 10 * len(source)
