"""What a person is told about a field that does not fit: one sentence each that says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from core.look import currencies, formats
from core.look.i18n import N_
from core.look.i18n import gettext as _
from core.web.fields import PLACES, Field
from core.web.texts import say as text_of

MESSAGES: Mapping[tuple[str, str], str] = {
    ("required", ""): N_("Fill in “%(label)s”."),
    ("required", "email"): N_("Enter an e-mail address like name@example.com."),
    ("required", "phone"): N_("Enter a phone number in “%(label)s”, like +49 30 1234567."),
    ("required", "date"): N_("Enter a date in “%(label)s”, like %(example)s."),
    ("required", "number"): N_("Enter a number in “%(label)s”, like %(example)s."),
    ("required", "money"): N_("Enter an amount in “%(label)s”, like %(example)s."),
    ("required", "quantity"): N_("Enter how many in “%(label)s”, like %(example)s."),
    ("required", "choice"): N_("Choose one of the options for “%(label)s”."),
    ("required", "several"): N_("Choose at least one of the options for “%(label)s”."),
    ("required", "country"): N_("Choose a country for “%(label)s”."),
    ("required", "checkbox"): N_("Tick “%(label)s” to go on."),
    ("required", "file"): N_("Choose a file for “%(label)s”."),
    ("required", "files"): N_("Choose at least one file for “%(label)s”."),
    ("characters", ""): N_("“%(label)s” contains a character that cannot be stored. Type it again, or paste it"
                           " as plain text."),
    ("too_short", ""): N_("“%(label)s” needs at least %(limit)s characters."),
    ("too_long", ""): N_("Shorten “%(label)s” to %(limit)s characters; it has %(over)s too many."),
    ("pattern", ""): N_("Write “%(label)s” the way it is asked for. %(help)s"),
    ("const", ""): N_("Choose the one value that “%(label)s” accepts."),
    ("format", "email"): N_("Enter an e-mail address like name@example.com."),
    ("format", "phone"): N_("Enter a phone number in “%(label)s”, like +49 30 1234567."),
    ("format", "date"): N_("Enter a date in “%(label)s”, like %(example)s."),
    ("format", "number"): N_("Enter a number in “%(label)s”, like %(example)s."),
    ("format", "money"): N_("Enter an amount in “%(label)s”, like %(example)s."),
    ("format", "quantity"): N_("Enter a number in “%(label)s”, like %(example)s."),
    ("no_such_day", "date"): N_("That day does not exist. Enter a date in “%(label)s”, like %(example)s."),
    ("over", "date"): N_("Enter today or a later day in “%(label)s”."),
    ("decimals", "money"): N_("Write “%(label)s” with at most %(digits)s decimal places, like %(example)s."),
    ("decimals", "quantity"): N_("Write “%(label)s” with at most %(digits)s decimal places."),
    ("too_precise", ""): N_("Write “%(label)s” with at most %(limit)s digits."),
    ("whole", ""): N_("Enter a whole number in “%(label)s”."),
    ("too_small", ""): N_("Enter %(limit)s or more in “%(label)s”."),
    ("too_small_exclusive", ""): N_("Enter more than %(limit)s in “%(label)s”."),
    ("too_large", ""): N_("Enter %(limit)s or less in “%(label)s”."),
    ("too_large_exclusive", ""): N_("Enter less than %(limit)s in “%(label)s”."),
    ("too_large_number", ""): N_("That number is too large for “%(label)s”. Enter a smaller one."),
    ("multiple", ""): N_("Enter a multiple of %(limit)s in “%(label)s”."),
    ("enum", ""): N_("Choose one of the options listed for “%(label)s”."),
    ("enum", "several"): N_("Choose only options listed for “%(label)s”."),
    ("enum", "country"): N_("Choose a country from the list for “%(label)s”."),
    ("reference", "reference"): N_("“%(name)s” was not found for “%(label)s”. Choose one that is offered while you"
                                   " type."),
    ("type", "reference"): N_("Send what “%(label)s” refers to as text: a number, an identifier or an address."),
    ("too_few", ""): N_("Choose at least %(limit)s for “%(label)s”."),
    ("too_many", ""): N_("Choose at most %(limit)s for “%(label)s”."),
    ("file_too_large", ""): N_("“%(name)s” is larger than %(limit)s. Choose a smaller file."),
    ("file_empty", ""): N_("“%(name)s” is empty. Choose another file."),
    ("file_type", ""): N_("“%(name)s” is not one of the kinds of file that are taken here: %(allowed)s."),
    ("type", ""): N_("Send text in “%(label)s”."),
    ("type", "number"): N_("Send a number in “%(label)s”, without quotes."),
    ("type", "money"): N_("Send “%(label)s” as a whole number of the smallest unit of %(currency)s."),
    ("type", "quantity"): N_("Send “%(label)s” as a whole number, or as text with a point, like \"1.5\"."),
    ("type", "checkbox"): N_("Answer “%(label)s” with true or false."),
    ("type", "several"): N_("Send a list in “%(label)s”."),
    ("type", "group"): N_("Send an object in “%(label)s”."),
    ("type", "rows"): N_("Send a list of objects in “%(label)s”."),
    ("required", "rows"): N_("Fill in at least one row of “%(label)s”."),
    ("too_few", "rows"): N_("Fill in at least %(limit)s rows of “%(label)s”."),
    ("too_many", "rows"): N_("“%(label)s” takes at most %(limit)s rows."),
    ("type", "file"): N_("Send “%(label)s” as a file of a multipart form."),
    ("type", "files"): N_("Send “%(label)s” as files of a multipart form."),
    ("type", "choice"): N_("Send one of the options in “%(label)s”."),
}
"""The texts, by (code, widget); a text for every widget stands under ""."""

UNKNOWN = N_("There is no field “%(name)s” here. Leave it out.")
CHOOSE_AGAIN = N_("Choose your files again: browsers do not keep them when a form comes back.")
NO_OBJECT = N_("Send the fields as one JSON object.")

_PUBLIC_CODES = {"too_large_number": "too_large", "too_small_exclusive": "too_small", "whole": "type",
                 "too_large_exclusive": "too_large", "no_such_day": "format", "over": "too_small"}


def public_code(code: str) -> str:
    """Give the stable code that programs see for one of ours."""
    return _PUBLIC_CODES.get(code, code)


def label(field: Field) -> str:
    """Give a field's label in the current language."""
    return text_of(field.label)


def say(field: Field, code: str, gaps: Mapping[str, object]) -> str:
    """Say in the current language what to do about a field. `code` and `gaps` are those of an `Unfit`."""
    code = "whole" if code == "decimals" and not gaps.get("digits") else code
    own = field.schema.get("x-pattern-message", "") if code == "pattern" else ""
    if own:
        return text_of(own)
    text = MESSAGES.get((code, field.widget)) or MESSAGES[(code, "")]
    known = {"label": label(field), "help": text_of(field.help), "example": example(field),
             "currency": currencies.of(field.schema) if field.widget == "money" else ""}
    return _(text, **{**known, **gaps}).strip()


def example(field: Field) -> str:
    """Give a value that would fit a date, number or amount, as the current language writes it."""
    if field.widget == "date":
        return "2026-12-31"
    if field.widget == "money":
        currency = currencies.of(field.schema)
        return formats.format_money(125 * 10 ** formats.minor_digits(currency) // 10, currency)
    if field.widget == "quantity":
        return formats.format_number(Decimal("1.5") if field.schema.get("x-decimals", PLACES) else 12)
    return formats.format_number(12 if field.schema["type"] == "integer" else 12.5)


def limit(field: Field, value: float) -> str:
    """Write a limit of a number or an amount in the current language."""
    if field.widget == "money":
        return formats.format_money(int(value), currencies.of(field.schema))
    return formats.format_number(value)
