"""Pictures from people, decoded within limits and written anew: what was hidden in them is gone."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from PIL import ExifTags, Image, ImageOps

from core.errors import FieldError, Invalid, Unavailable

DECODERS = ("PNG", "JPEG", "GIF", "WEBP")

MAX_PIXELS = 40_000_000
"""Largest picture that is decoded: about 160 MB while it is worked on."""

MAX_SIDE = 16_384

THUMBNAIL_TYPE = "image/webp"

WAIT = 10.0
"""Seconds to wait for one's turn; one picture at a time is decoded per process, to bound its memory."""

_turn = threading.Lock()


def square(stream: BinaryIO, *sides: int) -> list[BinaryIO]:
    """Cut a square out of the middle of a picture, drawn anew with each of these sides in pixels, as WebP.

    Smaller pictures keep their shorter side. Raises what `thumbnail` raises.
    """
    with _drawing():
        width, height = measure(stream) or (1, 1)
        stream.seek(0)
        longest = min(MAX_SIDE, -(-max(sides) * max(width, height) // max(1, min(width, height))))
        whole = _decoded(stream, longest)
        fitting = [min(side, *whole.size) for side in sides]
        return [io.BytesIO(_encoded(ImageOps.fit(whole, (side, side), Image.Resampling.LANCZOS)))
                for side in fitting]


def thumbnail(stream: BinaryIO, max_px: int) -> bytes:
    """Make a copy of a picture that fits into `max_px` by `max_px` pixels, as WebP (`THUMBNAIL_TYPE`).

    The first frame only, turned upright, without metadata, profiles or anything that followed the picture.
    Smaller pictures keep their size. Raises Invalid if it is no picture we know, is broken or has too many
    pixels, Unavailable if others keep this process busy.
    """
    with _drawing():
        return _encoded(_decoded(stream, max_px))


@contextmanager
def _drawing() -> Iterator[None]:
    """Wait for one's turn, and say in our words what a decoder raises."""
    if not _turn.acquire(timeout=WAIT):
        raise Unavailable("Many pictures are being prepared. Please try again in a minute.")
    try:
        yield
    except Invalid:
        raise
    except Exception as error:  # a decoder given hostile bytes raises nearly anything
        raise Invalid([FieldError("", "This picture cannot be read. Please send it as PNG or JPEG.",
                                  "picture")], hint=f"{type(error).__name__}: {error}") from error
    finally:
        _turn.release()


def measure(stream: BinaryIO) -> tuple[int, int] | None:
    """Tell width and height of a picture as it is shown, from its first bytes; None if we could not draw it."""
    with suppress(Exception), Image.open(stream, formats=DECODERS) as picture:  # hostile bytes raise anything
        width, height = picture.size
        turned = picture.getexif().get(ExifTags.Base.Orientation, 1) in {5, 6, 7, 8}
        if width * height <= MAX_PIXELS and max(width, height) <= MAX_SIDE:
            return (height, width) if turned else (width, height)
    return None


def _decoded(stream: BinaryIO, max_px: int) -> Image.Image:
    """Read the first frame at no more than the size wanted."""
    with Image.open(stream, formats=DECODERS) as picture:
        width, height = picture.size
        if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
            raise Invalid([FieldError("", "This picture has too many pixels. Please send a smaller one.",
                                      "picture_size")], hint=f"{width} x {height} pixels")
        picture.draft("RGB", (max_px, max_px))  # JPEG only: decodes at a fraction of its size
        picture.load()
        whole: Image.Image = picture
        if picture.mode in {"P", "PA", "1"}:  # four bytes a pixel only after most of them are gone
            picture.thumbnail((4 * max_px, 4 * max_px), Image.Resampling.NEAREST)
            whole = picture.convert("RGBA")
        whole.thumbnail((max_px, max_px), Image.Resampling.LANCZOS, reducing_gap=2.0)
        return ImageOps.exif_transpose(whole)


def _encoded(picture: Image.Image) -> bytes:
    """Write pixels, and only pixels."""
    see_through = picture.mode in {"RGBA", "LA", "La", "RGBa"} or "transparency" in picture.info
    plain = picture.convert("RGBA" if see_through else "RGB")
    plain.info.clear()
    with io.BytesIO() as target:
        plain.save(target, "WEBP", quality=82, method=3, exif=b"", icc_profile=b"", xmp=b"")
        return target.getvalue()
