"""A tenant's CSS cannot load, read or break out (PROMISES 5, cases C01 and C02)."""

from __future__ import annotations

import time

import pytest

from core.look.css import check
from support.pace import within

HARMLESS = """
/* a comment */
.card { border-radius: 0; color: var(--text) }
.top { background: url("/theme/wave.0a1b2c.png") center / cover, linear-gradient(red, blue) }
@media (max-width: 600px) { .rows .row:hover { margin-inline: 4px } }
@supports (display: grid) { main { display: grid } }
html[dir=rtl] .x, a[aria-current], [data-scheme="dark"] .y { color: #123456 !important }
.card { & > h2 { color: green } }
@font-face { font-family: Own; src: url(/theme/font.01234567.woff2) format("woff2") }
@media (width < 600px) { .z { color: red } }
"""


def test_ordinary_css_passes_whole() -> None:
    clean, problems = check(HARMLESS)
    assert problems == ()
    for piece in ("border-radius: 0", "/theme/wave.0a1b2c.png", ":hover", "@supports", "aria-current", "#123456",
                  "& > h2", "@font-face", "width < 600px", "!important"):
        assert piece in clean


BREAKOUTS = [
    "a{}</style><script>alert(1)</script>", "a{}</STYLE\t><img src=x>", "</ style>",
    "<!-- a{color:red} -->", "a{color:red}\x00", "@charset \"utf-7\"; +ADw-script+AD4-",
    "@CHARSET 'utf-7';",
]


@pytest.mark.parametrize("css", BREAKOUTS)
def test_c01_breakouts_are_refused_whole(css: str) -> None:
    clean, problems = check(css)
    assert clean == ""
    assert len(problems) == 1


@pytest.mark.parametrize("css", [r'a::after { content: "\3c/style>\3cscript>" }', r"@\63harset 'utf-7';",
                                 r'a::after { content: "\3c !--" }', r"a { color: red } \3c/style\3e {}"])
def test_c01_escapes_do_not_bring_a_breakout_back(css: str) -> None:
    clean, _ = check(css)
    for forbidden in ("</", "<!", "@charset"):
        assert forbidden not in clean.lower()


def test_c01_five_megabytes_are_refused_at_once() -> None:
    with within(0.5):
        clean, problems = check(b"a{color:red}" * 450_000)
    assert (clean, "64 KB" in problems[0].message) == ("", True)


@pytest.mark.parametrize("css", ["(" * 60_000, "a{" * 30_000, "[" * 60_000, "a{b:" + "f(" * 30_000,
                                 "@media x{" * 7_000, "a{}" * 20_000])
def test_c01_nesting_neither_hangs_nor_breaks(css: str) -> None:
    begun = time.process_time()
    check(css)
    assert time.process_time() - begun < 4


def test_c01_not_utf_8_names_the_line() -> None:
    clean, problems = check(b"a { color: red }\n\nb { content: '\xff' }")
    assert (clean, problems[0].line) == ("", 3)


FETCHES = [
    "@import 'https://evil.example/x.css';", "@import url(//evil.example/x.css);", r"@\69mport 'x.css';",
    "a { background: url(https://evil.example/) }", "a { background: url('//evil.example/x') }",
    r"a { background: \75rl(https://evil.example/) }", r"a { background: u\72l('https://evil.example/') }",
    "a { background: URL( 'https://evil.example/' ) }", "a { background: url(data:image/svg+xml,x) }",
    "a { background: url(/files/1234) }", "a { background: url(/theme/../files/1) }",
    "a { background: url(x.png) }", r"a { background: url('/theme/\2e\2e/files') }",
    "a { background: url(/theme/x?y=1) }", "a { background: url() }", "a { background: url(var(--x)) }",
    "a { --x: url(https://evil.example/); background: var(--x) }",
    "a { background: image-set('https://evil.example/x' 1x) }",
    "a { background: -webkit-image-set(url(https://evil.example/x) 1x) }",
    "a { background: -webkit-cross-fade(url(https://evil.example/x), red) }",
    "a { background: cross-fade(red, blue) }", "a { background: image('https://evil.example/x') }",
    "a { background: src('https://evil.example/x') }", "a { background: paint(x) }",
    "a { background: element(#x) }", "a { cursor: url(https://evil.example/c), auto }",
    "@font-face { font-family: x; src: url(https://evil.example/a); unicode-range: U+0041 }",
    "@media screen { a { list-style: url(https://evil.example/) } }",
    "a { & b { background: url(https://evil.example/) } }", "a { width: expression(alert(1)) }",
    "a { behavior: url(x.htc) }", "a { -moz-binding: url(/theme/x.xml) }",
    "@namespace x url(https://evil.example/);",
    "@property --x { syntax: '<url>'; inherits: true; initial-value: url(https://evil.example/) }",
    "@keyframes x { from { background: url(https://evil.example/) } }",
    "@supports (background: url(https://evil.example/)) { a { color: red } }",
    "@document url(https://evil.example/) { a { color: red } }", "a { content: attr(value) }",
    "a { background: url(https://evil.example/", "@view-transition { navigation: auto }",
]


@pytest.mark.parametrize("css", FETCHES)
def test_c02_nothing_is_fetched_from_elsewhere(css: str) -> None:
    clean, problems = check(css)
    assert problems
    for forbidden in ("evil", "import", "url(", "image-set", "expression", "binding"):
        assert forbidden not in clean.lower()


READS = [
    "input[value^='a'] { color: red }", "input[VALUE^=a] { color: red }",
    r"input[v\61lue^=a] { color: red }", "a[href*=token] { color: red }", "meta[name=x] { color: red }",
    "[content] { color: red }", "img[srcset] { color: red }", "[data-record] { color: red }",
    "html[data-person^=M] { color: red }", "[*|value=a] { color: red }", "[|value=a] { color: red }",
    "[class|value=a] { color: red }",
    "[title] { color: red }", "body:has(input[value^=a]) { color: red }",
    ":is(:not([value=a])) { color: red }", "a { &[value=a] { color: red } }",
    "@media screen { [value=a] { color: red } }",
]


@pytest.mark.parametrize("css", READS)
def test_c02_selectors_cannot_look_at_data(css: str) -> None:
    clean, problems = check(css)
    assert problems
    assert "red" not in clean


def test_the_rest_stands_and_problems_have_lines() -> None:
    clean, problems = check("a { color: red }\n@import 'x';\nb { color: blue;\n  behavior: url(x) }", "own.css")
    assert "color: red" in clean
    assert "color: blue" in clean
    assert [(problem.file, problem.line) for problem in problems] == [("own.css", 2), ("own.css", 4)]


def test_cleaned_css_is_clean() -> None:
    clean, _ = check(HARMLESS + "\n".join(READS))
    assert check(clean) == (clean, ())
