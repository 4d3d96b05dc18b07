"""What an import can make: categories, articles, their texts in further languages; nobody is told of anything."""

import posixpath
import re

from parlour import N_, FieldError, Import, Invalid, NotFound, attach, by_id, conversation, gettext, transaction

from . import service
from .models import seconds

_PLAIN = {"type": "string", "maxLength": 500}
_WORD = {"type": "string", "pattern": "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$"}
_MOMENT = {"type": "string", "format": "date-time"}
_AUDIENCE = {"enum": ["public", "customers", "staff"]}
_TEXT = {
    "title": {**_PLAIN, "minLength": 1}, "summary": _PLAIN, "language": _WORD,
    "body": {"type": "string", "minLength": 1, "x-lines": True},
    "form": {"enum": ["markdown", "html", "mixed"]}, "updated": _MOMENT, "author": _PLAIN,
    "base": {**_PLAIN, "description": "Where it stood: links to others count from here, and it stays an address."},
    "site": {**_PLAIN, "pattern": "^https?://", "description": "What links that begin with / belong to."},
    "shelf": {**_PLAIN, "description": "How links to other articles begin there, such as /en-US/kb/."},
    "gaps": {"type": "array", "items": _PLAIN}, "pictures": {"type": "array", "items": {
        "type": "object", "properties": {"name": _PLAIN, "file": {"type": "string"}}}}}
_TONGUES = {"type": "object", "additionalProperties": _PLAIN, "description": "Language to text."}
_REVISION = {"type": "object", "required": ["created"], "properties": {
    "author": _PLAIN, "created": _MOMENT, "state": {"enum": ["past", "rejected", "draft", "live"]}}}
_GONE = N_("It was removed here since; an import does not bring it back.")
_TITLE = re.compile(r"\A\s*#[ \t]+[^\n]*\n+")
_LINK = re.compile(r"(\]\(\s*<?|\bhref\s*=\s*[\"'])([^)\s>\"']+)", re.IGNORECASE)
_CONTENTS = re.compile(r'<div id="toc">.*?</div>', re.DOTALL)


def _schema(needed, **fields):
    return {"type": "object", "required": needed, "properties": fields}


def taken():
    """Give what `parlour import` can take."""
    category = _schema(["title"], title={**_PLAIN, "minLength": 1}, slug=_PLAIN, audience=_AUDIENCE, icon=_PLAIN,
                       parent={**_PLAIN, "description": "An imported category."}, position={"type": "integer"},
                       titles=_TONGUES, descriptions=_TONGUES)
    article = _schema(["title", "body"], **_TEXT, slug=_PLAIN, audience=_AUDIENCE, created=_MOMENT,
                      category={**_PLAIN, "description": "An imported category."},
                      revisions={"type": "array", "items": _REVISION})
    text = _schema(["article", "title", "body", "language"], **_TEXT,
                   article={**_PLAIN, "description": "An imported article."})
    return [Import("article_category", category, take_category, title=N_("Categories of articles")),
            Import("article", article, take_article, title=N_("Articles")),
            Import("article_text", text, take_text, title=N_("Texts of articles"))]


def _there(kind, key):
    row = by_id(kind, int(key))
    if row is None:
        raise NotFound(gettext(_GONE))
    return row


def take_category(row):
    """Make a category, or change the one a row became before."""
    body = {name: row[name] for name in ("icon", "position", "titles", "descriptions") if name in row}
    body |= {"parent": int(row["parent"])} if row.get("parent") else {}
    body |= {"wanted": row["audience"]} if "audience" in row else {}
    if row["known"]:
        service.change_category(_there("kb_category", row["known"]), title=row["title"], **body)
        return "updated", int(row["known"])
    return "created", service.add_category(row["title"], slug=row.get("slug", ""), **body).id


def take_article(row):
    """Make an article with its text, or give the one a row became before its new text."""
    if row["known"]:
        article = _there("article", row["known"])
        service.place(article, **_place(row))
    else:
        article = service.create(row["title"], language=row.get("language", "en"), slug=row.get("slug", ""),
                                 created=row.get("created") or row.get("updated"), **_place(row))
    revisions = _revisions(article, row) if row.get("revisions") else []
    _say(article, row, row.get("language", article.language))
    result = ("updated" if row["known"] else "created", article.id)
    return (*result, {"revisions": revisions}) if "revisions" in row else result


def _place(row):
    found = {"shelf": int(row["category"])} if row.get("category") else {}
    return found | ({"wanted": row["audience"]} if "audience" in row else {})


def _revisions(article, row):
    """Note who wrote when, of versions whose words did not come along; give their keys in the order of the row."""
    keys = {}
    waiting = sorted((one for one in row["revisions"] if not one["known"]), key=lambda one: one["created"])
    for one in waiting:
        if one.get("state") != "live":  # that one's words are the article's text
            number = service.write(article, article.language, {"title": row["title"], "source": ""},
                                   author=one.get("author", ""), created=seconds(one["created"]),
                                   state=one.get("state", "past"))
            keys[one["external_id"]] = number
    return [("created", keys.get(one["external_id"], "live")) for one in row["revisions"]]


def take_text(row):
    """Give an article its text in one more language, or that text anew."""
    article = _there("article", row["article"])
    word = "updated" if row["known"] else "created"
    if row["language"] == article.language:
        raise Invalid([FieldError(
            "language", gettext("The article is written in this language already."), "invalid")])
    _say(article, row, row["language"])
    return word, f"{article.id}:{row['language']}"


def _say(article, row, language):
    """Write and show the text of a row, and account for what came along with it."""
    written = seconds(row.get("updated"))
    form = row.get("form", "markdown")
    source = _relinked(_TITLE.sub("", row["body"]) if form != "html" else _CONTENTS.sub("", row["body"]), row)
    with transaction():
        for picture in row.get("pictures", ()):
            if picture.get("file"):
                _bring(article, picture, row["beside"])
        if row.get("base") and "/" in row["base"] and not service.at(row["base"]):
            service.lead_here("article", article, row["base"])
        number = service.write(article, language, {"title": row["title"], "summary": row.get("summary", ""),
                                                   "source": source, "form": form},
                               author=row.get("author", ""), created=written)
        service.show(article, language, number, changed=written,
                     current_to=written if language != article.language else None)
    missing = next((one.missing for one in service.texts(article.id) if one.language == language), ())
    row["beside"] += [("pictures", "skipped", "The picture is not among the files.") for _name in missing]
    row["beside"] += [("includes", "skipped", f"{name} is not among the files.") for name in row.get("gaps", ())]


def _bring(article, picture, beside):
    """Attach a picture that lies beside the text; one of that name which is attached already stays."""
    name = posixpath.basename(picture["name"])
    if any(one.name == name for one in conversation.attached(article, internal=False)):
        return
    if attach.bring(article, picture["file"], name):
        beside.append(("pictures", "created", ""))


def _relinked(source, row):
    """Lead links to where their targets are here: other articles by their old place, all else to the old site."""
    folder = posixpath.dirname(row.get("base", ""))

    def lead(match):
        before, href = match.groups()
        path, mark, place = href.partition("#")
        if row.get("shelf") and path.startswith(row["shelf"]):
            path = f"/kb/{path.removeprefix(row['shelf'])}"
        elif path.startswith("/") and row.get("site"):
            return f"{before}{row['site']}{href}"
        elif path.endswith(".md") and "://" not in path and not path.startswith("/"):
            path = f"/kb/{posixpath.normpath(posixpath.join(folder, path)).removesuffix('.md')}"
        else:
            return match.group()
        return f"{before}{path}{f'#s-{place}' if mark and place else ''}"

    return _LINK.sub(lead, source)
