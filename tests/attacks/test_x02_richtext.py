"""X02: whatever people write as Markdown or HTML comes out without scripts, htmx, styles or foreign addresses."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.look import richtext
from support.needs import cases

ALLOWED = """a abbr b blockquote br caption cite code dd del details div dl dt em figcaption figure
    h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strong sub summary sup
    table tbody td tfoot th thead tr u ul var"""
TAGS = set(ALLOWED.split())
KNOWN = """id lang dir href title rel src srcset sizes width height alt loading decoding class role
    tabindex aria-label colspan rowspan start"""
ATTRIBUTES = set(KNOWN.split())
OWN = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html,x)",
    "[x](vbscript:x)",
    "<javascript:alert(1)>",
    '<https://a.example/"onmouseover=alert(1)>',
    "![x](javascript:alert(1))",
    '![x](//evil.example/a.png "t\\" onerror=alert(1)")',
    "[x]: javascript:alert(1)\n\n[x]",
    "[x](//evil.example)",
    "[x](/\\evil.example)",
    "[x](\\\\evil.example)",
    "[x](/%09/evil.example)",
    "<div hx-get=/sign-out hx-trigger=load>",
    "<a href=/a data-hx-post=/sign-out>x</a>",
    "<form action=/sign-out method=post><button>x",
    "<input autofocus onfocus=x>",
    "<a href='jav&#x0A;ascript:alert(1)'>x</a>",
    "<a href=' javascript:alert(1)'>x</a>",
    "<p style='background:url(//e)'>",
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<base href=//evil><meta http-equiv=refresh content=0>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=//evil>",
    "<video poster=//evil src=x onerror=x>",
    "<img srcset='//evil.example/a 1x'>",
    "<a id=body name=main href=#>x</a><div id=flash>",
    "<style>*{}</style>",
    '<a href="https://user@evil.example" target=_blank rel=opener>x</a>',
    "> [!NOTE]<script>alert(1)</script>",
    '```"onload=alert(1) x\ncode\n```',
    '``` "><script>\nx\n```',
    '|a|\n|:-"onclick=alert(1)|',
    "# x {onclick=x}",
    '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
    '<xmp><p title="</xmp><img src=x onerror=x>">',
    "<table background=//evil><td background=//evil>",
    "<details ontoggle=alert(1) open>x",
    "&lt;script&gt;alert(1)",
    "<p\x00onclick=x>",
    '<a\nhref\n=\n"javascript\n:alert(1)">x</a>',
    "\u202e<b onclick=alert(1)>\u2066",
)


class Judge(HTMLParser):
    """Notes everything that a page must not hold; knows nothing of how it was made."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.faults = []

    def handle_starttag(self, tag, attrs):
        if tag not in TAGS:
            self.faults.append(tag)
        for name, value in attrs:
            if name not in ATTRIBUTES or (
                name in ("src", "srcset") and not (value.startswith("/") and not value.startswith("//"))
            ):
                self.faults.append(f"{tag} {name}={value}")
            elif name == "href":
                self.href(value)
            elif name == "id" and not value.startswith("s-"):
                self.faults.append(f"id {value}")
            elif name == "rel" and value != "nofollow noopener noreferrer":
                self.faults.append(f"rel {value}")

    def href(self, value):
        scheme = urlsplit(value).scheme.lower()
        local = value.startswith("#") or (value.startswith("/") and value[1:2] not in ("/", "\\"))
        if not (local or scheme in ("http", "https", "mailto", "tel")) or any(ord(char) <= 32 for char in value):
            self.faults.append(f"href {value!r}")


def judge(html):
    made = Judge()
    made.feed(html)
    made.close()
    return made.faults


def known(src):
    return richtext.Picture("/files/abc/480", 3, 4, "/files/abc/480 480w") if src.startswith("/files/") else None


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("form", ["markdown", "html", "mixed"])
@pytest.mark.parametrize("payload", OWN)
def test_nothing_hostile_comes_out(payload, form):
    for text in (
        payload,
        f"# {payload}\n\n> {payload}\n\n* {payload}\n",
        f'[{payload}](/a "{payload}")',
        f"a {payload} b",
    ):
        made = richtext.render(text, form=form, picture=known)
        assert judge(made.html) == []
        assert all(judge(f'<a href="{href.replace(chr(34), "")}">') == [] for href in made.links)


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("form", ["markdown", "html", "mixed"])
def test_nothing_of_the_known_lists_comes_out(form, data_folder):
    folder = data_folder("hostile-strings")
    texts = [
        *(folder / "payloadbox" / "xss.txt").read_text("utf-8", "replace").splitlines(),
        *json.loads((folder / "blns" / "blns.json").read_text("utf-8")),
    ]
    assert len(texts) > 2000
    for text in texts:
        assert judge(richtext.render(text, form=form, picture=known).html) == [], text


@pytest.mark.engines("sqlite")
@settings(max_examples=cases(150, 5_000))
@given(
    parts=st.lists(
        st.one_of(
            st.sampled_from(OWN),
            st.text(max_size=30),
            st.sampled_from(
                [
                    "<",
                    ">",
                    '"',
                    "'",
                    "`",
                    "\n",
                    "](",
                    "![",
                    "|",
                    "<!--",
                    "-->",
                    "</p>",
                    "<table>",
                    "<td>",
                    "&#",
                    ";",
                    "javascript:",
                ]
            ),
        )
    ),
    form=st.sampled_from(["markdown", "html", "mixed"]),
)
def test_nothing_hostile_comes_out_of_any_mixture(parts, form):
    assert judge(richtext.render("".join(parts), form=form, picture=known).html) == []


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    "text",
    [
        "> " * 20_000 + "x",
        "[" * 20_000,
        "<div>" * 20_000,
        "*a " * 20_000,
        "`" * 20_000,
        "|" * 20_000 + "\n" + "|-" * 5_000,
        "<table>" * 3_000,
        "![" * 10_000 + "](x)",
    ],
)
@pytest.mark.timeout(20)
def test_bombs_are_only_text(text):
    for form in ("markdown", "html", "mixed"):
        assert judge(richtext.render(text, form=form).html) == []
