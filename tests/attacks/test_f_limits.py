"""F06: too large, too many, without length: refused early, nothing left behind, and what was typed stays."""

from __future__ import annotations

import errno
import socket
from contextlib import suppress

import psutil
import pytest

from core.data.files import Store
from core.errors import StorageFull
from support import cases
from support.desk import open_case, shown
from support.pace import within

pytestmark = pytest.mark.engines("sqlite")  # and on both where the database has a say


SMALL = {"tenants": {"acme": {"limits": {"file_mb": 1, "files": 2, "request_mb": 3}}}}
MB = 1024 * 1024


@pytest.fixture
def tight(portal_inside):
    """A portal that takes little."""
    return portal_inside(SMALL, plugins=cases.install)


def stored(portal):
    return [p for p in (portal.folder / "var" / "files").rglob("*") if p.is_file()]


def post(client, files, body="I typed this for an hour."):
    sent = {"attachments": [(name, content, "text/plain") for name, content in files]}
    return client.post("/cases/new", {"subject": "It hums", "body": body}, sent)


def test_a_file_may_be_as_large_as_the_limit_and_not_one_byte_larger(tight):
    own = tight.client("own")
    assert post(own, [("a.bin", b"x" * MB)]).status == 303
    answer = post(own, [("a.bin", b"x" * (MB + 1))])
    assert answer.status == 422
    assert "“a.bin” is larger than 1 MB." in answer.text
    assert "I typed this for an hour." in answer.text
    assert len(stored(tight)) == 1


def test_more_files_than_allowed_are_refused_with_the_text_kept(tight):
    answer = post(tight.client("own"), [(f"{n}.txt", b"x") for n in range(3)])
    assert answer.status == 422
    assert "I typed this for an hour." in answer.text
    assert stored(tight) == []


def test_a_form_that_comes_back_says_that_files_must_be_chosen_again(tight):
    answer = post(tight.client("own"), [("a.txt", b"x")], body="")
    assert answer.status == 422
    assert "Choose your files again" in answer.text
    assert stored(tight) == []


@pytest.mark.engines("sqlite", "postgresql")
def test_nothing_stays_of_files_whose_change_failed_at_last(tight):
    assert post(tight.client("own"), [("a.txt", b"x")], body="fail at last").status == 422
    assert stored(tight) == []


@pytest.mark.engines("sqlite", "postgresql")
def test_a_form_sent_twice_keeps_its_files_once(tight):
    own = tight.client("own")
    sent = {"attachments": [("a.txt", b"x", "text/plain")]}
    form = {"subject": "It hums", "body": "Loudly.", "_once": "k" * 20}
    first, second = own.post("/cases/new", form, sent), own.post("/cases/new", form, sent)
    assert first.location == second.location
    assert len(stored(tight)) == 1


def test_a_request_over_the_limit_is_refused(tight):
    answer = post(tight.client("own"), [("a", b"x" * MB), ("b", b"x" * MB), ("c", b"x" * MB), ("d", b"x" * MB)])
    assert answer.status == 413
    assert stored(tight) == []


@pytest.mark.parametrize("parts", [1001, 10_000])
def test_thousands_of_parts_are_refused(tight, parts):
    edge = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'
    answer = tight.client("own").send("POST", "/cases/new", edge * parts + b"--x--\r\n",
                                      {"Content-Type": "multipart/form-data; boundary=x"})
    assert answer.status == 413


def test_a_part_made_of_line_ends_costs_no_time(tight):
    body = (b'--x\r\nContent-Disposition: form-data; name="attachments"; filename="a"\r\n\r\n'
            + b"\r\n" * (MB // 2 - 100) + b"\r\n--x--\r\n")
    with within(2):
        answer = tight.client("own").send("POST", "/cases/new", body, {
            "Content-Type": "multipart/form-data; boundary=x"})
    assert answer.status == 422


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # closed by the collector only
@pytest.mark.parametrize("body", [
    b"", b"--x", b"--x\r\n\r\n", b'--x\r\nContent-Disposition: form-data; name="a"', b"\xff" * 999,
    b'--x\r\nContent-Disposition: form-data; name="attachments"; filename="a"\r\n\r\ncut off'])
def test_broken_multipart_is_a_4xx_and_leaves_nothing(tight, body):
    answer = tight.client("own").send("POST", "/cases/new", body, {
        "Content-Type": "multipart/form-data; boundary=x"})
    assert 400 <= answer.status < 500
    assert stored(tight) == []


def test_a_full_disk_gives_507_with_the_text_and_works_again_by_itself(tight, monkeypatch):
    def full(*_args, **_named):
        raise StorageFull("There is no room for files at the moment. Please try again later.")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "put", full)
        answer = post(tight.client("own"), [("a.txt", b"x")])
    assert answer.status == 507
    assert "I typed this for an hour." in answer.text
    assert "There is no room for files" in answer.text
    assert post(tight.client("own"), [("a.txt", b"x")]).status == 303


@pytest.mark.parametrize(("number", "status"), [
    (errno.ENOSPC, 507), (errno.EDQUOT, 507), (errno.EMFILE, 503), (errno.ENFILE, 503)])
def test_the_store_and_the_folder_for_uploads_say_what_is_wrong(tight, monkeypatch, number, status):
    def refused(*_args, **_named):
        raise OSError(number, "no")

    with monkeypatch.context() as patched:
        patched.setattr("werkzeug.wrappers.request.default_stream_factory", refused)
        assert post(tight.client("own"), [("a.txt", b"x" * 600_000)]).status == status
    address = shown(tight.client("own"), open_case(tight.client("own"), files=[("a.txt", b"x")]))["a.txt"]
    with monkeypatch.context() as patched:
        patched.setattr("core.data.files.os.open", refused)
        assert post(tight.client("own"), [("a.txt", b"x")]).status == status
        assert tight.client("own").get(address).status in {503, 404}
    assert tight.client("own").get(address).status == 200


def upload(portal, cookie, megabytes, length=None):
    """Send an upload piece by piece, with a length or without; give the answer's status and what was sent."""
    size = f"Content-Length: {length}" if length else "Transfer-Encoding: chunked"
    head = (f"POST /cases/new HTTP/1.1\r\nHost: localhost:{portal.port}\r\nCookie: {cookie}\r\n"
            f"Origin: {portal.url}\r\nSec-Fetch-Site: same-origin\r\n"
            f"Content-Type: multipart/form-data; boundary=x\r\n{size}\r\n\r\n")
    part = b'--x\r\nContent-Disposition: form-data; name="attachments"; filename="a.bin"\r\n\r\n'
    sent = 0
    with socket.create_connection(("127.0.0.1", portal.port), timeout=30) as line:
        with suppress(OSError):
            line.sendall(head.encode())
            for piece in [part, *[b"x" * MB] * megabytes]:
                line.sendall(piece if length else f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                sent += 1
        with suppress(OSError):
            return line.recv(200).split(b" ")[1:2], sent
    return [], sent


def memory(portal):
    """Give the memory of the largest of the portal's processes, in bytes."""
    first = psutil.Process(portal.process.pid)
    return max(one.memory_info().rss for one in [first, *first.children(recursive=True)])


@pytest.mark.engines("sqlite")
@pytest.mark.slow
def test_long_uploads_are_cut_early_with_little_memory_and_no_trace(portal_folder, serve):
    folder = portal_folder()
    cases.install(folder.path / "plugins")
    folder.json("user", "create", "--name", "Own", "--email", "own@example.com")
    secret = "quiet rivers run deep"
    assert folder.command("user", "set-password", "own@example.com", "--password", secret).returncode == 0
    with serve(folder, workers=1) as portal:
        own = portal.visitor()
        own.post("/sign-in", {"email": "own@example.com", "password": secret})
        cookie = "; ".join(f"{name}={value}" for name, value in own.cookies.items())
        assert cookie
        before = memory(portal)
        with within(2, portal):
            assert upload(portal, cookie, 0, length=1 << 40)[0] == [b"413"], "its length alone is reason enough"
        for _ in range(3):
            status, sent = upload(portal, cookie, 300)
            assert sent < 120, "it must stop reading soon after the limit"
            assert status in ([], [b"413"])
        upload(portal, cookie, 5, length=20 * MB)  # goes away in the middle
        assert own.get("/notifications").status == 200
        assert memory(portal) - before < 64 * MB
    assert [p for p in (folder.path / "var" / "files").rglob("*") if p.is_file()] == []
