"""R13: the place for files, mail or logs cannot be written, each alone: only what needs it fails, and heals."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.desk import open_case
from support.servers import Portal
from support.visitor import Answer

pytestmark = pytest.mark.engines("sqlite")


def block(path: Path) -> None:
    """Put a file where a folder is needed: nothing can be written below it, not even by root."""
    if path.is_dir():
        shutil.rmtree(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")


def test_without_a_place_for_files_everything_but_uploads_goes_on(desk):
    own = desk.client("own")
    parts = desk.folder / "var" / "files" / "tmp"
    block(parts)
    answer: Answer = own.post("/cases/new", {"subject": "It hums", "body": "I typed this for an hour."},
                              {"attachments": [("a.txt", b"x", "text/plain")]})
    assert answer.status == 503
    assert "I typed this for an hour." in answer.text
    assert answer.headers["retry-after"]
    assert own.get(open_case(own)).status == 200, "without files it works"
    parts.unlink()
    assert open_case(own, files=[("a.txt", b"x")])


def test_without_a_place_for_mail_letters_wait_and_go_out_once(desk):
    mail = desk.folder / "var" / "mail"
    block(mail)
    open_case(desk.client("own"))
    desk.work()
    assert "The folder for mail cannot be written" in desk.client("admin").get("/settings/mail/waiting").text
    mail.unlink()
    page = desk.client("admin").get("/settings/mail/waiting").text
    for key in {piece.partition("/again")[0] for piece in page.split("/settings/mail/waiting/")[1:]}:
        if key.isdecimal():
            desk.client("admin").post(f"/settings/mail/waiting/{key}/again", {})
    assert len(desk.letters_to("own@example.com")) == 1


def test_a_full_disk_for_logs_fails_no_request(portal_folder):
    folder = portal_folder()
    with Path("/dev/full").open("ab") as full:
        process = subprocess.Popen(
            [sys.executable, "-m", "parlour", "serve", "--portal", str(folder.path), "--workers", "1"],
            env=folder.environment(), cwd=folder.path, stdin=subprocess.DEVNULL, stdout=full, stderr=full,
            start_new_session=True)
    portal = Portal(folder, process, folder.path / "var" / "none.log")
    portal._log_file.touch()
    try:
        portal.wait_ready()
        for _ in range(5):
            assert portal.visitor().get("/sign-in").status == 200
            assert portal.visitor().get("/nowhere").status in {303, 404}
        time.sleep(0.5)
        assert process.poll() is None
    finally:
        portal.stop()
