"""Logos are drawn anew; bombs and polyglots are refused in no time (case C05)."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from core.errors import Invalid
from core.look.pictures import encode
from support.pace import within

RED = (200, 30, 30)


def picture(kind: str, size: tuple[int, int] = (300, 90), **options) -> bytes:
    with io.BytesIO() as target:
        Image.new("RGB", size, RED).save(target, kind, **options)
        return target.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def bomb(width: int, height: int, rows: int = 1_000_000) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_logo_becomes_our_own_png(kind: str) -> None:
    made = encode(picture(kind), "logo")
    assert (made.type, made.width, made.height) == ("image/png", 300, 90)
    assert made.data.startswith(b"\x89PNG")
    assert made.name.startswith("logo.")
    assert made.name.endswith(".png")
    with Image.open(io.BytesIO(made.data)) as drawn:
        seen = drawn.convert("RGB").getpixel((9, 9))
        assert all(abs(one - other) < 12 for one, other in zip(seen, RED, strict=True))


def test_ico_becomes_a_favicon() -> None:
    made = encode(picture("ICO", (128, 128)), "favicon")
    assert (made.width, made.height) == (64, 64)


def test_transparency_stays() -> None:
    with io.BytesIO() as target:
        Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(target, "PNG")
        made = encode(target.getvalue(), "logo")
    with Image.open(io.BytesIO(made.data)) as drawn:
        assert drawn.convert("RGBA").getpixel((5, 5))[3] == 0


def test_what_was_hidden_is_gone() -> None:
    exif = Image.Exif()
    exif[0x010E] = "<script>alert('exif')</script>"
    for data in (picture("JPEG", exif=exif), picture("PNG") + b"<script>alert('exif')</script>",
                 picture("GIF", comment=b"<script>alert('exif')</script>")):
        assert b"script" not in encode(data, "logo").data


@pytest.mark.parametrize("data", [
    b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", b"<?xml version='1.0'?><svg/>",
    b"\xef\xbb\xbf  <SVG onload=alert(1)>", b"<html><img></html>", b"%PDF-1.4", b"%!PS-Adobe-3.0 EPSF-3.0",
    picture("WEBP", (900, 900))[:-40], picture("PNG")[:60], picture("JPEG", (900, 900))[:400], picture("TIFF"),
    picture("BMP"), b"\0" * 1000, bomb(50_000, 50_000), bomb(5_000, 4_000), b"x" * (2 * 1024 * 1024 + 1)])
def test_c05_all_else_is_refused_at_once(data: bytes) -> None:
    with within(2), pytest.raises(Invalid) as caught:
        encode(data, "logo")
    assert str(caught.value)


def test_c05_pixels_are_counted_before_they_are_decoded() -> None:
    whole = bomb(5_000, 4_000, rows=4_000 * 626)
    with Image.open(io.BytesIO(whole)) as fine:
        fine.load()  # nothing is wrong with it but its size
    with pytest.raises(Invalid) as caught:
        encode(whole, "logo")
    assert caught.value.errors[0].code == "picture_size"


def test_c05_a_bomb_inside_an_ico_is_refused() -> None:
    inner = bomb(50_000, 50_000)
    ico = struct.pack("<HHH", 0, 1, 1) + struct.pack("<BBBBHHII", 32, 32, 0, 0, 1, 32, len(inner), 22) + inner
    with pytest.raises(Invalid):
        encode(ico, "favicon")


def test_c05_ten_thousand_frames_cost_one() -> None:
    one = picture("GIF", (10, 10))
    start = one.index(b"\x2c\0\0\0\0\x0a\0\x0a\0")  # the image descriptor: what follows the header is a frame
    data = one[:start] + one[start:-1] * 10_000 + b";"
    with within(2):
        assert encode(data, "logo").width == 10


def test_svg_is_told_why() -> None:
    with pytest.raises(Invalid, match="PNG"):
        encode(b"<svg/>", "logo")
