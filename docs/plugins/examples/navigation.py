"""An entry with a number beside it: what moved for whoever looks. plugin.yaml has entries without one."""

from parlour import N_, Nav, count, hook, visible


def waiting():
    return count(visible("ticket"), most=99)


@hook
def navigation():
    return [Nav(N_("Waiting"), "/tickets", "example_navigation.view", "inbox", area="staff", badge=waiting)]
