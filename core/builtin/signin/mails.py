"""The letters of coming in, for admins to word."""

from parlour import N_, Mail

_BY = {"by": N_("Ben Carter"), "company_name": "Alfreds Futterkiste"}

MAILS = (
    Mail("signin.invitation", "signin/mail/invitation", N_("You are invited"), _BY, needs=("link",)),
    Mail("signin.team_invitation", "signin/mail/invitation", N_("You are invited to the team"),
         {"by": N_("Ben Carter"), "role": "agent"}, needs=("link",), when={"role": ("agent", "admin")}),
    Mail("signin.confirm", "signin/mail/confirm", N_("Confirm a new account"), {"name": N_("Maria Anders")},
         needs=("link",)),
    Mail("signin.account_exists", "signin/mail/account-exists", N_("You have an account already")),
    Mail("signin.reset", "signin/mail/reset", N_("Choose a new password"), needs=("link",)),
    Mail("signin.new_passkey", "signin/mail/reset", N_("Make a new passkey"), needs=("link",),
         when={"password": False}),
    Mail("signin.password_changed", "signin/mail/password-changed", N_("Your password was changed")),
    Mail("signin.new_place", "signin/mail/new-place", N_("New sign-in to your account"),
         {"device": N_("Firefox on Windows"), "place": "203.0.113.7"}))
"""What coming in sends, each with its placeholders."""
