"""Documents on paper: read back as a PDF reader reads them, in both directions, the same bytes each time."""

from __future__ import annotations

import io
import time
from concurrent.futures import ThreadPoolExecutor

import pypdf
import pytest
from PIL import Image

from core.look import language, pdf
from core.look.kept import Kept
from core.look.layers import Layer
from core.look.theme import Theme, chain

pytestmark = pytest.mark.engines("sqlite")


def logo(colour):
    drawn = io.BytesIO()
    Image.new("RGB", (60, 20), colour).save(drawn, "PNG")
    return drawn.getvalue()


def look(**own):
    return Theme.resolve(chain("default", []), Layer(**own))


def paper(**other):
    values = {"title": "Invoice INV-007", "recipient": ["Horn AG"], "made": 1_700_000_000, "blocks": [
        pdf.Text("Thank you.\nTwo lines."),
        pdf.Table([pdf.Column("What", wide=True), pdf.Column("Amount", end=True)], [["Lamp", "€12.00"]] * 60,
                  [("Total", "€720.00", True)])]}
    return pdf.Document(**(values | other))


def read(data):
    reader = pypdf.PdfReader(io.BytesIO(data))
    return reader, "\n".join(page.extract_text() for page in reader.pages)


def test_a_long_table_goes_on_with_its_head_and_its_total():
    reader, text = read(pdf.draw(paper(), look(), "Acme"))
    assert len(reader.pages) == 2
    assert text.count("Lamp") == 60
    assert text.count("What") == 2
    assert "€720.00" in text
    assert reader.metadata.title == "Invoice INV-007"
    assert reader.metadata.creation_date.timestamp() == 1_700_000_000


def test_a_table_that_is_too_long_is_refused_and_one_is_set_at_a_time(monkeypatch):
    rows = [["Lamp", "€12.00"]] * 501
    table = pdf.Table([pdf.Column("What"), pdf.Column("Amount")], rows)
    with pytest.raises(pdf.ParlourError, match="1000 rows"):
        pdf.draw(paper(blocks=[table, table]), look(), "Acme")
    at_once, most = [], []

    def slow(_text, _made):
        at_once.append(1)
        most.append(len(at_once))
        time.sleep(0.02)
        at_once.pop()
        return b"%PDF"

    monkeypatch.setattr(pdf, "_set", slow)
    monkeypatch.setattr(pdf, "_kept", Kept(9))
    with ThreadPoolExecutor(4) as pool:
        for title in ("one", "two", "three", "three"):
            pool.submit(pdf.draw, paper(title=title, blocks=[table]), look(), "Acme")
    assert most == [1, 1, 1]


def test_texts_are_words_and_never_markup_or_files():
    evil = "#read(\"/etc/passwd\") *bold* $x$ \\u{41} <b> ] } \x00\x1b \ud800 // #panic()"
    _reader, text = read(pdf.draw(paper(title=evil, recipient=[evil], blocks=[pdf.Text(evil), pdf.Heading(evil)]),
                                  look(), evil))
    assert text.count('#read("/etc/passwd") *bold* $x$ \\u{41} <b> ] }') == 5
    assert "root:" not in text


def test_the_same_document_gives_the_same_bytes_and_the_look_shows(monkeypatch):
    first = pdf.draw(paper(), look(logo=logo("red")), "Acme")
    monkeypatch.setattr(pdf, "_kept", Kept(9))
    assert pdf.draw(paper(), look(logo=logo("red")), "Acme") == first
    assert pdf.draw(paper(), look(logo=logo("blue")), "Acme") != first
    assert pdf.draw(paper(), look(tokens={"accent": "#b91c1c"}, logo=logo("red")), "Acme") != first
    assert "Acme" not in read(first)[1]
    assert "Acme" in read(pdf.draw(paper(), look(), "Acme"))[1]


@pytest.mark.parametrize(("code", "words", "font"), [
    ("ar", "فاتورة", "NotoSansArabic"), ("he", "חשבונית", "NotoSansHebrew"), ("de", "Übergröße", "NotoSans")])
def test_letters_of_each_direction_come_from_shipped_fonts(code, words, font):
    with language.using(code):
        reader, _text = read(pdf.draw(paper(title=words), look(), "Acme"))
    fonts = {str(one.get_object()["/BaseFont"]) for page in reader.pages
             for one in page["/Resources"]["/Font"].values()}
    assert any(font in name for name in fonts)
    assert reader.trailer["/Root"]["/Lang"].startswith(code)


def test_pictures_stand_in_it_with_words_for_those_who_do_not_see_them():
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9z"/></svg>'
    for source in (svg, logo("red")):
        data = pdf.draw(paper(blocks=[pdf.Picture(source, "A code", pairs=[("IBAN", "DE89")])]), look(), "Acme")
        assert "DE89" in read(data)[1]


def test_a_font_that_is_missing_is_no_silent_other_one(monkeypatch):
    monkeypatch.setattr(pdf, "FAMILIES", ("No Such Sans",))
    with pytest.raises(pdf.ParlourError, match="font"):
        pdf.draw(paper(title="other"), look(), "Acme")
