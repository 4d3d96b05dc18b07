"""Extraction of texts: what people read, and nothing that only looks like it."""

from __future__ import annotations

from core.look import catalogues


def test_texts_are_taken_alone_not_the_keys_beside_them(tmp_path, capsys):
    (tmp_path / "service.py").write_text(
        "a = _(states['label'])\nb = _('Outer %(x)s', x=_('Inner'))\nc = FieldError(*place, 'required')\n"
        "d = Nav('', '/hello')\ne = Kind('a', title='Letter', titles=other)\n"
        "f = FieldError('size', {'least': _('Too few.')}[wrong], 'range')\n"
        "g = _n('%(num)s row', '%(num)s rows', count)\nh = pgettext('verb', 'Quote')\n")
    (tmp_path / "plugin.yaml").write_text(
        "id: hello\nrecords: {thing: {gives: {text: item, lines: {text: item}}, singular: Thing}}\n",
        encoding="utf-8")
    found = {(message.context, message.id) for message in catalogues.extract(tmp_path) if message.id}
    assert found == {("verb", "Quote"), *((None, text) for text in (
        "Outer %(x)s", "Inner", "Letter", "Too few.", "Thing", ("%(num)s row", "%(num)s rows")))}
    assert capsys.readouterr().err == ""
