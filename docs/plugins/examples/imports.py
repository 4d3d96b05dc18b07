"""A kind of row for `parlour import` and the import page; the same row twice is one record."""

from parlour import Import, Kind, add, change, hook


def take(row):
    if row["known"]:
        change("tool", int(row["known"]), "create", title=row["name"])
        return "updated", row["known"]
    return "created", str(add("tool", title=row["name"]).id)


@hook
def kinds():
    return [Kind("tool", "tools", "TOOL", "Tool")]


@hook
def imports():
    return [Import("tool", {"type": "object", "required": ["name"],
                            "properties": {"name": {"type": "string", "title": "Name"}}}, take, title="Tools")]
