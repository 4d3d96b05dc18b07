"""Every page of the portal is sound HTML: nested well, named well, one heading, nothing that leads nowhere."""

from __future__ import annotations

import pytest

from support.markup import faults
from support.pages import ALL_ON, every_page

pytestmark = pytest.mark.engines("sqlite")


def test_every_page_is_sound(portal_inside):
    inside = portal_inside({"languages": {"offered": ["en", "ar"]}, "access": {"registration": "open"},
                            "features": ALL_ON})
    seen = list(every_page(inside))
    assert len(seen) > 110
    wrong = {f"{page}: {fault}" for page in seen for fault in faults(page.html)}
    assert not wrong, "\n".join(sorted(wrong))


PAGE = ('<!doctype html><html lang="en" dir="ltr"><head><title>T</title></head><body><main><h1>One</h1>{}'
        "</main></body></html>")


@pytest.mark.parametrize(("html", "fault"), [
    ("<p><div></div></p>", "<div> in <p>"),
    ("<ul><a href='/x'>x</a></ul>", "<a> in <ul>"),
    ("<a href='/'><button>x</button></a>", "<button> in <a>"),
    ("<form><form></form></form>", "<form> in <form>"),
    ("<div><b>x</div>", "<b> of line 1 is not closed before </div>"),
    ("</p>", "</p> closes nothing"),
    ("<i id=a></i><i id=a></i>", "id 'a' is that of line 1, too"),
    ("<label for=no>x</label>", "for='no' on <label> leads nowhere"),
    ("<input name=q>", "<input name=q> has no label"),
    ("<a href='/x'></a>", "<a> says nothing"),
    ("<h3>x</h3>", "<h3> after <h1>"),
    ("<h1>x</h1>", "2 <h1>"),
    ("<p hx-get='/x'>x</p>", "hx-get is no HTML; data-hx-get is"),
    ("<p onclick='x()'>x</p>", "onclick on <p>"),
    ("<p class=a class=b>x</p>", "class twice on <p>"),
    ("<input aria-label=x disabled=True>", "disabled='True'"),
    ("<section class=x>x</section>", "<section class='x'> has neither heading nor name"),
    ("<nav>x</nav><nav>x</nav>", "one of 2 <nav>, called ''"),
])
def test_the_check_sees(html, fault):
    assert not faults(PAGE.format(""))
    assert any(fault in one for one in faults(PAGE.format(html)))
