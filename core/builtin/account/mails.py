"""The letters about an account's safety and address, for admins to word."""

from parlour import N_, Mail

_SAFETY = "account/mail/security"

MAILS = (
    Mail("account.confirm_email", "account/mail/confirm-email", N_("Confirm a new address"), needs=("link",)),
    Mail("account.confirm_old", "account/mail/confirm-old", N_("Is it you who changes your address?"),
         {"new": "maria.anders@example.com"}, needs=("link",)),
    Mail("account.email_changed", "account/mail/email-changed", N_("Your address was changed"),
         {"new": "maria.anders@example.com"}),
    *(Mail(f"account.{name}", _SAFETY, label, values, when={"what": what}) for name, what, label, values in (
        ("app_on", "app-on", N_("The second step is on"), {}),
        ("app_off", "app-off", N_("An authenticator app was taken away"), {}),
        ("passkey_added", "passkey-added", N_("A passkey was added"), {"name": N_("My phone")}),
        ("passkey_removed", "passkey-removed", N_("A passkey was removed"), {"name": N_("My phone")}),
        ("codes_new", "codes-new", N_("There are new recovery codes"), {}),
        ("recovery_used", "recovery-used", N_("A recovery code was used"), {"left": 3}),
        ("second_step_reset", "reset", N_("The second step was taken off"), {}),
        ("guessed", "guessed", N_("Somebody has the password"),
         {"device": N_("Firefox on Windows"), "place": "203.0.113.7"}))))
"""What an account sends, each with its placeholders."""
