"""A kind of record without a table of its own: what it holds beside title and state is JSON."""

from parlour import N_, Kind, hook


@hook
def kinds():
    return [Kind(name="bicycle", plural="bicycles", prefix="BIC", title=N_("Bicycle"), titles=N_("Bicycles"),
                 icon="bike", fields={"properties": {"colour": {"type": "string", "title": N_("Colour")}}},
                 states=lambda: {"new": N_("New"), "sold": N_("Sold")})]
