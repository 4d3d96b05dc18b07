"""Rich text comes out as pages need it: contents, notes, tables, code, links, pictures, both directions."""

import pytest

from core.look import richtext
from core.look.richtext import Heading, Picture

pytestmark = pytest.mark.engines("sqlite")


def html(source, **options):
    return richtext.render(source, **options).html


def test_headings_have_names_and_make_the_contents():
    made = richtext.render(
        "# Über uns\n\n## Two *words*\n\n### Deep\n\n#### Deeper\n\n## Two words\n", language="de"
    )
    assert made.toc == [
        Heading(2, "s-über-uns", "Über uns"),
        Heading(2, "s-two-words", "Two words"),
        Heading(3, "s-deep", "Deep"),
        Heading(2, "s-two-words-2", "Two words"),
    ]
    assert '<h2 id="s-two-words-2">Two words</h2>' in made.html
    assert "<h1" not in made.html
    assert 'href="#s-deep"' in html("[x](#deep)\n\n## Deep")


@pytest.mark.parametrize("kind", ["NOTE", "TIP", "IMPORTANT", "WARNING", "CAUTION"])
def test_notes_say_what_they_are_in_words(kind):
    made = html(f"> [!{kind}]\n> Mind the *gap*.\n", language="en")
    assert f'<div class="note {kind.lower()}" role="note"><p class="note-title">{kind.title()}</p>' in made
    assert "Mind the <em>gap</em>." in made
    assert "blockquote" in html("> Only quoted.")


def test_tables_scroll_and_code_stays_left_to_right():
    made = html("|a|b|\n|--|--:|\n|1|2<br>3|\n\n```py\nif a < b: pass\n```\n", language="ar")
    assert '<div class="table" role="region" tabindex="0"' in made
    assert '<td class="end"' in made
    assert "2<br>" in made
    assert '<pre dir="ltr" tabindex="0"><code class="language-py" dir="ltr">if a &lt; b: pass' in made


def test_few_characters_make_no_huge_table():
    rows = "|" + "a|" * 500 + "\n|" + "-|" * 500 + "\n" + "|\n" * 130
    assert len(html(rows)) < 100_000
    assert "<table" not in html(rows)
    small = "|a|b|\n|-|-|\n|1|2|\n\n"
    assert html(small * 100).count("<table") == 100
    assert html(small + rows + "\n" + small).count("<table") == 1


def test_passages_run_as_they_are_written():
    arabic = "يدعم Dynamics 365 هذا"
    assert f"<p>{arabic}</p>" in html(arabic, language="ar")
    assert "<p>Dynamics 365 يدعم هذا الأمر</p>" in html("Dynamics 365 يدعم هذا الأمر", language="ar")
    assert '<p dir="ltr">Project Operations</p>' in html("Project Operations", language="ar")
    assert f'<p dir="rtl">{arabic} كله</p>' in html(f"{arabic} كله", language="en")
    assert "<li>Project Operations</li>" in html("* Project Operations", language="he")
    assert '<p dir="auto">' in html(arabic)


def test_links_say_whether_they_lead_elsewhere():
    made = richtext.render(
        "[a](/kb/x#y) [b](https://b.example/?q=1) <mailto:c@d.example> [e](ftp://e.example) [f](g.md)"
    )
    assert '<a href="/kb/x#y">a</a>' in made.html
    assert '<a href="https://b.example/?q=1" rel="nofollow noopener noreferrer">b</a>' in made.html
    assert made.html.count("<a ") == 3
    assert made.links == ["/kb/x#y", "https://b.example/?q=1", "mailto:c@d.example"]


def test_only_known_pictures_are_shown_in_sizes_that_are_reserved():
    made = richtext.render(
        "![One](a.png) ![Two](https://evil.example/b.png) ![](c.png)",
        picture=lambda src: (
            Picture("/files/a/960", 1200, 600, "/files/a/480 480w, /files/a/960 960w") if src == "a.png" else None
        ),
    )
    assert (
        '<img src="/files/a/960" width="1200" height="600" alt="One" loading="lazy" decoding="async"' in made.html
    )
    assert made.html.count("<img") == 1
    assert '<span class="no-picture">Two</span>' in made.html
    assert made.missing == ["https://evil.example/b.png", "c.png"]


def test_html_keeps_its_sense_and_loses_everything_else():
    made = richtext.render(
        '<h1 id="w_one">One</h1><div class="note">Mind</div><section><p style="color:red">x</p></section>'
        '<a href="#w_one">up</a><table><caption>C</caption><tr><td colspan="2">1</td></tr></table>'
        "<iframe src=//e.example></iframe><kbd>F5</kbd>",
        form="html",
        language="en",
    )
    assert '<h2 id="s-w_one">One</h2><div class="note note" role="note">' in made.html
    assert '<a href="#s-w_one">up</a>' in made.html
    assert '<td colspan="2">1</td>' in made.html
    assert "<kbd>F5</kbd>" in made.html
    assert "style" not in made.html
    assert made.dropped == ["iframe"]
    assert "One" in made.text
    assert "<kbd>F5</kbd>" in html("Press <kbd>F5</kbd>", form="mixed")
    assert "&lt;kbd&gt;" in html("Press <kbd>F5</kbd>")
