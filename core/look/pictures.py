"""Logos and favicons: decoded within limits and drawn anew, so that only pixels are left of what was sent."""

from __future__ import annotations

import hashlib
import io
import struct
from dataclasses import dataclass

from PIL import Image, ImageOps

from core.errors import FieldError, Invalid

MAX_BYTES = 2 * 1024 * 1024
"""Largest file that is looked at."""

MAX_PIXELS = 16_000_000
"""Most pixels (width times height) that are decoded; read from the header, before any pixel is."""

DECODERS = ("PNG", "JPEG", "WEBP", "GIF", "ICO")

BOXES = {"logo": (640, 256), "favicon": (64, 64)}
"""What a picture of each kind must fit into, in px; smaller ones keep their size."""

_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Picture:
    """A picture we drew ourselves. `name` is made of the hash of `data` and safe in an address."""

    data: bytes
    type: str
    width: int
    height: int
    name: str


def encode(data: bytes, kind: str = "logo") -> Picture:
    """Draw `data` (PNG, JPEG, WebP, GIF's first frame or ICO, at most 2 MB) anew as PNG for `kind`.

    `kind` is a key of `BOXES`. Raises Invalid for SVG and all else, for broken pictures and for too many
    bytes or pixels; the type is told from the content, never from a name.
    """
    if len(data) > MAX_BYTES:
        raise _refused("This picture is larger than 2 MB. Please send a smaller one.", "picture_size")
    if b"<svg" in data[:4096].lower() or data.lstrip()[:5].lower() == b"<?xml":
        raise _refused("SVG pictures can carry scripts. Please send the picture as PNG.", "picture_type")
    try:
        drawn = _drawn(data, BOXES[kind])
    except Invalid:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many(str(error)) from error
    except Exception as error:  # a decoder given hostile bytes raises nearly anything
        raise _refused("This picture cannot be read. Please send it as PNG or JPEG.", "picture_type",
                       f"{type(error).__name__}: {error}") from error
    with io.BytesIO() as target:
        drawn.save(target, "PNG", optimize=True)
        written = target.getvalue()
    digest = hashlib.sha256(written).hexdigest()[:16]
    return Picture(written, "image/png", drawn.width, drawn.height, f"{kind}.{digest}.png")


def _refused(message: str, code: str, hint: str = "") -> Invalid:
    return Invalid([FieldError("", message, code)], hint=hint)


def _too_many(hint: str) -> Invalid:
    return _refused("This picture has too many pixels. Please send a smaller one.", "picture_size", hint)


def _check(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise _too_many(f"{width} x {height} pixels")


def _check_inside(data: bytes) -> None:
    """Check every PNG inside an ICO: its own header may say more than the list in front of it."""
    at = data.find(_PNG)
    while at >= 0:
        header = data[at + 16:at + 24]
        if len(header) == 8:
            _check(*struct.unpack(">II", header))
        at = data.find(_PNG, at + 8)


def _drawn(data: bytes, box: tuple[int, int]) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=DECODERS) as picture:
        _check(*picture.size)
        if picture.format == "ICO":
            _check_inside(data)
        picture.draft("RGB", box)
        picture.load()
        see_through = picture.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in picture.info
        upright = ImageOps.exif_transpose(picture) if picture.format in {"JPEG", "WEBP", "PNG"} else picture
        plain = upright.convert("RGBA" if see_through else "RGB")
    plain.thumbnail(box, Image.Resampling.LANCZOS, reducing_gap=2.0)
    plain.info.clear()
    return plain
