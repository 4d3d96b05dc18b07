"""Knowledge base: articles that answer before anybody has to ask, in each reader's language."""

from parlour import N_, Begin, Demo, Job, Kind, Nav, Panel, hook

from . import api, demo_content, desk, editing, models, panel, places, service, views
from .imports import taken


@hook
def kinds():
    """Give the kinds of record `article` and `kb_category`."""
    states = {models.DRAFT: N_("Draft"), models.PUBLISHED: N_("Published"), models.ARCHIVED: N_("Archived")}
    return [Kind(name="article", plural="articles", prefix="ART", title="Article", titles=N_("Articles"),
                 body=models.Article, href="/kb/{number}", icon="book-open", fields=api.SHAPE, shape=api.shape,
                 create=api.create, update=api.update, words=api.words, shown=api.shown, open=api.open_pages,
                 answers=True, note_permission="kb.edit", new="/content/new", states=lambda: states),
            Kind(name="kb_category", plural="article-categories", prefix="CAT", title="Category",
                 titles=N_("Categories"), icon="folder", body=models.Category, href="/kb/{number}",
                 fields=api.CATEGORY, shape=api.category, words=api.category_words, shown=api.category_shown,
                 states=lambda: {models.PUBLISHED: N_("Published")})]


@hook
def routes():
    """Give the pages of readers and of staff."""
    return [desk.blueprint, places.blueprint, views.blueprint]


@hook
def navigation():
    """Give the entries of readers and of staff."""
    return [Nav(N_("Help"), "/kb", "kb.view", "book-open", order=20),
            Nav(N_("Articles"), "/content", "kb.edit", "file-text", area="staff", order=15)]


@hook
def begins():
    """Let an article begin from what others wrote."""
    return Begin("kb.write", "article", N_("Write an article from this"), "kb.create", form="/content/new",
                 needs=("text",), icon="file-text", order=80)


@hook
def panels():
    """Give the card of the home page."""
    return Panel("kb.read", N_("Help"), "kb.view", panel.draw, order=30)


@hook
def jobs():
    """Publish what was planned; render anew what an earlier renderer made."""
    return [Job("publish", every=30, call=editing.due), Job("refresh", every=600, call=service.refresh)]


@hook
def demo():
    """Give the demo content."""
    return Demo(demo_content.fill, order=30)


@hook
def imports():
    """Give what an import can make."""
    return taken()
