"""Languages, catalogues and formats: what a person reads, whatever a translator or a browser sends."""

from __future__ import annotations

import datetime
import logging
import threading

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from core.host.translation_commands import translations
from core.look import catalogues, i18n, proofread, pseudo

HEADER = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: {plural}\\n"

"""
GERMAN = "nplurals=2; plural=(n != 1);"
ARABIC = ("nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : "
          "n%100>=11 && n%100<=99 ? 4 : 5);")


def write(folder, language, entries, plural=GERMAN):
    path = folder / language / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER.format(plural=plural) + entries, encoding="utf-8")
    return folder


@pytest.fixture
def install():
    before = i18n.installed()
    yield lambda *folders: i18n.install(i18n.Catalogues(folders))
    i18n.install(before)


@pytest.mark.parametrize(("header", "chosen", "expected"), [
    ("", None, "en"),
    ("de", None, "de"),
    ("de-AT,en;q=0.5", None, "de"),
    ("fr;q=0.9, ar;q=0.95, de;q=0.1", None, "ar"),
    ("de;q=0, ar;q=0.1", None, "ar"),
    ("pt", None, "pt-BR"),
    ("pt-PT", None, "pt-BR"),
    ("DE_de", None, "de"),
    ("fr, *;q=0.1", None, "en"),
    ("de", "ar", "ar"),
    ("de", "pt_br", "pt-BR"),
    ("de", "xx", "de"),
    ("de", "../../etc", "de"),
    ("de;q=abc, ar;q=0.2", None, "ar"),
    ("," * 100_000 + "de", None, "en"),
    ("\x00\r\nSet-Cookie: a=b", None, "en"),
])
def test_negotiate(header, chosen, expected):
    assert i18n.negotiate(header, chosen, ["en", "de", "ar", "pt-BR"], "en") == expected


@given(st.text(max_size=200), st.none() | st.text(max_size=30))
def test_negotiate_gives_only_what_is_offered(header, chosen):
    assert i18n.negotiate(header, chosen, ["en", "de", "ar"], "en") in {"en", "de", "ar"}


def test_direction():
    assert [i18n.direction(one) for one in ("ar", "he", "fa-IR", "ur", "az-Arab")] == ["rtl"] * 5
    assert [i18n.direction(one) for one in ("en", "de", "ja", "ar-Latn")] == ["ltr"] * 4
    assert set(i18n.LANGUAGES) >= {"en", "de", "ar"}
    assert i18n.LANGUAGES["ar"] == "العربية"


def test_using_ends_where_the_block_ends_and_stays_in_its_thread():
    seen = []
    with i18n.using("de"):
        with i18n.using("ar"):
            assert i18n.current() == "ar"
        assert i18n.current() == "de"
        thread = threading.Thread(target=lambda: seen.append(i18n.current()))
        thread.start()
        thread.join()
    assert (i18n.current(), seen) == ("en", ["en"])
    with pytest.raises(ZeroDivisionError), i18n.using("de"):
        raise ZeroDivisionError
    assert i18n.current() == "en"


def test_core_and_plugin_are_one_and_core_wins(tmp_path, install):
    core = write(tmp_path / "core", "de", 'msgid "Save"\nmsgstr "Speichern"\n')
    plugin = write(tmp_path / "plugin", "de",
                   'msgid "Save"\nmsgstr "Klau"\n\nmsgid "Ticket"\nmsgstr "Anfrage"\n')
    install(core, plugin)
    with i18n.using("de-AT"):
        assert (i18n.gettext("Save"), i18n.gettext("Ticket"), i18n.gettext("Other")) == (
            "Speichern", "Anfrage", "Other")
    assert i18n.gettext("Save") == "Save"
    assert i18n.installed().languages() == ("de", "en")


def test_plurals_and_contexts(tmp_path, install):
    forms = "".join(f'msgstr[{index}] "f{index} %(num)s"\n' for index in range(6))
    install(write(tmp_path, "ar", f'msgid "%(num)s file"\nmsgid_plural "%(num)s files"\n{forms}', ARABIC),
            write(tmp_path, "de", 'msgctxt "verb"\nmsgid "Order"\nmsgstr "Bestellen"\n\n'
                                  'msgid "Order"\nmsgstr "Bestellung"\n'))
    with i18n.using("ar"):
        assert [i18n.ngettext("%(num)s file", "%(num)s files", n) for n in (0, 1, 2, 5, 11, 100)] == [
            "f0 0", "f1 1", "f2 2", "f3 5", "f4 11", "f5 100"]
    with i18n.using("de"):
        assert (i18n.pgettext("verb", "Order"), i18n.gettext("Order")) == ("Bestellen", "Bestellung")
        assert i18n.ngettext("%(num)s file", "%(num)s files", 1) == "1 file"


@pytest.mark.parametrize("broken", [
    "Hallo %(nmae)s", "Hallo %(name)d", "Hallo %s", "Hallo %(name", "100 % %(name)s"])
def test_broken_translation_shows_english_and_is_named(tmp_path, install, caplog, broken):
    install(write(tmp_path, "de", f'msgid "Hello %(name)s"\nmsgstr "{broken}"\n'))
    with i18n.using("de"), caplog.at_level(logging.WARNING):
        assert i18n.gettext("Hello %(name)s", name="Ana") == "Hello Ana"
    assert "messages.po:6" in caplog.text
    assert "Hello %(name)s" in caplog.text


def test_unreadable_catalogue_leaves_the_others(tmp_path, install, caplog):
    bad = write(tmp_path / "bad", "de", 'msgid "Save\n')
    evil = write(tmp_path / "evil", "de", 'msgid "X"\nmsgstr "Y"\n', "nplurals=2; plural=__import__('os');")
    good = write(tmp_path / "good", "de", 'msgid "Save"\nmsgstr "Speichern"\n')
    install(bad, evil, good)
    with i18n.using("de"), caplog.at_level(logging.WARNING):
        assert i18n.gettext("Save") == "Speichern"
    assert str(bad) in caplog.text


def test_filling_never_raises():
    assert i18n.gettext("%(a)s of %(b)d, 100%%", a="x", b="no number") == "x of no number, 100%"
    assert i18n.gettext("%(a)s and 5% off") == "%(a)s and 5% off"
    assert i18n.gettext("%(message)s", message="%(secret)s %s") == "%(secret)s %s"


@given(st.text())
def test_filling_any_text_never_raises(text):
    assert isinstance(i18n.gettext(text, a=1), str)


def test_templates_escape_gaps_and_words(tmp_path, install):
    install(write(tmp_path, "de", 'msgid "<b>%(who)s</b> waits"\nmsgstr "<b>%(who)s</b> wartet"\n\n'
                                  'msgid "Fish & chips"\nmsgstr "Fisch & Pommes"\n'))
    environment = Environment(autoescape=True)
    i18n.for_templates(environment)
    page = environment.from_string("{% trans who=who %}<b>{{ who }}</b> waits{% endtrans %}|"
                                   "{{ _('Fish & chips') }}|{{ _(error) }}|{% trans %}5% off{% endtrans %}")
    with i18n.using("de"):
        assert page.render(who="<i>", error="<script>%s</script>") == (
            "<b>&lt;i&gt;</b> wartet|Fisch &amp; Pommes|&lt;script&gt;%s&lt;/script&gt;|5% off")
    plain = Environment(autoescape=False)  # a plain-text mail
    i18n.for_templates(plain)
    assert plain.from_string("{{ _('A & %(b)s', b='<c>') }}").render() == "A & <c>"


def test_formats():
    moment = datetime.datetime(2025, 3, 4, 23, 30, 59, tzinfo=datetime.UTC)
    assert i18n.format_money(-123456, "EUR") == "-€1,234.56"
    assert i18n.format_money(1234, "JPY") == "¥1,234"
    assert i18n.format_date(moment) == "Mar 4, 2025"
    assert i18n.format_date(moment, "Asia/Tokyo") == "Mar 5, 2025"
    assert i18n.format_date(datetime.date(2025, 3, 4), "Asia/Tokyo") == "Mar 4, 2025"
    assert i18n.format_date(moment.replace(tzinfo=None), "No/Such") == "Mar 4, 2025"
    with i18n.using("de"):
        assert i18n.format_money(123456, "EUR") == "1.234,56\xa0€"
        assert i18n.format_money(1_005, "KWD") == "1,005\xa0KWD"
        assert i18n.format_number(1234567.5) == "1.234.567,5"
        assert i18n.format_datetime(moment, "Europe/Berlin") == "05.03.2025, 00:30"
    with i18n.using("ar"):
        assert "2025" in i18n.format_datetime(moment, "Africa/Cairo")
    with i18n.using("xx"):
        assert i18n.format_number(1234) == "1,234"


@pytest.fixture
def plugin(tmp_path):
    root = tmp_path / "hello"
    (root / "templates" / "hello").mkdir(parents=True)
    (root / "forms").mkdir()
    (root / "tests").mkdir()
    (root / "plugin.yaml").write_text("id: hello\ntitle: Greetings\nversion: 1\n", encoding="utf-8")
    (root / "forms" / "new.yaml").write_text("properties:\n  a: {type: string, title: Your name}\n")
    (root / "tests" / "test_a.py").write_text("_('not this')\n")
    (root / "service.py").write_text(
        "x = _('Hello %(name)s', name=n)\ny = ngettext('%(num)s day', '%(num)s days', 3)\n"
        "raise Gone('This link was used.')\nz = FieldError('email', 'Write an address.', 'required')\n"
        "q = pgettext('verb', 'Order')\nvalue = f'no {x}'\n")
    (root / "templates" / "hello" / "page.html").write_text(
        "<h1>{% trans %}Welcome{% endtrans %}</h1>{{ _('Bye') }}"
        "{% trans n=n %}One{% pluralize %}{{ n }}{% endtrans %}")
    return root


def test_extract_finds_every_marked_text(plugin):
    found = {message.id for message in catalogues.extract(plugin) if message.id}
    assert found == {"Greetings", "Your name", "Hello %(name)s", ("%(num)s day", "%(num)s days"),
                     "This link was used.", "Write an address.", "Order", "Welcome", "Bye", ("One", "%(n)s")}


def test_extract_finds_what_options_and_fields_are_called(plugin):
    (plugin / "forms" / "new.yaml").write_text(
        "properties:\n  a: {type: string, enum: [x, 1], x-labels: {x: First, 1: 'Second'},\n"
        "      x-placeholder: Like so, x-optional-label: if you like}\n")
    (plugin / "plugin.yaml").write_text(
        "id: hello\nrecords:\n  thing:\n    many: Things\n"
        "    fields: {b: {options: {k: Third}}, c: {options: [Fourth, 5]}}\n"
        "settings: {properties: {options: {type: array, title: Fifth}}}\n", encoding="utf-8")
    found = {message.id for message in catalogues.extract(plugin) if message.id}
    assert found >= {"First", "Second", "Like so", "if you like", "Things", "Third", "Fourth", "Fifth"}
    assert not found & {"x", "k", "array", "string", 5, "5"}


def test_extract_reads_what_the_host_reads(plugin):
    (plugin / "forms" / "new.yaml").write_text("properties:\n  a: {type: string, title: What happened?}\n")
    assert "What happened?" in {message.id for message in catalogues.extract(plugin)}


def test_update_and_check_until_everything_is_translated(plugin, install):
    assert proofread.check(plugin) == []
    (path,) = catalogues.update(plugin, ["de"])
    assert catalogues.update(plugin, ["de"]) == []
    problems = proofread.check(plugin)
    assert len(problems) == 10
    text = path.read_text(encoding="utf-8").replace('msgid "Bye"\nmsgstr ""', 'msgid "Bye"\nmsgstr "Tschüs"')
    text = text.replace('msgid "Hello %(name)s"\nmsgstr ""', 'msgid "Hello %(name)s"\nmsgstr "Hallo %(nam)s"')
    path.write_text(text, encoding="utf-8")
    problems = proofread.check(plugin)
    assert len(problems) == 9
    (broken,) = [one for one in problems if "breaks" in one.message]
    line = next(number for number, row in enumerate(text.splitlines(), 1) if row == 'msgid "Hello %(name)s"')
    assert (broken.file, broken.line) == ("locale/de/LC_MESSAGES/messages.po", line)
    (plugin / "plugin.yaml").write_text("id: hello\ntitle: Salutations\n", encoding="utf-8")
    assert catalogues.update(plugin, ["de"]) == [path]
    assert 'msgstr "Tschüs"' in path.read_text(encoding="utf-8")
    install(plugin / "locale")
    with i18n.using("de"):
        assert i18n.gettext("Bye") == "Tschüs"
    path.write_text('msgid "x\n', encoding="utf-8")
    assert "cannot be read" in proofread.check(plugin)[0].message


# --- the pseudo-language ---


@pytest.mark.parametrize(("text", "kept"), [
    ("Menu of %(name)s", ["%(name)s"]),
    ("%(num)s of %(most)d, 100%% of it", ["%(num)s", "%(most)d", "100%%"]),
    ('Read <a href="/help">this &amp; that</a>', ['<a href="/help">', "&amp;", "</a>"]),
    ("Write to {name} at https://help.example/a?b=c", ["{name}", "https://help.example/a?b=c"]),
])
def test_the_pseudo_language_is_longer_and_keeps_gaps_and_markup(text, kept):
    shown = pseudo.stretch(text)
    assert shown[0] == "⟦"
    assert shown[-1] == "⟧"
    assert [piece for piece in kept if piece not in shown] == []
    words = shown
    for piece in kept:
        text, words = text.replace(piece, "", 1), words.replace(piece, "", 1)
    assert len(words) - 2 >= 1.4 * len(text.strip())
    assert not set("aeiou") & set(words)


@given(st.text(max_size=80))
def test_the_pseudo_language_takes_any_text(text):
    shown = pseudo.stretch(text)
    assert i18n.gaps(shown) == i18n.gaps(text)
    assert shown == text or (shown.strip()[0], shown.strip()[-1]) == ("⟦", "⟧")


def test_the_pseudo_language_is_asked_for_by_name_only(tmp_path, install):
    install(write(tmp_path, "de", 'msgid "Save"\nmsgstr "Speichern"\n'))
    with i18n.using("en-XA"):
        assert i18n.gettext("Save") == "⟦Šáávéé⟧"
        assert i18n.pgettext("verb", "Order %(number)s", number="<7>") == "⟦ÖÖrdéér <7> ·⟧"
        assert i18n.ngettext("%(num)s file", "%(num)s files", 1) == "⟦1 fííłéé⟧"
        assert i18n.ngettext("%(num)s file", "%(num)s files", 2) == "⟦2 fííłééš ·⟧"
        assert i18n.format_date(datetime.date(2025, 3, 4)) == "Mar 4, 2025"
        assert i18n.direction(i18n.current()) == "ltr"
    assert "en-XA" not in i18n.LANGUAGES
    assert "en-XA" not in i18n.installed().languages()
    assert i18n.negotiate("en-US,en;q=0.9", None, ["de", "en-XA"], "de") == "de"
    assert i18n.negotiate("", "en-XA", ["en", "de"], "de") == "en"
    assert i18n.negotiate("", "en-XA", ["en", "en-XA"], "en") == "en-XA"


# --- the commands ---


@pytest.fixture
def shell(plugin):
    def run(*words, path=plugin):
        done = CliRunner().invoke(translations, [words[0], str(path), *words[1:]])
        return done.exit_code, done.output

    return run


def test_commands_extract_update_and_check(plugin, shell):
    code, told = shell("extract")
    assert (code, told.strip()) == (0, f"{plugin}/locale/messages.pot: 10 texts")
    assert 'msgid "Welcome"' in (plugin / "locale" / "messages.pot").read_text()
    assert shell("update")[0] == 2, "no language yet, none named"
    assert shell("check", "--language", "de") == (1, (
        f"{plugin}/locale/de/LC_MESSAGES/messages.po:1: There is no file for de yet. "
        "Make one: parlour translations update --language de\n1 to do.\n"))
    assert "updated, 10 to do" in shell("update", "--language", "de", "--language", "pt-BR")[1]
    assert "as it was, 10 to do" in shell("update")[1]
    assert (plugin / "locale" / "pt_BR" / "LC_MESSAGES" / "messages.po").is_file()
    code, told = shell("check", "--language", "de")
    assert (code, told.splitlines()[-1]) == (1, "10 to do.")
    for wrong in ("../de", "en", "en-XA"):
        assert shell("update", "--language", wrong)[0] == 2
    assert shell("check", path=plugin / "nowhere")[0] == 2


def test_check_names_each_fault_where_it_stands(plugin, shell):
    entries = '''
msgid "Greetings"
msgstr "Grüße"

msgid "Your name"
msgstr "Ihr Name"

#, fuzzy
msgid "This link was used."
msgstr "Dieser Link"

msgid "Hello %(name)s"
msgstr "Hallo"

msgctxt "verb"
msgid "Order"
msgstr "Bestellen"

msgid "Welcome"
msgstr "<b>Willkommen</b>"

msgid "Bye"
msgstr "Tschüs "

msgid "Write an address."
msgstr "100 % %(nmae)s"

msgid "%(num)s day"
msgid_plural "%(num)s days"
msgstr[0] "ein Tag"
msgstr[1] ""

msgid "One"
msgid_plural "%(n)s"
msgstr[0] "Eins"
msgstr[1] "%(n)s"

msgid "Long gone"
msgstr "Lange weg"
'''
    path = write(plugin / "locale", "de", entries) / "de" / "LC_MESSAGES" / "messages.po"
    code, told = shell("check")
    rows = path.read_text().splitlines()

    def line(text):
        return next(number for number, row in enumerate(rows, 1) if row.startswith("msgid ") and text in row)

    assert (code, [one.split(": ")[0].rsplit(":", 1)[1] + " " + one.split(": ", 1)[1] for one in
                   told.splitlines()[:-1]]) == (1, [
        f"{line('This link')} The translation of 'This link was used.' is marked as unsure. "
        "Read it, then take the word fuzzy away.",
        f"{line('Hello')} The translation of 'Hello %(name)s' leaves out %(name)s. "
        "Say it somewhere; the order is free.",
        f"{line('Welcome')} The translation of 'Welcome' has other markup than the English text. "
        "Keep each <tag> and its end.",
        f"{line('Bye')} The translation of 'Bye' begins or ends with other white space. "
        "Keep spaces and line breaks at both ends.",
        f"{line('Write an')} The translation of 'Write an address.' breaks its gaps. "
        "Use each %(name)s as in the English text, and %% for a percent sign.",
        f"{line('day')} The translation of '%(num)s day' has 1 of the 2 forms that this language needs. "
        "Plural-Forms says: (n != 1)",
        f"{line('Long gone')} Nothing says 'Long gone' any more. parlour translations update puts it aside."])
    shell("update")
    assert "Nothing says" not in shell("check")[1]


def test_a_file_that_cannot_be_read_is_named(plugin, shell):
    (plugin / "templates" / "hello" / "broken.html").write_text("line\n{% trans %}never ends")
    code, told = shell("update", "--language", "de")
    assert code == 3
    assert told.startswith(f"{plugin}/templates/hello/broken.html:2: This file cannot be read: ")
