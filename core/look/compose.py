"""A named template for one person: a page, a block of it, or a mail, in the tenant's look and language."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date as Day  # noqa: N812 - the filter is called date
from datetime import datetime
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.compiler import CodeGenerator, Frame
from jinja2.ext import Extension
from jinja2.nodes import Expr
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup, escape

from core.data import scope
from core.data.db import public_id
from core.errors import Problem
from core.look import formats, i18n, language, money
from core.look.compiled import Compiled
from core.look.icons import icon
from core.look.pieces import kept

log = logging.getLogger("parlour.compose")
MOST_THEMED = 64
"""Themes whose compiled templates are kept."""


class _Prefixed(BaseLoader):
    """A plugin's templates, and only those under its own name: nobody supplies another's pages."""

    def __init__(self, prefix: str, folder: Path) -> None:
        self.prefix = f"{prefix}/"
        self.inner = FileSystemLoader(str(folder))

    def get_source(self, environment: Environment, template: str) -> Any:
        if not template.startswith(self.prefix):
            raise TemplateNotFound(template)
        return self.inner.get_source(environment, template)


@dataclass(frozen=True)
class Mail:
    """A mail ready to be addressed: one line, and the same text twice."""

    subject: str
    text: str
    html: str


_LINK = re.compile(r"\b((?:https?://|mailto:)[^\s<>\"']+[^\s<>\"'.,;:!?)\]])")


def text(value: str | None) -> Markup:
    """Show what people wrote as text: paragraphs, line breaks, links to http, https and mailto; no markup."""
    if not value:
        return Markup("")
    paragraphs = []
    for block in re.split(r"\n\s*\n", value.strip()):
        pieces = _LINK.split(block)
        html = "".join(
            f'<a href="{escape(piece)}" rel="nofollow noopener noreferrer">{escape(piece)}</a>' if i % 2
            else str(escape(piece)) for i, piece in enumerate(pieces))
        paragraphs.append("<p dir=\"auto\">" + html.replace("\n", "<br>\n") + "</p>")
    return Markup("\n".join(paragraphs))  # noqa: S704 - every piece is escaped above


def time(moment: datetime | None) -> Markup:
    """Show a moment absolutely; a script makes it relative, so that pages stay comparable."""
    if moment is None:
        return Markup("")
    return _shown(language.current(), _zone(), moment)


def _zone() -> str:
    who = scope.active()
    return who.time_zone if who is not None else "UTC"


@lru_cache(maxsize=formats.KEPT)
def _shown(_language: str, zone: str, moment: datetime) -> Markup:
    shown = formats.format_datetime(moment, zone)
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup('<time datetime="{}" title="{}" data-ago>{}</time>').format(stamp, shown, shown)


def date(moment: Day | datetime | str | None) -> str:
    """Write a day in the language and the time zone of whoever reads; text is a day as ISO 8601 writes it."""
    if not moment:
        return ""
    if isinstance(moment, str):
        moment = Day.fromisoformat(moment)
    return formats.format_date(moment, _zone())


def clock(moment: datetime | None) -> str:
    """Write day, hour and minute in the language and the time zone of whoever reads: where no script runs."""
    return "" if moment is None else formats.format_datetime(moment, _zone())


def size(count: int) -> str:
    """Write a number of bytes as people read it."""
    value = float(count)
    for unit in ("B", "KB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            shown = round(value, 1) if value < 10 and unit != "B" else round(value)
            return f"{formats.format_number(shown)} {unit}"
        value /= 1000
    raise AssertionError


def once() -> Markup:
    """Give the hidden field that makes sending a form twice the same as sending it once."""
    return Markup('<input type="hidden" name="_once" value="{}">').format(public_id())


_special = re.compile("[&<>\"']").search


def put(value: Any) -> Any:
    """Give a value as it goes into a page: what `escape` gives, sooner. Most values have nothing to escape."""
    kind = type(value)
    if kind is Markup:
        return value
    if kind is str:
        return value if _special(value) is None else escape(value)
    return str(value) if kind is int else escape(value)


class _Writer(CodeGenerator):
    """Writes templates as Python, as Jinja does, with `put` where a value goes into the page."""

    def _output_child_pre(self, node: Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.volatile or not frame.eval_ctx.autoescape:
            super()._output_child_pre(node, frame, finalize)
            return
        self.write("environment.put(")
        if finalize.src is not None:
            self.write(finalize.src)


class Valid(Extension):
    """Writes `hx-get` and its sisters as `data-hx-get` into pages: htmx reads both, only one of them is HTML."""

    _attribute = re.compile(r"(?<=[\s\"'])hx-(?=[a-z])")

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Change the source of a template before it is compiled."""
        return self._attribute.sub("data-hx-", source)


class Composer:
    """All templates of a process: the host's, each plugin's under its name, and each theme's in front."""

    def __init__(self, host: Path, plugins: Mapping[str, Path]) -> None:
        """Take the folders: the host's own, plugins' by id. A theme's come with each call."""
        self.loaders: list[BaseLoader] = [FileSystemLoader(str(host))]
        self.loaders += [_Prefixed(name, folder) for name, folder in plugins.items()]
        self.default = self._prepared(Environment, self.loaders)
        self._themed: dict[tuple[Path, ...], Environment] = {}

    @staticmethod
    def _prepared(make: type[Environment], loaders: list[BaseLoader]) -> Environment:
        environment = make(loader=ChoiceLoader(loaders), autoescape=True, undefined=StrictUndefined,
                           trim_blocks=True, lstrip_blocks=True, cache_size=1000, extensions=[Valid])
        environment.code_generator_class = _Writer
        environment.put = put  # type: ignore[attr-defined]
        i18n.for_templates(environment)
        environment.filters |= {"text": text, "ago": time, "moment": clock, "date": date, "size": size,
                                "money": formats.format_money, "span": formats.format_span,
                                "number": formats.format_number, "quantity": formats.format_quantity,
                                "price": money.show_price}
        environment.globals |= {"icon": icon, "kept": kept, "once": once}
        return environment

    def remember(self, folder: Path) -> None:
        """Keep compiled templates in a folder. Not those of themes: they are a tenant's, and run in a sandbox."""
        self.default.bytecode_cache = Compiled(folder)

    def _environment(self, theme: tuple[Path, ...]) -> Environment:
        """Give the templates of a theme in front of the host's; a theme runs in a sandbox, it is a tenant's."""
        known = self._themed.get(theme)
        if known is None:
            if len(self._themed) >= MOST_THEMED:
                self._themed.clear()
            own: list[BaseLoader] = [FileSystemLoader(str(folder)) for folder in theme]
            known = self._themed[theme] = self._prepared(SandboxedEnvironment, own + self.loaders)
        return known

    def faults(self, theme: tuple[Path, ...]) -> list[Problem]:
        """Name the templates of a theme that cannot be compiled, by file and line."""
        found, environment = [], self._environment(theme)
        for path in sorted(path for folder in theme for path in folder.rglob("*") if path.is_file()):
            try:
                environment.compile(path.read_text(encoding="utf-8"), path.name, str(path))
            except TemplateSyntaxError as error:
                message = f"This template cannot be used: {error.message}"
                found.append(Problem(str(path), error.lineno, 0, "", message,
                                     "Until it is mended, the default's stands in its place."))
            except (OSError, UnicodeDecodeError, RecursionError) as error:
                found.append(Problem(str(path), 0, 0, "", f"This template cannot be read: {error}."))
        return found

    def _render(self, name: str, theme: tuple[Path, ...], draw: Callable[[Template], str]) -> str:
        if theme:
            try:
                return draw(self._environment(theme).get_template(name))
            except (TemplateError, RecursionError, OSError, UnicodeDecodeError) as error:
                place = f"{getattr(error, 'filename', '') or name}:{getattr(error, 'lineno', '')}"
                log.warning("A theme cannot show %s (%s: %s); the default does", name, place, error)
        return draw(self.default.get_template(name))

    def page(self, name: str, context: Mapping[str, Any], theme: tuple[Path, ...] = ()) -> str:
        """Render a whole template. A theme that cannot is passed over for the default."""
        return self._render(name, theme, lambda template: template.render(_speaking(context)))

    def block(self, name: str, block: str, context: Mapping[str, Any], theme: tuple[Path, ...] = ()) -> str:
        """Render one block of a template, also one inherited, with its top-level imports."""
        return self._render(name, theme, lambda template: _one_block(template, block, _speaking(context)))

    def mail(self, name: str, context: Mapping[str, Any], theme: tuple[Path, ...] = ()) -> Mail:
        """Render a mail: `NAME.txt` and `NAME.html`, its subject the block `subject` of the text."""
        context = _speaking(context)
        subject = self.block(f"{name}.txt", "subject", context, theme)
        text = self.page(f"{name}.txt", context, theme)
        return Mail(" ".join(unescape(subject).split()), unescape(text).strip() + "\n",
                    self.page(f"{name}.html", context, theme))

    def pieces(self, name: str, context: Mapping[str, Any]) -> tuple[str, str, Any]:
        """Give what a mail's plain text is made of: its subject, its content, and its button or None."""
        values = _speaking(context)
        template = self.default.get_template(f"{name}.txt")
        subject, content = (unescape(_one_block(template, block, values)) for block in ("subject", "content"))
        made = template.new_context(values)
        next(template.root_render_func(made), None)
        return subject, content, made.vars.get("button", values.get("button"))


def _speaking(context: Mapping[str, Any]) -> dict[str, Any]:
    code = language.current()
    return {"lang": code, "dir": language.direction(code), **context}


def _one_block(template: Template, block: str, values: dict[str, Any]) -> str:
    context = template.new_context(values)
    # The root function fills in imports and inherited blocks before its first constant: one step is enough.
    next(template.root_render_func(context), None)
    if block not in context.blocks:
        raise TemplateNotFound(f"{template.name}#{block}")
    return "".join(context.blocks[block][0](context))
