"""A button on every ticket that begins a loan about it, in one transaction, once."""

from parlour import N_, Begin, Kind, add, current, find, hook


def lend(row, told):
    made = add("loan", title=row.title, person=current().me.id, state="open")
    return find("loan", made.number)


@hook
def kinds():
    return [Kind("loan", "loans", "LOAN", N_("Loan"))]


@hook
def begins():
    return [Begin("example_begins.lend", "loan", N_("Lend something"), "example_begins.create", call=lend,
                  of=("ticket",), once=True)]
