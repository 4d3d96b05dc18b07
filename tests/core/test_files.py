"""Files: whole or not at all, nowhere but in the store, and never what a browser would run."""

from __future__ import annotations

import errno
import gc
import hashlib
import io
import os
import random
import re
import subprocess
import sys
import time
import tracemalloc
import unicodedata
import zlib
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.data import files
from core.errors import Invalid, NotFound, StorageFull, TooLarge, Unavailable
from support.pace import within

ROOT = Path(__file__).resolve().parents[2]
MB = 1024 * 1024
opened: list[str] = []
watching: list[bool] = []


def _audit(event, args):
    if watching and event in {"open", "os.remove"}:
        opened.append(str(args[0]))


sys.addaudithook(_audit)


class Stream:
    """So many bytes, in pieces of odd sizes, then perhaps a broken line."""

    def __init__(self, size, fails=False):
        self.left, self.fails, self.asked = size, fails, 0

    def read(self, size):
        self.asked = max(self.asked, size)
        if self.left <= 0 and self.fails:
            raise ConnectionResetError("gone")
        piece = b"x" * min(self.left, size, 50_001)
        self.left -= len(piece)
        return piece


@pytest.fixture
def store(tmp_path):
    return files.Store(tmp_path / "files")


def everything(store):
    return sorted(path.name for path in store.root.rglob("*") if path.is_file())


def test_what_was_put_is_there_whole(store):
    content = random.Random(1).randbytes(200_000)
    stored = store.put(io.BytesIO(content), limit=200_000)
    assert (stored.size, stored.sha256) == (200_000, hashlib.sha256(content).hexdigest())
    assert stored.head == content[:files.HEAD]
    assert re.fullmatch("[0-9a-f]{32}", stored.key)
    path = store.root / stored.key[:2] / stored.key[2:4] / stored.key
    assert path.stat().st_mode & 0o777 == 0o600
    with store.open(stored.key) as stream:
        stream.seek(100_000)
        assert stream.read() == content[100_000:]
    assert everything(store) == [stored.key]
    assert list(store.keys()) == [stored.key]
    store.remove(stored.key)
    store.remove(stored.key)
    with pytest.raises(NotFound):
        store.open(stored.key)


def test_empty_file_and_same_content_twice(store):
    assert store.put(io.BytesIO(b""), limit=0).size == 0
    assert store.put(io.BytesIO(b"a"), limit=1).key != store.put(io.BytesIO(b"a"), limit=1).key


@pytest.mark.parametrize("size", [1001, 10 * MB])
def test_one_byte_too_many_leaves_nothing(store, size):
    stream = Stream(size)
    with pytest.raises(TooLarge):
        store.put(stream, limit=1000)
    assert everything(store) == []
    assert stream.left > size - 70_000 or size < 70_000  # it stopped reading at once


def test_broken_line_leaves_nothing_and_is_told_as_it_was(store):
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        with pytest.raises(ConnectionResetError):
            store.put(Stream(100_000, fails=True), limit=MB)
    gc.collect()
    assert everything(store) == []
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize(("call", "number", "expected"), [
    ("write", errno.ENOSPC, StorageFull), ("fsync", errno.EDQUOT, StorageFull),
    ("open", errno.ENOSPC, StorageFull),
    ("write", errno.EIO, Unavailable), ("open", errno.EMFILE, Unavailable), ("open", errno.EROFS, Unavailable)])
def test_full_or_failing_disk(store, monkeypatch, call, number, expected):
    def fail(*args, **kwargs):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        with pytest.raises(expected):
            store.put(io.BytesIO(b"abc"), limit=10)
    assert everything(store) == []
    assert store.put(io.BytesIO(b"abc"), limit=10).size == 3  # works again without a restart


def test_memory_stays_small(store):
    stream = Stream(100 * MB)
    tracemalloc.start()
    stored = store.put(stream, limit=100 * MB)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert stored.size == 100 * MB
    assert (peak < MB, stream.asked) == (True, 64 * 1024)
    store.remove(stored.key)


@pytest.mark.parametrize("key", [
    "", ".", "..", "../../etc/passwd", "%2e%2e%2f" * 3, "/etc/passwd", "a" * 31, "a" * 33, "A" * 32,
    "a" * 31 + "\n", "a" * 32 + "\x00", "g" * 32, "..\\..\\x", "é" * 32, "tmp", "a" * 100_000])
def test_odd_keys_open_nothing(store, key):
    watching.append(True)
    try:
        for call in (store.open, store.remove):
            with pytest.raises(NotFound):
                call(key)
    finally:
        watching.clear()
    assert opened == []


@given(st.text(max_size=60))
def test_any_key_stays_inside(tmp_path_factory, key):
    store = files.Store(tmp_path_factory.getbasetemp() / "inside")
    with pytest.raises(NotFound):
        store.open(key)


def test_links_and_folders_are_not_files(store, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("no")
    key = "ab" * 16
    path = store.root / "ab" / "ab" / key
    path.parent.mkdir(parents=True)
    path.symlink_to(secret)
    with pytest.raises(NotFound):
        store.open(key)
    path.unlink()
    path.mkdir()
    with pytest.raises(NotFound):
        store.open(key)
    path.rmdir()
    os.mkfifo(path)
    with pytest.raises(NotFound):  # and it does not hang
        store.open(key)
    outside = tmp_path / "outside" / "cd"
    outside.mkdir(parents=True)
    (outside / ("cd" * 16)).write_text("no")
    (store.root / "cd").symlink_to(tmp_path / "outside")
    with pytest.raises(NotFound):
        store.open("cd" * 16)
    assert "cd" * 16 not in set(store.keys())


def age(path, seconds):
    os.utime(path, (time.time() - seconds,) * 2)


def test_sweep_takes_orphans_only(store, tmp_path):
    known, orphan, fresh = (store.put(io.BytesIO(b"a"), limit=1).key for _ in range(3))
    for key in (known, orphan):
        age(store.root / key[:2] / key[2:4] / key, 4000)
    note = store.root / "README"
    note.write_text("an operator's note")
    age(note, 90_000)
    assert store.sweep(lambda key: key == known, older_than=3600) == 1
    assert set(store.keys()) == {known, fresh}
    assert note.exists()


def test_part_of_a_killed_process_is_swept_and_a_living_one_is_not(store):
    script = ("import sys, time; from pathlib import Path; from core.data.files import Store\n"
              "class S:\n  def read(self, n):\n    print('in', flush=True); time.sleep(60); return b''\n"
              "Store(Path(sys.argv[1])).put(S(), limit=9)")
    process = subprocess.Popen([sys.executable, "-c", script, str(store.root)], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout.readline() == b"in\n"
        (part,) = (store.root / "tmp").iterdir()
        age(part, 120)
        assert store.sweep(lambda key: True, older_than=3600) == 0
        assert part.exists()
    finally:
        process.kill()
        process.communicate()
    assert store.sweep(lambda key: True, older_than=3600) == 1
    assert everything(store) == []


# --- names ---


@pytest.mark.parametrize(("given_name", "shown"), [
    ("report.pdf", "report.pdf"), ("../../etc/passwd", "passwd"), ("C:\\Users\\me\\ä ö.txt", "ä ö.txt"),
    ("/abs/olute/", "olute"), ("..", "file"), ("", "file"), (" . ", "file"), ("\x00\x01", "file"), ("///", "file"),
    ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie: x=1.txt"), ("invoice\u202efdp.exe", "invoicefdp.exe"),
    ("a\u2066b\u200b.txt", "ab.txt"), (".htaccess", "htaccess"), ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ("e\u0301.txt", "é.txt"), ("a\u2028b", "a b"), ("\ud800.txt", "txt"), ("فاتورة.pdf", "فاتورة.pdf"),
])
def test_clean_name(given_name, shown):
    assert files.clean_name(given_name) == shown


@given(st.text(max_size=400) | st.text(alphabet="./\\%\x00 a\u202e\r\n\"';", max_size=50))
def test_any_name_is_safe_to_show_and_to_send(name):
    clean = files.clean_name(name)
    assert 1 <= len(clean) <= 200
    assert len(clean.encode("utf-8")) <= 240
    assert not set(clean) & set("/\\\r\n\x00\u202e")
    assert clean not in {".", ".."}
    assert not {unicodedata.category(char) for char in clean} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert files.clean_name(clean) == clean
    header = files.disposition(name, inline=False)
    match = re.fullmatch(r"attachment; filename=\"([^\"\\%]+)\"; "
                         r"filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]+)", header)
    assert match
    assert header.isascii()
    assert unquote(match[2]) == clean


def test_disposition():
    assert files.disposition('50% "off"/Straße 1.pdf', inline=True) == (
        "inline; filename=\"Stra_e 1.pdf\"; filename*=UTF-8''Stra%C3%9Fe%201.pdf")
    assert files.disposition('50% "off"', inline=False) == (
        "attachment; filename=\"50_ _off_\"; filename*=UTF-8''50%25%20%22off%22")


# --- types ---


def picture(form, size=(40, 20), **options):
    stream = io.BytesIO()
    Image.new(options.pop("mode", "RGB"), size, options.pop("color", "red")).save(stream, form, **options)
    return stream.getvalue()


@pytest.mark.parametrize(("head", "name", "expected"), [
    (picture("PNG"), "a.txt", ("image/png", True)),
    (picture("JPEG"), "a.html", ("image/jpeg", True)),
    (picture("GIF"), "a", ("image/gif", True)),
    (picture("WEBP"), "a.png", ("image/webp", True)),
    (b"RIFF\x10\x00\x00\x00WAVEfmt ", "a.webp", ("audio/wave", False)),
    (b"%PDF-1.7\n/JS (app.alert(1))", "a.pdf", ("application/pdf", False)),
    (b"<html><script>alert(1)</script>", "a.jpg", ("application/octet-stream", False)),
    (b"\xef\xbb\xbf \n<!DOCTYPE html>", "a.txt", ("application/octet-stream", False)),
    (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x'/>", "a.svg", ("application/octet-stream", False)),
    (b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>", "a.png",
     ("application/octet-stream", False)),
    ("Grüße <b>".encode(), "a.html", ("text/plain", False)),
    (b"a,b\n1,2\n", "a.csv", ("text/csv", False)),
    (("ä" * 5000).encode()[:4095], "a.txt", ("text/plain", False)),
    ("+ADw-script+AD4-".encode("utf-16"), "a.txt", ("application/octet-stream", False)),
    (b"text with \x00 in it", "a.txt", ("application/octet-stream", False)),
    (b"PK\x03\x04" + b"\0" * 30, "a.docx",
     ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", False)),
    (b"PK\x03\x04" + b"\0" * 30, "a.html", ("application/zip", False)),
    (b"MZ\x90\x00", "a.png", ("application/octet-stream", False)),
    (b"#!/bin/sh\nrm", "a.png", ("text/plain", False)),
    (b"", "a.png", ("application/octet-stream", False)),
])
def test_type_from_content(head, name, expected):
    assert files.kind(head[:files.HEAD], name) == expected


@given(st.binary(max_size=300), st.text(max_size=20))
def test_type_is_always_on_the_list(head, name):
    mime, inline = files.kind(head, name)
    assert inline == mime.startswith("image/")
    assert not re.search("html|svg|xml$|script", mime)


# --- pictures ---


def shown(content, max_px=32):
    result = files.thumbnail(io.BytesIO(content), max_px)
    with Image.open(io.BytesIO(result)) as image:
        assert image.format == "WEBP"
        image.load()
        return image.size, result


def test_thumbnail_fits_and_keeps_its_shape():
    assert shown(picture("PNG", (400, 200)))[0] == (32, 16)
    assert shown(picture("JPEG", (10, 20)))[0] == (10, 20)
    assert shown(picture("PNG", (50, 50), mode="P", color=3))[0] == (32, 32)
    assert shown(picture("PNG", (50, 50), mode="LA", color=(3, 9)))[0] == (32, 32)
    assert shown(picture("JPEG", (50, 50), mode="CMYK", color=(1, 2, 3, 4)))[0] == (32, 32)


def test_nothing_hidden_survives():
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "<script>alert(1)</script>"
    size, result = shown(picture("JPEG", (400, 200), exif=exif, comment=b"<script>") + b"<script>tail</script>")
    assert size == (16, 32)  # turned upright
    assert b"script" not in result
    assert b"EXIF" not in result


def png_claiming(width, height):
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")
        for name, data in chunks)


@pytest.mark.parametrize("content", [
    b"", b"no picture", png_claiming(50_000, 50_000), png_claiming(7000, 7000), png_claiming(20_000, 1),
    picture("WEBP", (300, 300))[:60], picture("PNG")[:50], picture("JPEG", (300, 300))[:200],
    b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%!PS-Adobe-3.0 EPSF-3.0\n",
    picture("BMP"), picture("TIFF")])
def test_bombs_and_broken_pictures_are_refused_quickly(content):
    with within(2), pytest.raises(Invalid):
        files.thumbnail(io.BytesIO(content), 64)


@pytest.mark.parametrize("size", [(7000, 6000), (17_000, 10)])
def test_too_many_pixels_are_not_even_decoded(size):
    with pytest.raises(Invalid) as refused:
        files.thumbnail(io.BytesIO(picture("PNG", size, mode="1", color=1)), 64)
    assert refused.value.errors[0].code == "picture_size"


def test_ten_thousand_frames_cost_one():
    frames = [Image.new("P", (8, 8), color) for color in range(100)]
    stream = io.BytesIO()
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:] * 20)
    with within(1):
        assert shown(stream.getvalue())[0] == (8, 8)


@given(st.integers(0, 399), st.integers(0, 255))
def test_any_damage_is_refused_or_shown(place, value):
    content = bytearray(picture("PNG", (60, 60)) * 3)
    content[place % len(content)] = value
    with suppress(Invalid):
        assert files.thumbnail(io.BytesIO(bytes(content)), 32)
