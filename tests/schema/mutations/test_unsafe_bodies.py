"""What people write to harm each other is harmless as HTML; more of it than `test_text` has."""

from html.parser import HTMLParser
from typing import Any

from graphql_api.db.database import Database
from graphql_api.execution import Mode
from graphql_api.models import Role
from graphql_api.schema import global_id
from tests.schema.client import Execute
from tests.services.test_text import ATTACKS, dangers
from tests.support.factories import Factory

VECTORS = (
    # elements that run, load or submit something
    "<body onload=steal()>x",
    "<frameset onload=steal()><frame src=javascript:steal()></frameset>",
    "<iframe srcdoc='<script>parent.steal()</script>'></iframe>",
    "<video><source onerror=steal()></video><audio src=x onloadstart=steal()>",
    "<video poster=javascript:steal() src=x>",
    "<input autofocus onfocus=steal()><select autofocus onfocus=steal()>",
    "<input type=image src=javascript:steal() formaction=javascript:steal()>",
    "<textarea autofocus onfocus=steal()></textarea><keygen autofocus onfocus=steal()>",
    "<isindex type=image src=1 onerror=steal()>",
    "<marquee onstart=steal()>x</marquee><dialog open onclose=steal()>x</dialog>",
    "<link rel=stylesheet href=javascript:steal()><link rel=import href=//evil.example>",
    "<applet code=steal><param name=src value=javascript:steal()></applet>",
    "<object type=text/html data='data:text/html,<script>steal()</script>'></object>",
    "<portal src=javascript:steal()></portal><fencedframe src=//evil.example></fencedframe>",
    "<layer src=javascript:steal()></layer><bgsound src=javascript:steal()>",
    "<picture><source srcset=//evil.example/a.png><img srcset='x 1x' src=x></picture>",
    "<map name=m><area href=javascript:steal()></map><img usemap=#m src=x>",
    "<?xml-stylesheet href='javascript:steal()'?><!DOCTYPE x [<!ENTITY y '<script>'>]>&y;",
    "<slot onslotchange=steal()></slot><template shadowrootmode=open><script>steal()</script>",
    # handlers that ride on what is allowed
    "<b onmouseover=steal() onpointerrawupdate=steal()>x</b>",
    "<p onanimationstart=steal() style='animation:x 1s'>x</p>",
    "<a href=https://ok.example onclick&#61;steal()>x</a>",
    "<details ontoggle='steal()' open><summary onfocus=steal() tabindex=0>x</summary></details>",
    "<td/onclick=steal()/>x<th onclick = 'steal()' >",
    '<img """><script>steal()</script>">',
    "<img src=`javascript:steal()` onerror=`steal()`>",
    '<img src="https://ok.example/a.png" onerror="steal()"',
    # addresses in disguise
    '<a href="java&#0;script:steal()" ONclick&Tab;=steal() onclick="steal()">x</a>',
    '<a href="&#1;javascript:steal()">x</a>',
    '<a href="javascript&NewLine;:steal()">x</a><a href="java&Tab;script:steal()">x</a>',
    "<a href=&#x6A&#x61&#x76&#x61&#x73&#x63&#x72&#x69&#x70&#x74&#x3A&#x73()>x</a>",
    "<a href=&#000106&#000097&#000118&#000097&#000115cript&#000058steal()>x</a>",
    '<a href="JAVASCRIPT://ok.example/%0Asteal()">x</a>',
    '<a href="feed:javascript:steal()">x</a><a href="view-source:javascript:steal()">x</a>',
    '<a href="blob:https://ok.example/1">x</a><a href="filesystem:https://ok.example/1">x</a>',
    '<a href="file:///etc/passwd">x</a><a href="intent://x#Intent;end">x</a>',
    '<q cite="data:text/html,x">x</q><ins cite=" javascript:steal()">x</ins>',
    "<a href='https://ok.example' ping='//evil.example' download target=_top>x</a>",
    # what becomes something else when it is parsed again
    '<svg></p><style><a title="</style><img src=1 onerror=steal()>">',
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=steal()>",
    "<math><mi//xlink:href='data:x,<script>steal()</script>'>",
    "<math><annotation-xml encoding=text/html><img src=x onerror=steal()></annotation-xml></math>",
    "<svg><foreignObject><body onload=steal()></foreignObject></svg>",
    "<svg><set attributeName=href to=javascript:steal()><animate onbegin=steal()></svg>",
    "<svg><use href='data:image/svg+xml,<svg id=x xmlns=http://www.w3.org/2000/svg>#x'/></svg>",
    "<noembed><p title='</noembed><img src=x onerror=steal()>'></noembed>",
    "<xmp><p title='</xmp><img src=x onerror=steal()>'></xmp>",
    "<listing>&lt;img src=x onerror=steal()&gt;</listing><plaintext><img src=x onerror=steal()>",
    "<title><p title='</title><img src=x onerror=steal()>'></title>",
    "<textarea><p title='</textarea><img src=x onerror=steal()>'></textarea>",
    "<select><style></select><img src=x onerror=steal()></style>",
    "<table><td><math><style></table><img src=x onerror=steal()>",
    "<<script>script>steal()<</script>/script>",
    "<!--[if gte IE 4]><script>steal()</script><![endif]--><!-- --!><img src=x onerror=steal()>",
    "<a title='&quot;&gt;&lt;img src=x onerror=steal()&gt;'>x</a>",
    # names and styles that reach into the page
    "<p id=__proto__ name=cookie class='admin' style='position:fixed;inset:0'>x</p>",
    "<img name=getElementById src=https://ok.example/a.png><a id=location href=//x>x</a>",
    "<div style='width:expression(steal())'>x</div><style>*{background:url(//evil.example)}",
    # Markdown's own ways
    "[x](JaVaScRiPt:steal()) [x](javascript&colon;steal()) [x](javascript&#58;steal())",
    "[x](vbscript:steal()) [x](data:text/html;base64,PHNjcmlwdD4=) ![x](data:text/html,x)",
    "[x]\n\n[x]: javascript:steal()\n[y]: <java&#10;script:steal()>\n\n[y]",
    "<javascript:steal()> <data:text/html,x>",
    '[x](https://ok.example "\'><script>steal()</script>") ![x](x \'x" onerror="steal()\')',
    '[<img src=x onerror=steal()>](https://ok.example) ![<script>](" onerror=steal() )',
    "[a\\](javascript:steal()) ](javascript:steal())",
    "~~~<script>\nx\n~~~\n\n```html onload=steal()\n</code></pre><script>steal()</script>\n```",
    "# <img src=x onerror=steal()>\n\n> <script>steal()</script>\n\n- <iframe src=//evil.example>",
    "`</code><script>steal()</script>` &lt;script&gt;steal()&lt;/script&gt;",
    "a | b\n- | -\n<script>steal()</script> | [x](javascript:steal())",
)
ATTRIBUTES = {"alt", "cite", "class", "href", "rel", "src", "title"}
"""What may be left of these; of the others that are allowed they have none."""


class Seen(HTMLParser):
    """Takes HTML apart as another program would, and notes what it finds."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.classes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.add(tag)
        self.attributes |= {name for name, _value in attrs}
        self.classes |= {value or "" for name, value in attrs if name == "class"}


HTML = "a b blockquote code details div h1 img ins li p pre q summary table tbody td th thead tr ul"
ELEMENTS = set(HTML.split())
"""What may be left of these."""


def harm(html: str) -> list[str]:
    """List what could do harm, by two ways to look at it."""
    seen = Seen()
    seen.feed(html)
    seen.close()
    classes = {each for each in seen.classes if not each.startswith("language-")}
    return [
        *dangers(html),
        *(seen.elements - ELEMENTS),
        *(seen.attributes - ATTRIBUTES),
        *classes,
    ]


def test_the_vectors_are_others_than_those_of_text_and_do_harm_as_they_are() -> None:
    assert len(set(VECTORS)) == len(VECTORS) >= 60
    assert not set(VECTORS) & set(ATTACKS)
    as_html = [vector for vector in VECTORS if vector.startswith("<")]
    assert len(as_html) >= 50
    assert [vector for vector in as_html if not harm(vector)] == []


async def test_no_vector_gets_through_a_post_or_a_comment(
    database: Database, make: Factory
) -> None:
    post = await make.post()
    execute = Execute(database, viewer=await make.viewer(Role.EDITOR), modes=[Mode.PLAN])
    comment = await make.comment(post=post)
    write = """mutation ($post: CreatePostInput!, $add: AddCommentInput!,
            $update: UpdateCommentInput!) {
        createPost(input: $post) { post { body html: body(format: HTML) excerpt } }
        addComment(input: $add) { comment { body html: body(format: HTML) } }
        updateComment(input: $update) { comment { body html: body(format: HTML) } }
    }"""
    found: dict[str, Any] = {}
    for version, vector in enumerate(VECTORS, start=1):
        data = await execute.data(
            write,
            post={"title": "T", "body": vector},
            add={"postId": global_id.encode("Post", post.id), "body": vector},
            update={
                "id": global_id.encode("Comment", comment.id),
                "expectedVersion": version,
                "body": vector,
            },
        )
        written = [
            data["createPost"]["post"],
            data["addComment"]["comment"],
            data["updateComment"]["comment"],
        ]
        assert [each["body"] for each in written] == [vector] * 3
        for each in written:
            if harm(each["html"]):
                found[vector] = each["html"], harm(each["html"])
    assert found == {}
