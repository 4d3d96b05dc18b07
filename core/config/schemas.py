"""The schemas of portal.yaml and theme.yaml: what may stand there, what it means, what it is without it.

Besides JSON Schema 2020-12, a group may carry `x-short`: the key that a lone value stands for, so that
`tickets: on` reads as `tickets: {enabled: on}`. `writeOnly` marks secrets. `x-unknown` is the sentence for a
key that is not known there, with {key}. For the settings pages, `x-labels` gives words to what can be chosen,
`x-options` names a list to choose from (languages, zones, themes, fonts, or the dotted path of a group whose
keys are meant), `x-page` the address of a value's own page, `x-widget` the control where the type alone does not
tell (`longtext`, `css`), and `x-by-hand` words that are not offered there, because they would shut out whoever
chose them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from core.config import roles
from core.config.own_fields import KEPT, OF_COMPANIES, OF_PEOPLE, PERSON, REGISTRATION, checked, field_schemas
from core.config.own_fields import fields as own_fields
from core.config.shapes import Schema as Schema  # noqa: PLC0414 - handed on
from core.config.shapes import choice, group, listing, many, number, text
from core.parts import Manifest

SLUG = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
COLOUR = r"^#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$"
HOST = r"^[^\s/:@?#*_]+$"


def _colour(title: str, description: str) -> Schema:
    return text(title, description, pattern=COLOUR, examples=["#0f766e"])


def _wish(title: str, description: str, *words: str, **labels: str) -> Schema:
    """Make the schema of one word out of several that says nothing where it is not stated."""
    return {"type": "string", "title": title, "description": description, "enum": list(words),
            **({"x-labels": labels} if labels else {})}


def _font() -> Schema:
    names = ("system", "humanist", "geometric", "serif", "rounded")
    shipped = group("Font", "One that everybody's device has, or your own: its name and its files (WOFF2).",
                    family=text("Family", "What the font is called.", maxLength=60),
                    files=many("Files", "Weight to file.", "^[1-9]00$", text("File", "WOFF2.", format="file")))
    return {**shipped, "x-widget": "font", "x-options": "fonts", "type": ["string", "object"],
            "required": ["family", "files"], "pattern": f"^({'|'.join(names)})$", "examples": list(names)}


def theme_keys() -> dict[str, Schema]:
    """Make the keys of `theme:` in a tenant document.

    None but `base` has a default: what is not said here is what the theme says.
    """
    legal = group("Legal link", "A link in the footer.",
                  title=text("Text", "What the link says."),
                  href=text("Address", "Where it leads.", pattern="^(https?://|/|mailto:)",
                            examples=["https://example.com/imprint", "/kb", "mailto:you@example.com"]))
    legal["required"] = ["title", "href"]
    return {
        "base": text("Theme", "The folder of the theme below themes/.", default="default", pattern=SLUG,
                     **{"x-options": "themes"}),
        "accent": _colour("Accent", "The colour of buttons and links; all others are computed from it."),
        "secondary": _colour("Secondary colour", "A second colour beside it; without one, computed."),
        "background": _colour("Background", "The colour behind the whole page."),
        "text": _colour("Text colour", "The colour of ordinary text."),
        "logo": text("Logo", "In the bar, at sign-in and in mail. PNG, JPEG or WebP.", format="file"),
        "favicon": text("Favicon", "The small picture in the browser's tab.", format="file"),
        "font": _font(),
        "css": text("Custom CSS", "Your own rules on top of the theme; nothing is loaded from elsewhere.",
                    format="file", **{"x-widget": "css"}),
        "header": _wish("Header", "Whether the top bar stays while scrolling.", "fixed", "static",
                        fixed="Stays on top", static="Scrolls away"),
        "footer": _wish("Footer", "Whether the footer is there.", "shown", "hidden",
                        shown="Shown", hidden="Hidden from those who are signed in"),
        "logo_position": _wish("Logo position", "Where the logo stands.", "start", "center",
                               start="At the start of the bar", center="In the centre"),
        "corners": _wish("Corners", "How round the corners are.", "soft", "square", "round"),
        "scheme": _wish("Scheme", "Light or dark colours.", "auto", "light", "dark",
                        auto="As each person's system says", light="Always light", dark="Always dark"),
        "legal": {key: value for key, value in listing("Legal links", "Imprint, terms, privacy, in the footer.",
                                                       legal).items() if key != "default"},
    }


def _access() -> Schema:
    registration = group(
        "Registration", "Who may create an account themselves, and what they fill in.",
        mode=choice("Who may register", "Whoever is invited can always come in.",
                    "invitation", "open", "off", invitation="Only people you invite",
                    open="Everybody", off="Nobody"),
        form=group("Form", "What people fill in beside e-mail address, name and password.",
                   fields={**own_fields("Fields", "Each field by its name; company and phone are known.",
                                        {**KEPT, "beside": ["name", "email", "password"]}),
                           "x-usual": {"company": {}, "phone": {}}, "x-form": REGISTRATION}),
        domains=listing("Domains", "Only e-mail addresses of these domains may register; without any, all may.",
                        text("Domain", "Such as example.com.", pattern=HOST)))
    registration["x-short"] = "mode"
    companies = choice("Companies", "Whose people may use the portal; each can be switched on its own page.",
                       "all", "chosen", all="All companies that are not switched off",
                       chosen="Only companies that are switched on")
    return group("Access", "How people come in.", companies=companies, registration=registration)


def _features(manifests: Mapping[str, Manifest], away: Collection[str]) -> Schema:
    known = {key: _feature(manifests[key]) for key in sorted(manifests)
             if manifests[key].settings or not manifests[key].builtin}
    for key in sorted(set(away) - set(manifests)):
        known[key] = {"type": "object", "title": key, "x-short": "enabled",
                      "description": "This plugin is not available now; what is set for it is kept."}
    return {**group("Features", "What this portal offers; each switch takes effect within two seconds.", **known),
            "x-unknown": "no plugin that can be switched is called '{key}'"}


def _feature(manifest: Manifest) -> Schema:
    own = checked(manifest.settings)
    if manifest.builtin:  # part of the host: it has settings, but no switch
        return {**own, "type": "object", "title": manifest.title, "description": manifest.summary,
                "additionalProperties": own.get("additionalProperties", False)}
    switch = {"type": "boolean", "title": "On", "description": f"Whether {manifest.title} is there.",
              "default": manifest.default}
    return {**own, "type": "object", "title": manifest.title,
            "description": manifest.summary or f"The plugin {manifest.id}.",
            "properties": {"enabled": switch, **own.get("properties", {})},
            "additionalProperties": own.get("additionalProperties", False), "x-short": "enabled"}


def _home(ids: Collection[str]) -> Schema:
    """Make the schema of the home page; a card's name begins with the plugin it comes from."""
    names = "|".join(sorted(ids))
    return group("Home", "The page people start from.", panels=listing(
        "Cards", "Which cards stand there, in this order, such as home.needs; empty: all that there are.",
        text("Card", "Plugin and name.", pattern=rf"^({names})\.[a-z][a-z0-9_]*$",
             examples=["home.needs", "tickets.recent"]), uniqueItems=True))


def company_schema(manifests: Mapping[str, Manifest], away: Collection[str] = ()) -> Schema:
    """Make the schema of what one company has otherwise than its tenant (`companies.<identifier>`)."""
    titles = {**dict.fromkeys(away, "this plugin"),
              **{key: found.title for key, found in manifests.items() if not found.builtin}}
    switches = {key: {"type": "boolean", "title": title,
                      "description": f"Off: this company does not get {title}."}
                for key, title in sorted(titles.items())}
    theme = theme_keys()
    since = text("Visible since", "What its people see: all, new (from when each of them joined), or from a "
                 "date on, such as 2026-01-31.", default="all", format="since",
                 pattern=r"^(all|new|\d{4}-\d{2}-\d{2})$", examples=["all", "new", "2026-01-31"])
    return group(
        "Company", "What this company has otherwise than the others.",
        features={**group("Features", "Switches for this company alone.", **switches),
                  "x-unknown": "no plugin that can be switched is called '{key}'"},
        theme=group("Theme", "A look of its own.", accent=theme["accent"], logo=theme["logo"]),
        home=_home({*manifests, *away}),
        status=_wish("Status", "Whether its people come in; without it, as access.companies says.",
                     "active", "disabled", active="They come in", disabled="Nobody of them comes in"),
        visible_since=since)


def _contact() -> Schema:
    return group("Contact", "How customers reach you without the portal; shown in the footer and in mail.",
                 email=text("E-mail", "An address people can write to.", format="email"),
                 phone=text("Phone", "With country code."),
                 address=text("Postal address", "Several lines are fine.", **{"x-widget": "longtext"}),
                 website=text("Website", "Your own site.", pattern="^https?://", examples=["https://example.com"]))


def _languages() -> Schema:
    tag = text("Language", "A language tag such as en, de or ar.", pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
               examples=["en", "de", "pt-BR"])
    return group("Languages", "Which languages people can choose.",
                 default={**tag, "title": "First language", "default": "en", "x-options": "languages.offered",
                          "description": "For everybody whose browser asks for none of the offered ones."},
                 offered=listing("Offered languages", "All languages people can choose.",
                                 {**tag, "x-options": "languages"}, default=["en"], minItems=1, uniqueItems=True))


def _words(title: str, description: str, words: Mapping[str, str], **more: Any) -> Schema:
    """Make the schema of a list of words out of several, each once; `words` says what people read for each."""
    each = {"type": "string", "enum": list(words), "x-labels": dict(words)}
    return listing(title, description, each, uniqueItems=True, **more)


def _networks() -> Schema:
    network = text("Network", "Such as 203.0.113.0/24, or one address.", format="network")
    return group("Networks", "Where people have to come from; empty: from anywhere.",
                 everybody=listing("Everybody", "From elsewhere nobody sees anything of the portal.", network),
                 staff=listing("Your team", "From elsewhere agents and admins are not known here.", network))


def _security() -> Schema:
    roles = {"admin": "Admins", "agent": "Agents", "company_admin": "Company admins",
             "company_user": "People who see what is their company's", "user": "People who see what is their own"}
    two_factor = group(
        "Two-factor", "A second step beside the password.",
        required=_words("Required for", "Whoever is one of these sets a second step up first of all.", roles),
        remember_days=number("Remembered devices", "Days for which a device may skip the second step; 0: never.",
                             30, 0, 365))
    return group(
        "Security", "Passwords, second steps, sessions, networks.",
        methods=_words("Ways to sign in", "A password, a passkey, or either.",
                       {"password": "Password", "passkey": "Passkey"}, default=["password", "passkey"],
                       minItems=1),
        password_length=number("Password length", "Least number of characters.", 10, 8, 128),
        password_words=listing("Words no password may be", "Such as your brand; common passwords and own names "
                               "are refused anyway.", text("Word", "Whatever stands around it.", minLength=4)),
        two_factor=two_factor,
        session_hours=number("Session", "Hours after which everybody has to sign in again.", 336, 1, 8760),
        idle_minutes=number("Idle", "Minutes without a click until somebody is signed out.", 1440, 5, 43_200),
        confirm_minutes=number("Confirmation", "Minutes after signing in for which security settings open without "
                               "asking again.", 15, 1, 1440),
        networks=_networks(),
        tries=number("Tries", "Failed sign-ins with one e-mail address in 15 minutes.", 10, 3, 1000),
        tries_per_network=number("Tries per network", "Failed sign-ins from one network in 15 minutes.",
                                 50, 3, 10_000))


def _mail() -> Schema:
    said = group("Own words", "A mail in one language; what is not said here is as shipped.",
                 subject=text("Subject", "One line, with placeholders such as {number}.", maxLength=200),
                 text=text("Text", "Markdown, with placeholders such as {person}, {title}, {text}, {link}.",
                           maxLength=10_000, **{"x-widget": "longtext"}))
    texts = many("Texts", "What mails say in your own words: event, then language. `signature` stands under all.",
                 r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$",
                 many("Languages", "Language to words.", "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", said))
    return group(
        "Mail", "Who mail comes from, and what it says.",
        sender_name=text("Sender's name", "In front of the sender's address; without it, the portal's name.",
                         maxLength=120, pattern=r"^[^\r\n<>\"]*$"),
        reply_to=text("Answers go to", "Where an answer to a mail arrives; without it, at the sender's address.",
                      format="email"),
        footer=text("Small print", "Lines under every mail, such as your company's register entry.",
                    maxLength=1000, **{"x-widget": "longtext"}),
        texts={**texts, "x-page": "/settings/mail/texts"})


def _own_fields() -> Schema:
    people = own_fields("People", "On every person.", {**KEPT, "beside": ["name"]}, PERSON)
    companies = own_fields("Companies", "On every company.", {**KEPT, "beside": ["name", "identifier"]})
    return group("Fields", "Fields of your own.", people={**people, "x-form": OF_PEOPLE},
                 companies={**companies, "x-form": OF_COMPANIES},
                 person_link=text("Link to your CRM", "The address of a person there, with {id} for their "
                                  "identifier.", pattern=r"^https?://[^\s{}]*\{id\}[^\s{}]*$",
                                  examples=["https://crm.example.com/contacts/{id}"]))


def _limits() -> Schema:
    return group("Limits", "How much may be sent at once.",
                 file_mb=number("File", "The largest file, in megabytes.", 25, 1, 4096),
                 files=number("Files", "How many files may be sent at once.", 10, 1, 100),
                 request_mb=number("Request", "The largest form with all its files, in megabytes.", 50, 1, 8192))


def _status() -> Schema:
    found = choice("Visitors", "While in maintenance, customers see a page that says so.",
                   "maintenance", "active", "disabled", active="Open",
                   maintenance="In maintenance: only your team comes in", disabled="Closed, for your team too")
    return {**found, "x-by-hand": ["disabled"]}


def tenant_schema(manifests: Mapping[str, Manifest], away: Collection[str] = ()) -> Schema:
    """Make the schema of a tenant document: inline, in its own file, or in the database."""
    return group(
        "Portal", "One portal.",
        name=text("Name", "What the portal is called, in titles and mail.", default="Customer portal",
                  minLength=1, maxLength=120),
        url=text("Address", "Where the portal is reached; every link in mail starts with it.",
                 default="http://localhost:8000", pattern=r"^https?://[^\s/?#@]+/?$",
                 examples=["https://support.example.com"]),
        hosts=listing("Hosts", "Host names it answers to; without it, the host of the address.",
                      text("Host", "Without port.", pattern=HOST)),
        status=_status(),
        features=_features(manifests, away),
        roles=roles.schema(manifests, away),
        access=_access(),
        home=_home({*manifests, *away}),
        theme=group("Theme", "How it looks.", **theme_keys()),
        companies=many("Companies", "Exceptions by company identifier.", SLUG, {"$ref": "#/$defs/company"}),
        contact=_contact(),
        languages=_languages(),
        time_zone=text("Time zone", "Dates in pages and mail are shown in it.", default="UTC", format="time-zone",
                       **{"x-options": "zones"}),
        currency=text("Currency", "Amounts that name no other are in it; records stay in the one they were "
                      "written in.", default="EUR", pattern="^[A-Z]{3}$",
                      examples=["EUR"]),
        mail=_mail(),
        security=_security(),
        limits=_limits(),
        keep=group("Retention", "How long things stay.",
                   notifications=number("Notifications", "Days until a line leaves the bell, read or not.",
                                        180, 1, 3650),
                   audit=number("Audit log", "Days until an act leaves the audit log; 0: never.", 0, 0, 36_500)),
        fields=_own_fields(),
    ) | {"$defs": {"company": company_schema(manifests, away), **field_schemas()}}


def _installation() -> Schema:
    mail = group("Mail", "How mail leaves.",
                 smtp=text("SMTP", "smtp://user:password@host:port or smtps://...; empty: mail is kept in "
                           "var/mail.", default="", writeOnly=True),
                 **{"from": text("From", "The sender of mail.", default="")})
    available = {"type": ["string", "array"], "title": "Available", "description": "all, or a list of ids.",
                 "default": "all", "pattern": "^all$", "examples": ["all"],
                 "items": text("Plugin", "Its id.")}
    return group(
        "Installation", "Once per installation; tenants cannot change it.",
        database=text("Database", "sqlite:///path or postgresql://user:password@host/name.",
                      default="sqlite:///var/portal.db", pattern="^(sqlite|postgres(ql)?)://"),
        files=text("Files", "A folder, or s3://bucket/prefix.", default="var/files"),
        mail=mail,
        proxies=listing("Proxies", "Addresses or networks whose forwarded headers are believed.",
                        text("Address", "Such as 127.0.0.1 or 10.0.0.0/8.", format="network")),
        plugins=group("Plugins", "Which plugins can be switched on at all.", available=available,
                      makers=listing("Makers", "Tenants whose admins may make modules in the browser, for all of "
                                     "them; where there is one portal alone, its admins may.",
                                     text("Tenant", "Its slug.", pattern=SLUG)),
                      paths=listing("Paths", "Folders to look in.", text("Folder", "Below the portal folder."),
                                    default=["plugins"])))


def portal_schema(manifests: Mapping[str, Manifest], away: Collection[str] = ()) -> Schema:
    """Make the schema of portal.yaml for the plugins that are there.

    `away` are ids of plugins that are known but cannot be used now (they failed, or safe mode left them out):
    whatever is set for them is accepted, so that a broken plugin never makes the configuration invalid.
    `#/$defs/tenant` is the schema of a tenant document, `#/$defs/company` of a company's exceptions, and
    `#/$defs/field` of a field of one's own.
    """
    tenant = tenant_schema(manifests, away)
    shared = tenant.pop("$defs")
    tenants = many("Tenants", "Several portals in one installation, by slug; each has the keys above "
                   "`installation` and inherits the rest from here.", SLUG, {"$ref": "#/$defs/tenant"})
    root = {**tenant, "title": "portal.yaml", "description": "The configuration of an installation.",
            "properties": {**tenant["properties"], "installation": _installation(), "tenants": tenants}}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **root,
            "$defs": {"tenant": tenant, **shared}}


def theme_schema() -> Schema:
    """Make the schema of theme.yaml: the looks a tenant may choose, and what the theme is called."""
    look = {key: value for key, value in theme_keys().items() if key not in ("base", "legal")}
    return group(
        "theme.yaml", "A theme: a folder below themes/; files in it are named from there.",
        title=text("Title", "What people choose."),
        summary=text("Summary", "One sentence about it."),
        extends=text("Extends", "The theme it starts from; without it, default.", pattern=SLUG),
        **look)
