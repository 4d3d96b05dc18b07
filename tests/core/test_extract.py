"""Extraction of texts: what people read, and nothing that only looks like it."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from core.look import catalogues

ROOT = Path(__file__).resolve().parents[2]


def test_texts_are_taken_alone_not_the_keys_beside_them(tmp_path, capsys):
    (tmp_path / "service.py").write_text(
        "a = _(states['label'])\nb = _('Outer %(x)s', x=_('Inner'))\nc = FieldError(*place, 'required')\n"
        "d = Nav('', '/hello')\ne = Kind('a', title='Letter', titles=other)\n"
        "f = FieldError('size', {'least': _('Too few.')}[wrong], 'range')\n"
        "g = _n('%(num)s row', '%(num)s rows', count)\nh = pgettext('verb', 'Quote')\n")
    (tmp_path / "plugin.yaml").write_text(
        "id: hello\nrecords: {thing: {gives: {text: item, lines: {text: item}}, singular: Thing,\n"
        "  transitions: {end: {confirm: Sure, otherwise: Not now}}, fields: {a: {pattern_message: Letters}}}}\n"
        "settings: {properties: {a: {type: string, x-also: {'off': None of them}}}}\n",
        encoding="utf-8")
    found = {(message.context, message.id) for message in catalogues.extract(tmp_path) if message.id}
    assert found == {("verb", "Quote"), *((None, text) for text in (
        "Outer %(x)s", "Inner", "Letter", "Too few.", "Thing", "Sure", "Not now", "Letters",
        "None of them", ("%(num)s row", "%(num)s rows")))}
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("language", ["de", "ar"])
def test_no_text_is_translated_in_two_ways(language):
    """Whoever translates a text first wins, the host before plugins: another sense takes a context."""
    files = [catalogues.po_file(room / "locale", language) for room in (
        ROOT / "core", *(found.parent for found in sorted(ROOT.glob("plugins/*/plugin.yaml"))))]
    said = {}
    for path in files:
        with path.open("rb") as stream:
            for message in read_po(stream, locale=language):
                if message.id and any(message.string):
                    said.setdefault((message.context, message.id), set()).add(message.string)
    assert {text: ways for text, ways in said.items() if len(ways) > 1} == {}
