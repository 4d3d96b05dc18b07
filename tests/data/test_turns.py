"""Writers stand in line: one at a time over threads and processes, and nobody waits for ever."""

import os
import threading
import time

import pytest

from core.data import turns
from core.data.turns import turn

pytestmark = pytest.mark.engines("sqlite")


def test_one_at_a_time_over_threads_and_processes(tmp_path):
    path, log = str(tmp_path / "x.turn"), tmp_path / "log"

    def write():
        for _ in range(20):
            with turn(path):
                with log.open("a") as stream:
                    stream.write("in\n")
                time.sleep(0.001)
                with log.open("a") as stream:
                    stream.write("out\n")

    child = os.fork()
    if child == 0:
        write()
        os._exit(0)
    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert os.waitpid(child, 0)[1] == 0
    assert log.read_text() == "in\nout\n" * 80


def test_a_turn_that_never_ends_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(turns, "PATIENCE", 0.2)
    path, came = str(tmp_path / "x.turn"), []

    def write():
        with turn(path):
            came.append("in")

    with turn(path):
        other = threading.Thread(target=write)
        other.start()
        other.join(30)
        assert came == ["in"]


def test_a_folder_that_cannot_be_written_stops_nobody(tmp_path):
    with turn(str(tmp_path / "nowhere" / "x.turn")):
        pass
