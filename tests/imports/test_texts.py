"""HTML becomes text that says the same and can do nothing; templates give exactly what they say."""

from __future__ import annotations

import pytest

from core.work.expressions import Compiler, Unfit
from core.work.plaintext import from_html


@pytest.mark.parametrize(("html", "text"), [
    ("<p>one</p><p>two</p>", "one\n\ntwo"),
    ("a<br>b<br/>c", "a\nb\nc"),
    ("Tom &amp; Zo&euml; &lt;b&gt; &#x1F600;", "Tom & Zoë <b> 😀"),
    ('see <a href="https://a.example/b?c=1&amp;d=2" rel="nofollow">here</a>.', "see here (https://a.example/b?c=1&d=2)."),
    ('<a href="http://kos.net" rel="nofollow">kos.net</a>', "kos.net"),
    ('<a href="mailto:x@y.example">x@y.example</a>', "x@y.example"),
    ('<a href="javascript:alert(1)">js</a> <a href="#q-1">said</a> <a href="data:text/html,x">d</a>', "js said d"),
    ("<ul><li> one </li><li>two<ul><li>deep</li></ul></li></ul>", "- one\n- two\n  - deep"),
    ("<ol><li>a<li>b</ol>", "1. a\n2. b"),
    ("<blockquote>said</blockquote>mine", "> said\n\nmine"),
    ("<pre>  x\n    y</pre>", "  x\n    y"),
    ("<script>alert(1)</script><style>b{}</style>ok<!-- no -->", "ok"),
    ("<table><tr><td>a</td><td>b</td></tr></table>", "a\nb"),
    ('<img src="x" alt="a cat" onerror="x()">', "a cat"),
    ("<b>unclosed <i>text", "unclosed text"),
    ("", ""),
])
def test_html_as_text(html, text):
    assert from_html(html) == text


def test_deep_nesting_is_no_stack(tmp_path):
    assert from_html("<blockquote>" * 20_000 + "x").endswith("x")


def compiled(node, row):
    compiler = Compiler(lambda kind, external, **_how: f"{kind}#{external}", lambda rule, value: f"{rule}:{value}",
                        ("person",), ("rule",))
    made = compiler.value(node, ("set", "x"))
    assert not compiler.problems, compiler.problems
    return made.call(row)


ROW = {"Name": " Zoë  Ö ", "Id": "Val2 ", "Tags": "a; b;;c;", "Empty": "  ", "When": "2023-04-01 15:08:48 -0700",
       "deep": {"city": "Rio"}, "N": 5}


@pytest.mark.parametrize(("node", "value"), [
    ("{Id|strip}@northwind.example", "Val2@northwind.example"),
    ("{Id|slug}", "val2"), ("{Name|slug}", "zoe-o"), ("{Name|line|upper}", "ZOË Ö"),
    ("{{literal}}", "{literal}"), ("{deep.city}", "Rio"), ("{N}", 5), ("n={N}", "n=5"), (7, 7), ("{Missing}", ""),
    ("{When|time}", "2023-04-01T22:08:48+00:00"), ("{When|date}", "2023-04-01"),
    ({"value": "{Id|strip}", "map": {"Val2": "two"}, "default": "x"}, "two"),
    ({"value": "{Name}", "map": {"a": "b"}, "default": "x"}, "x"),
    ({"find": "person", "id": "n:{Id|strip}"}, "person#n:Val2"),
    ({"find": "person", "id": "{Empty|strip}", "optional": True}, None),
    ({"assign": "rule", "by": "{Id|strip}"}, "rule:Val2"),
    ({"when": {"empty": "{Empty}"}, "then": "none", "else": "some"}, "none"),
    ({"when": {"all": [{"same": ["{N}", "5"]}, {"not": {"in": ["{N}", ["6", "7"]]}}]}, "then": 1, "else": 2}, 1),
    ({"split": "{Tags}", "on": ";"}, ["a", "b", "c"]),
    ({"first": ["{Empty|strip}", "{Id|strip}"]}, "Val2"),
    ({"join": ["{Id}", "{Empty}", {"split": "{Tags}"}], "with": ", "}, "Val2, a, b, c"),
    ({"city": "{deep.city}", "none": "{Empty|strip}"}, {"city": "Rio"}),
])
def test_values(node, value):
    assert compiled(node, ROW) == value


@pytest.mark.parametrize("node", [
    {"value": "{Name}", "map": {"a": "b"}}, "{Name|time}", "{When|time:%d/%m/%Y}"])
def test_values_that_cannot_be_made_say_so(node):
    with pytest.raises(Unfit):
        compiled(node, ROW)


@pytest.mark.parametrize(("node", "words"), [
    ("{a", "no partner"), ("a}", "no partner"), ("{}", "names no column"), ("{a|stripp}", "no filter 'stripp'"),
    ({"find": "persn", "id": "x"}, "nothing that can be imported"), ({"assign": "rul", "by": "x"}, "No rule"),
    ({"value": "x", "mapp": {}}, "'mapp' means nothing"), ({"when": {"empti": "x"}}, "A condition is one of"),
    ({"when": {"same": ["a"]}}, "compares two"), ({"first": "x"}, "A list belongs here"),
])
def test_mistakes_in_a_mapping_are_found_before_any_row(node, words):
    compiler = Compiler(lambda *_: "", lambda *_: "", ("person",), ("rule",))
    compiler.value(node, ("set", "x"))
    assert any(words in message for _path, message, _hint in compiler.problems)
