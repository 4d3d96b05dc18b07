"""Content for `parlour demo`: called inside the tenant's scope, left out whole where it fails."""

from parlour import Demo, Kind, add, hook


def make(slug):
    add("poster", title=f"Welcome to {slug}", audience="customers")


@hook
def kinds():
    return [Kind("poster", "posters", "POST", "Poster")]


@hook
def demo():
    return [Demo(make, order=90)]
