"""Work that rests goes on as soon as its plugin is on again: the worker compares what was with what is."""

from __future__ import annotations

from typing import Any

from core.data import pauses, scope
from core.data.access import feature_on
from core.host.portal import Portal
from core.work import events

AGAIN = 3
"""How often to look after a change: work at hand at that moment may be laid to rest just after the first."""


class Switches:
    """Looks, each time it is asked, whether a switch or a pause has changed, and wakes what may go on."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.seen: tuple[Any, ...] = (portal.snapshot().version, pauses.resting())
        self.more = 0

    def look(self) -> None:
        """Wake the resting work of plugins that are on by now; costs one small query while nothing changes."""
        seen = (self.portal.snapshot().version, pauses.resting())
        if seen != self.seen:
            self.seen, self.more = seen, AGAIN
        if not self.more:
            return
        self.more -= 1
        for tenant_id, plugin in events.resting():
            who = self.portal.job_scope(tenant_id)
            if who is None:
                continue
            with scope.enter(who):
                if plugin not in who.registry.manifests or feature_on(who, plugin):
                    events.wake(tenant_id, plugin)
