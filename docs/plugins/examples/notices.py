"""Who is told of an event of the plugin's own, by bell and by the channels each of them chose."""

from parlour import N_, Notice, hook


@hook
def notices():
    return [Notice("example_notices.broken", N_("%(what)s is broken"), ("staff",), label=N_("Something breaks"),
                   values={"what": "The lift"})]
