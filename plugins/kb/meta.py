"""What search engines are told of articles, categories and the first page."""

from parlour import canonical, current

from . import reading


def article(row):
    """Tell of an article in the language it is shown in."""
    description = row.text_summary or " ".join(row.words.split()[:40])
    return canonical.meta(f"/kb/{row.slug}", description, row.shown, row.text_language, row.language)


def category(shelf):
    """Tell of a category."""
    return _everywhere(shelf.path, shelf.description or shelf.title)


def front():
    """Tell of the first page."""
    return _everywhere("/kb", current().settings.name)


def _everywhere(path, description):
    settings = current().settings
    return canonical.meta(path, description, settings.value("languages.offered"), reading.reader(),
                          str(settings.value("languages.default")))
