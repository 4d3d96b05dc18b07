"""Pages: what every portal has to say somewhere, written by staff, in each reader's language."""

from parlour import N_, Demo, Job, Kind, Nav, hook

from . import api, demo_content, desk, models, service, views


@hook
def kinds():
    """Give the kind of record `page`."""
    states = {models.PUBLISHED: N_("Published"), models.DRAFT: N_("Draft")}
    return Kind(name="page", plural="pages", prefix="PAGE", title=N_("Page"), titles=N_("Pages"), body=models.Page,
                href="/pages/{number}", icon="file", fields=api.SHAPE, shape=api.shape, create=api.create,
                update=api.update, words=api.words, shown=api.shown, open=api.open_pages,
                note_permission="pages.edit", new="/pages/edit/new", states=lambda: states)


@hook
def routes():
    """Give the pages of readers and of staff."""
    return [desk.blueprint, views.blueprint]


@hook
def navigation():
    """Give the pages that stand in the navigation, and the entry of staff."""
    return [Nav("", "/pages", "pages.view", "file", order=70, more=views.entries),
            Nav(N_("Pages"), "/pages/edit", "pages.edit", "panel-top", area="staff", order=16)]


@hook
def jobs():
    """Render anew what an earlier renderer made."""
    return Job("refresh", every=600, call=service.refresh)


@hook
def imports():
    """Give what an import can make."""
    return api.taken()


@hook
def demo():
    """Give the demo content."""
    return Demo(demo_content.fill, order=35)
