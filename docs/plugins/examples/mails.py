"""A letter that no event brings; declared, it can be worded by admins."""

from parlour import N_, Mail, hook


@hook
def mails():
    return [Mail("example_mails.welcome", "example_mails/mail/welcome", N_("Welcome to the club"),
                 values={"club": "Friends of the house"}, needs=("club",))]
