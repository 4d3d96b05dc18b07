"""What mails say: every kind in every language, in one's own words beside the shipped ones, with a preview."""

import logging
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, request

from parlour import (
    NotFound,
    Refused,
    acts,
    configuration,
    current,
    difference,
    language,
    letters,
    redirect,
    render,
    requires,
)
from parlour import gettext as _

from . import fields, mail

log = logging.getLogger("parlour.mail")
blueprint = Blueprint("settings_mailtexts", __name__)
drafting, controls = configuration.drafting, configuration.controls
texts = letters.texts
LIST = "/settings/mail/texts"
PARTS = ("subject", "text")


@blueprint.get(LIST)
@requires("settings.change")
def listing() -> Response:
    """List every mail with its languages, and say where words are one's own."""
    wanted, manifests = drafting.wanted(), current().registry.manifests
    groups: dict[str, list[Any]] = {"": [texts.SIGNED]}
    for text in texts.every():
        groups.setdefault(text.plugin, []).append(text)
    codes = list(texts.languages(wanted))
    rows = [(_("Everywhere") if not plugin else _(manifests[plugin].title),
             [(text, [(code, _state(wanted, text, code)) for code in codes]) for text in several])
            for plugin, several in groups.items()]
    return render("settings/mailtexts.html", rows=rows, codes=_named(codes), problems=texts.problems(wanted),
                  **fields.frame())


def _named(codes: list[str]) -> list[tuple[str, str]]:
    return [(code, language.LANGUAGES.get(code, code)) for code in codes]


def _state(settings: Any, text: Any, code: str) -> str:
    """Say whether words are shipped, one's own, or of no use."""
    said = texts.kept(settings, text.name, code)
    return "" if said == texts.Said() else "bad" if texts.faults(text, said) else "own"


def _find(name: str, code: str) -> Any:
    """Find a mail and a language it is written in. Raises NotFound."""
    text = texts.SIGNED if name == texts.SIGNATURE else texts.one(name)
    if text is None or code not in texts.languages(drafting.wanted()):
        raise NotFound
    return text


@blueprint.get(f"{LIST}/<name>/<code>")
@requires("settings.change")
def show(name: str, code: str) -> Response:
    """Show the words of one mail in one language."""
    return _draw(_find(name, code), code)


@blueprint.post(f"{LIST}/<name>/<code>")
@requires("settings.change")
def change(name: str, code: str) -> Response:
    """Take own words: what cannot be used is refused with its place, what is as shipped is not kept."""
    text = _find(name, code)
    shipped, nodes = _shipped(text, code), _nodes(text, code)
    sent = fields.read(nodes)
    for node in nodes:
        said, part = sent.changes.get(node.path), node.path[-1]
        if said is not None and said is not controls.REMOVE:
            if said == getattr(shipped, part):
                sent.changes[node.path] = controls.REMOVE
            found = texts.faults(text, replace(texts.Said(), **{part: said})).get(part)
            if found:
                sent.errors[node.name] = "\n".join(map(str, found[:10]))
                sent.typed[node.name] = said
    if sent.errors and request.form.get("do") != "discard":
        return _draw(text, code, sent, fields.Told(422))
    return fields.act(f"{LIST}/{name}/{code}", lambda told: _draw(text, code, sent, told), sent.changes)


def _nodes(text: Any, code: str) -> list[Any]:
    parts = PARTS if text is not texts.SIGNED else ("text",)
    return [drafting.everything().node(("mail", "texts", text.name, code, part)) for part in parts]


def _shipped(text: Any, code: str) -> Any:
    """Give the shipped words; where a plugin's cannot be told, none."""
    return texts.shipped(configuration.post().composer, text, code) or texts.Said("", "")


def _draw(text: Any, code: str, sent: Any = None, told: fields.Told = fields.NOTHING) -> Response:
    sent, shipped, wanted = sent or fields.Sent(), _shipped(text, code), drafting.wanted()
    said = texts.kept(wanted, text.name, code)
    drawn = [_control(node, getattr(said, node.path[-1]), getattr(shipped, node.path[-1]), sent)
             for node in _nodes(text, code)]
    errors = [(one.name, one.error) for one in drawn if one.error]
    faults = [f"{part} {one}" for part, several in texts.faults(text, said).items() for one in several]
    scheme = "dark" if request.args.get("scheme") == "dark" else "light"
    plain = _example(text, code, wanted)
    return configuration.policy.may_frame(render(
        "settings/mailtext.html", block=("collected", "preview"), status=422 if errors else told.status,
        title_=_(text.label), here=f"{LIST}/{text.name}/{code}",
        crumbs=[(_("Mail"), mail.PAGE), (_("What mails say"), LIST), (_(text.label), "")],
        sections=[fields.Section("", "", tuple(drawn))], errors=errors, files=False, faults=faults,
        notice=" ".join([told.notice, *(one.message for one in told.errors)]).strip(), code=code, text=text,
        codes=_named(list(texts.languages(wanted))), scheme_=scheme, mark=configuration.preview.mark(),
        example=plain, names=_names(text), direction=language.direction(code), letter=text is not texts.SIGNED,
        differences=_differences(shipped, said), **fields.frame()))


def _control(node: Any, own: str | None, shipped: str, sent: Any) -> Any:
    """Make the field of a subject or a text: the shipped words stand in it until there are own ones."""
    shown = sent.typed.get(node.name, shipped if own is None else own)
    made = drafting.control(node, value=shown, error=sent.errors.get(node.name, ""),
                            locked=not configuration.share().writable)
    brief = " ".join(shipped.split())
    brief = brief if len(brief) < 90 else brief[:89] + "…"
    return replace(made, source=made.source if made.own or made.changed else _("As shipped"), otherwise=brief)


def _names(text: Any) -> list[tuple[str, str, bool]]:
    """Give the placeholders with an example of each, and whether no text can do without it."""
    known = {"portal": drafting.wanted().name, "link": current().settings.url}
    return [(f"{{{name}}}", known.get(name) or _(str(example)) if example or name in known else "",
             name in text.needs) for name, example in text.names.items()]


def _differences(shipped: Any, said: Any) -> list[tuple[str, str]]:
    """Compare one's own text with the shipped one: pieces that came ("ins"), went ("del") and stayed ("")."""
    return [] if said.text is None else difference.compare(shipped.text or "", said.text)


def _example(text: Any, code: str, settings: Any, **more: Any) -> Any:
    """Write the mail with examples; None where the plugin's template needs what examples do not have."""
    theme, site = configuration.preview.look()
    try:
        return texts.example(configuration.post().composer, text, code, settings, site, palette=theme.palette,
                             **more)
    except Exception:
        log.exception("%s cannot be shown with examples", text.name)
        return None


@blueprint.get(f"{LIST}/<name>/<code>/preview/<scheme>")
@requires("settings.change")
def preview(name: str, code: str, scheme: str) -> Response:
    """Show the mail with examples as a mail program would, for the frame of its page alone."""
    text = _find(name, code)
    if scheme not in ("light", "dark"):
        raise NotFound
    drawn = _example(text, code, drafting.wanted(), scheme=scheme)
    return configuration.preview.framed(drawn.html if drawn else None)


@blueprint.post(f"{LIST}/<name>/<code>/send")
@requires("settings.change")
def send(name: str, code: str) -> Response:
    """Send this mail with examples to whoever asks, as it is collected."""
    text, me = _find(name, code), current().me
    if not me.email:
        raise Refused(_("Your account has no e-mail address, so nothing can be sent to you."))
    post = configuration.post()
    letters.trial.send(post, me.email, *letters.trial.example(post, text, code, drafting.wanted()))
    details = acts(1, subject=letters.trial.SUBJECT)[0].details
    if details["code"]:
        return redirect(f"{LIST}/{name}/{code}", message=f"{details['reason']} {mail.advice(details)}", kind="bad")
    return redirect(f"{LIST}/{name}/{code}", message=_("Sent to %(address)s. %(said)s", address=me.email,
                                                       said=mail.in_words(details)[-1][1]))
