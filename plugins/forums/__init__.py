"""Forum: customers help each other, the team joins in, and the best answers stay."""

from parlour import N_, Begin, Demo, Kind, Nav, Notice, Panel, Talk, hook, talking

from . import api, demo_content, desk, many, models, moderation, panel, policy, service, views
from .imports import taken


@hook
def kinds():
    """Give topics, the categories they stand in, and tags."""
    states = {models.WAITING: N_("Waits for approval"), models.OPEN: N_("Open"), models.ANSWERED: N_("Answered"),
              models.LOCKED: N_("Closed"), models.HIDDEN: N_("Hidden")}
    beside = {"open": N_("Open")}
    return [Kind(name="topic", plural="topics", prefix="TOP", title="Topic", titles=N_("Topics"),
                 body=models.Topic, href="/forums/{number}", icon="messages-square", fields=api.SHAPE,
                 shape=api.shape, ahead=api.ahead,
                 create=api.create, update=api.update, reply=api.reply, words=api.words, open=api.open_pages,
                 narrow=api.narrow, note_permission="forums.moderate", new="/forums/new", answers=True,
                 merge=moderation.merged, gives=api.gives, states=lambda: states,
                 talk=Talk(policy.policy, service.closed, service.done)),
            Kind(name="forum_category", plural="forum-categories", prefix="FOR", title="Forum category",
                 titles=N_("Forum categories"), body=models.Place, href="/forums/{number}", icon="folder",
                 fields=api.PLACE, shape=api.place, note_permission="forums.moderate", states=lambda: beside),
            Kind(name="forum_tag", plural="forum-tags", prefix="TAG", title="Tag", titles=N_("Tags"),
                 body=models.Tag, href="/forums/tags", icon="tag", fields=api.TAG, shape=api.tag,
                 note_permission="forums.moderate", states=lambda: beside)]


@hook
def routes():
    """Give the pages of readers and of the team."""
    return [desk.blueprint, views.blueprint]


@hook
def navigation():
    """Give the entries with what waits behind them."""
    return [Nav(N_("Forum"), "/forums", "forums.view", "messages-square", order=40),
            Nav(N_("New topic"), "/forums/new", "forums.create", "message-square-plus", area="quick", order=40),
            Nav(N_("To look at"), "/moderation", "forums.moderate", "shield-check", area="staff", order=12,
                badge=talking.waiting)]


@hook
def panels():
    """Give the cards of the home page."""
    return [Panel("forums.new", N_("Forum"), "forums.view", panel.draw, order=40),
            Panel("forums.waiting", N_("Forum: to look at"), "forums.moderate", panel.waiting, order=15)]


@hook
def begins():
    """Let a question to everybody begin from another record."""
    return [Begin("forums.ask", "topic", N_("Ask the forum"), "forums.create", form="/forums/new",
                  of=("article",), icon="messages-square", order=95)]


@hook
def notices():
    """Say who is told of what."""
    def tell(event, label, title, *to, **more):
        return Notice(f"forums.{event}", title, to, template=f"forums/mail/{event}", label=label, **more)
    return [
        tell("opened", N_("A topic begins in a category you follow"), N_("%(actor)s began %(title)s"), "people"),
        tell("replied", N_("Somebody writes in a topic you follow"), N_("%(actor)s answered in %(title)s"),
             "people"),
        tell("mentioned", N_("Somebody calls you by name"), N_("%(actor)s mentioned you in %(title)s"), "people"),
        tell("accepted", N_("Your answer is accepted"), N_("Your answer helped: %(title)s"), "people"),
        tell("approved", N_("What you wrote is in sight"), N_("Your post is in sight: %(title)s"), "people"),
        tell("waiting", N_("A post waits for approval"), N_("A post waits for approval in %(title)s"), "staff",
             staff_only=True),
        tell("reported", N_("Somebody reports a post"), N_("A post was reported in %(title)s"), "staff",
             staff_only=True)]


@hook
def demo():
    """Give the demo content."""
    return Demo(demo_content.fill, order=60)


@hook
def acts():
    """Give what is done to many topics at once."""
    return many.acts()


@hook
def imports():
    """Give what an import can make."""
    return taken()
