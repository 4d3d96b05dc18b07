"""What readers ask for: one article in their language, lists of them, categories and what they hold."""

from peewee import fn

from parlour import Record, current, fetch, language, lines, tally, visible

from .models import PUBLISHED, Address, Article, Category, Text, moment

FEW = 6
_ROW = (Record.id, Record.kind, Record.number, Record.title, Record.audience, Record.touched, Article.slug,
        Article.shelf, Article.featured, Article.language, Article.shown)
_ONE = (*_ROW, Record.state, Record.version, Record.shared, Article.related, Article.wanted)
_TEXT = (Text.html, Text.toc, Text.changed, Text.current_to, Text.links, Text.words,
         Text.language.alias("text_language"), Text.title.alias("text_title"), Text.summary.alias("text_summary"))
_CATEGORY = (Record.id, Record.kind, Record.number, Record.title, Record.audience, Category.slug, Category.parent,
             Category.position, Category.icon, Category.titles, Category.descriptions)


def wanted(own=""):
    """Give the languages to try, the reader's first, then the tenant's, then the article's own."""
    reader, usual = language.current(), str(current().settings.value("languages.default"))
    return list(dict.fromkeys(filter(None, (reader, reader.split("-")[0], usual, own))))


def reader():
    """Give the language of whoever reads."""
    return language.current()


def best(offered, own=""):
    """Choose among the languages something can be read in; "" where it cannot be read at all."""
    return next((code for code in wanted(own) if code in offered), next(iter(offered), ""))


class Shown:
    """A row of an article with its title, summary and moment in the reader's language."""

    def __init__(self, row):
        """Choose the language."""
        self.row, self.id, self.slug, self.category = row, row.id, row.slug, row.shelf
        self.path, self.audience, self.featured = f"/kb/{row.slug}", row.audience, row.featured
        self.language = best(row.shown, row.language)
        told = row.shown.get(self.language, {})
        self.title, self.summary = told.get("title") or row.title, told.get("summary", "")
        self.changed = moment(told["changed"]) if told else row.touched


def articles(*conditions, order=(), most=100):
    """Give published articles that whoever asks may read."""
    query = visible("article", "view", *_ROW).where(Record.state == PUBLISHED, *conditions)
    order = order or (Record.touched.desc(), Record.number.desc())
    return [Shown(row) for row in fetch(query.order_by(*order).limit(most))]


def popular(most=FEW):
    """Give the keys of the articles read most in the last thirty days."""
    return [int(word) for word, _count in tally.top("kb.read", most * 3, fresh=60) if word.isdigit()]


def front():
    """Give what the first page shows, in one query: (featured, popular, recent)."""
    read = popular()
    first = (Article.featured > 0) | Record.id.in_(read)
    found = articles(order=(first.desc(), Record.touched.desc(), Record.number.desc()), most=8 * FEW)
    places = {key: place for place, key in enumerate(read)}
    featured = sorted((one for one in found if one.featured), key=lambda one: one.featured)[:FEW]
    liked = sorted((one for one in found if one.id in places), key=lambda one: places[one.id])[:FEW]
    recent = sorted(found, key=lambda one: one.changed, reverse=True)[:FEW]
    return featured, liked, recent


class Shelf:
    """A category as a reader meets it; `count` is what it and those in it hold for this reader."""

    def __init__(self, row, count):
        """Choose the language."""
        self.id, self.parent, self.icon, self.slug = row.id, row.parent, row.icon, row.slug
        self.path, self.number, self.audience = f"/kb/c/{row.slug}", row.number, row.audience
        self.own = self.count = count
        self.title = row.titles.get(best(row.titles)) or row.title
        self.description = row.descriptions.get(best(row.descriptions), "")
        self.inside = []


def shelves(*, count=True):
    """Give all categories that whoever asks may see, by key, nested and (where wanted) counted."""
    counts = counted() if count else {}
    rows = fetch(visible("kb_category", "view", *_CATEGORY).order_by(Category.position, Record.title, Record.id))
    found = {row.id: Shelf(row, counts.get(row.id, 0)) for row in rows}
    for shelf in found.values():
        if shelf.parent in found:
            found[shelf.parent].inside.append(shelf)
    for shelf in found.values():
        for above in upward(found, shelf)[1:]:
            above.count += shelf.own
    return found


def counted():
    """Count the published articles a reader may read, by category."""
    query = visible("article", "view", Article.shelf, fn.COUNT(Record.id).alias("n"))
    found = fetch(query.where(Record.state == PUBLISHED).group_by(Article.shelf))
    return {row.shelf: row.n for row in found}


def upward(found, shelf):
    """Give a category and those it stands in, the outermost last."""
    path = []
    while shelf is not None and shelf not in path:
        path.append(shelf)
        shelf = found.get(shelf.parent)
    return path


def article(path):
    """Give the article at a path with its text in the reader's language, or None; two rows at most are read."""
    query = lines.visible("article", (Address, Text), "view", *_ONE, *_TEXT, anywhere=True).where(
        Address.path == path, Record.state == PUBLISHED,
        Text.language.in_(wanted()) | (Text.language == Article.language))
    rows = {row.text_language: row for row in fetch(query)}
    if not rows:
        return _any_language(path)
    return rows[best(rows, next(iter(rows.values())).language)]


def _any_language(path):
    """Give an article that exists neither in a language of the reader's nor in its own."""
    found = fetch(lines.visible("article", (Address, Text), "view", *_ONE, *_TEXT, anywhere=True).where(
        Address.path == path, Record.state == PUBLISHED).limit(1))
    return found[0] if found else None


def category_at(path):
    """Give the present path of the category that was once at a path below /kb/, "" where none was."""
    found = fetch(lines.visible("kb_category", Address, "view", Category.slug, anywhere=True).where(
        Address.path == path))
    return f"/kb/c/{found[0].slug}" if found else ""


def outdated(row):
    """Say whether a translation tells what its original no longer says."""
    original = row.shown.get(row.language, {}).get("changed", 0)
    return row.text_language != row.language and row.current_to is not None and row.current_to < original


def related(row):
    """Give further articles to read: those staff chose, those it links to, those beside it."""
    paths = [link.removeprefix("/kb/").partition("#")[0] for link in row.links if link.startswith("/kb/")]
    linked = lines.visible("article", Address, "view", Record.id).where(Address.path.in_(paths))
    chosen = Record.id.in_(list(row.related)) | Record.id.in_(linked)
    beside = Article.shelf == row.shelf if row.shelf else Article.featured > 0
    found = articles((chosen | beside), Record.id != row.id, most=FEW,
                     order=(chosen.desc(), Article.featured.desc(), Record.touched.desc()))
    places = {key: place for place, key in enumerate(row.related)}
    return sorted(found, key=lambda one: places.get(one.id, len(places)))
