"""Deliveries read by processes of their own: the same reading in the same order, whatever ends, fails or is killed."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from long_case import HEADER, ROW, SOURCE, as_text, assert_same
from making import as_xlsx, as_zip

from src.codebook import vocabulary
from src.codebook.command_line import interruptible
from src.ingest import load as clean
from src.ingest import remote
from src.ingest.cleaning.places import packaged_register
from src.ingest.load import UnreadableFile
from src.ingest.sources import source_from

pytestmark = pytest.mark.slow  # each process imports what it needs: a second and more


def long_deliveries(raw):
    """Write deliveries of every way of reading, the first of which takes the longest; each repeats another's rows."""
    long = [[f"JQ{n}", *ROW[1:]] for n in range(20_000)]
    total = ["合计", *[""] * 7, "9", ""]
    contents = {
        "a.csv": as_text([HEADER, *long]).encode(),
        "b.csv": as_text([HEADER, *long[:3], ["JQ", "何时", *ROW[2:]], total]).encode(),
        "c.zip": as_zip({"c.csv": as_text([HEADER, *long[100:900]]).encode()}),
        "d.xlsx": as_xlsx([HEADER, *long[500:1_000]]),
    }
    raw.mkdir()
    for name, content in contents.items():
        (raw / name).write_bytes(content)
    stated = "[{files: '*', table: incidents, received: 2022-01-05, max_quarantined_pct: 100}]"
    (raw / "sources.yml").write_text(stated, encoding="utf-8")
    vocabulary.use(raw)
    return [(raw / name, source_from({"table": "incidents", **SOURCE})) for name in contents]


@pytest.fixture
def deliveries(tmp_path):
    return long_deliveries(tmp_path / "raw")


def read(deliveries, readers=None):
    return clean.read_files(deliveries, "incidents", packaged_register(), readers)


def test_the_same_reading_in_the_same_order(deliveries):
    alone, together = read(deliveries), read(deliveries, remote.by_processes)
    assert_same(alone, together)
    assert len(together.duplicates) == 3 + 800 + 500
    assert "第6行：people_count 的合计为 9，各行相加为 4" in together.warnings[0]
    assert not multiprocessing.active_children()


def test_a_delivery_that_fails_says_the_same(deliveries):
    deliveries[1][0].write_bytes(b"%PDF-1.7 \0")
    with pytest.raises(UnreadableFile) as alone:
        read(deliveries)
    with pytest.raises(UnreadableFile) as together:
        read(deliveries, remote.by_processes)
    assert str(together.value) == str(alone.value)
    assert together.value.file == "b.csv"
    assert not multiprocessing.active_children()


def test_it_goes_on_alone_where_its_processes_are_killed(deliveries):
    def kill():
        while not (started := multiprocessing.active_children()):
            time.sleep(0.01)
        for process in started:
            process.kill()

    killer = threading.Thread(target=kill)
    killer.start()
    together = read(deliveries, remote.by_processes)
    killer.join()
    assert_same(read(deliveries), together)


@pytest.fixture
def folder(tmp_path, deliveries):
    """Return a folder of deliveries that are read by processes of their own, however short they are."""
    (tmp_path / "raw" / "vocabulary.yml").write_text("thresholds: {apart_mb: 0}", encoding="utf-8")
    return tmp_path


def test_a_script_without_a_guard_is_run_once(folder):
    script = folder / "script.py"
    script.write_text("""
import sys
from src.analysis import build
print("begun")
print("tables of", len(build("raw", "processed").deliveries), "deliveries")
""")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, cwd=folder)
    assert (done.stdout, done.stderr) == ("begun\ntables of 4 deliveries\n", "")


@pytest.fixture
def build(folder):
    """Return a build that is under way, in a group of its own, and the folder where its processes put rows."""
    temporary = folder / "temporary"
    temporary.mkdir()
    longer = [[f"JQ{n}", *ROW[1:]] for n in range(200_000)]  # still being read when it is to end
    (folder / "raw" / "a.csv").write_text(as_text([HEADER, *longer]), encoding="utf-8")
    command = [sys.executable, "-m", "src.ingest", "build", "--raw", "raw", "--processed", "processed"]
    with subprocess.Popen(
        command, cwd=folder, env=os.environ | {"TMPDIR": str(temporary)}, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as begun:  # fmt: skip
        while not list(temporary.glob("*/3")):
            assert begun.poll() is None
            time.sleep(0.01)
        yield begun, temporary


def assert_none_is_left(group):
    with pytest.raises(ProcessLookupError):
        for _ in range(1_000):  # what tracks their resources ends a moment later
            os.killpg(group, 0)
            time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_its_processes_and_leaves_nothing(build, number):
    begun, temporary = build
    os.killpg(begun.pid, number)
    assert (begun.wait(60), begun.stderr.read()) == (130, "interrupted\n")
    assert not list(temporary.iterdir())
    assert_none_is_left(begun.pid)


def test_killed_outright_it_leaves_no_process_and_no_rows(build):
    begun, temporary = build
    begun.kill()
    begun.wait()
    assert_none_is_left(begun.pid)
    assert not list(temporary.iterdir())


@pytest.mark.parametrize(("sizes", "worth"), [([0.9, 0.9], False), ([3, 0.9], False), ([3, 0.6, 0.6], True)])
def test_processes_are_started_only_where_they_save_time(tmp_path, monkeypatch, sizes, worth):
    monkeypatch.setattr(remote, "_weight_mb", lambda size: size * vocabulary.threshold("apart_mb"))
    assert remote.pays(sizes) is (worth and os.cpu_count() > 1)


def test_an_interruption_within_a_finaliser_is_not_told(capsys):
    class Ends:
        def __del__(self):
            raise KeyboardInterrupt

    with interruptible():
        Ends()
    assert capsys.readouterr().err == ""
