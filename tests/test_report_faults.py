"""What can go wrong in a night, each injected for real: the exit code, what a reader sees, what is left on disk."""

import os
import re
import signal
import subprocess
import time

import psutil
import pytest
from report_case import MARK, PAGE, Place, main_of, write_deliveries, write_notebook

from src.analysis import loading
from src.reports.run import engine, plan

pytestmark = pytest.mark.skipif(not engine.available(), reason="forking is for Linux")


def orphans():
    """Return processes that were started here and outlived their parent."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("FAULT_TEST") == MARK["FAULT_TEST"] and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def none_left(seconds=20):
    until = time.monotonic() + seconds
    while orphans() and time.monotonic() < until:
        time.sleep(0.1)
    return not orphans()


@pytest.fixture
def place(tmp_path, monkeypatch):
    return Place(tmp_path, monkeypatch)


CELLS = {
    "an exception": ("1 / 0", "ZeroDivisionError"),
    "killed": ("import os; os.kill(os.getpid(), 9)", "SIGKILL"),
    "out of memory": ("b'x' * 2**50", "MemoryError"),
    "left early": ("import sys; sys.exit(0)", "SystemExit"),
    "left at once": ("import os; os._exit(0)", "exit 0"),
    "hangs": ("while True: pass", "6"),
    "disk full": ("import errno; raise OSError(errno.ENOSPC, 'No space left on device')", "No space left"),
}


@pytest.mark.parametrize("fault", CELLS)
def test_a_fault_in_a_cell_leaves_yesterdays_page_with_the_reason(place, monkeypatch, fault, capfd):
    source, reason = CELLS[fault]
    assert place.report() == 0
    yesterday = place.read()
    if fault == "hangs":
        monkeypatch.setattr(plan, "CELL_SECONDS", 6)
    place.breaks(source)
    assert place.report() == 1
    stale = place.read()
    assert "更新失败" in stale
    assert reason in stale
    assert reason in place.read("index.html")
    assert "Traceback" not in stale + place.read("index.html") + capfd.readouterr().err
    assert main_of(stale) == main_of(yesterday)
    log = sorted(place.out.glob("runs/*/log.txt"))[-1].read_text("utf-8")
    assert reason in log
    assert "失败" in log
    assert "failed" in log
    assert "\x1b" not in log
    place.whole()
    write_notebook(place.notebooks)
    assert place.report() == 0
    assert "更新失败" not in place.read()


def test_a_report_that_never_worked_is_in_the_index_with_its_reason(place):
    place.breaks("1 / 0")
    assert place.report() == 1
    assert not (place.out / PAGE).exists()
    assert "ZeroDivisionError" in place.read("index.html")
    assert PAGE not in place.read("index.html")


def test_one_failing_report_does_not_stop_the_others(place):
    write_notebook(place.notebooks, "02_other", replace={"report.say": "1 / 0; report.say"})
    assert place.report() == 1
    assert (place.out / PAGE).is_file()


REFUSED = {
    "unreadable": ("incidents.csv", b"\x00\xff\x00garbage\x01" * 50),
    "mostly set aside": (
        "incidents.csv",
        (
            "警情编号,接报时间,所属街道,所属社区,警情类别,警情种类\n" + "1,昨天,平湖街道,鹅公岭社区,刑事警情,盗窃\n" * 3
        ).encode(),
    ),
    "matched by no entry": ("sources.yml", b"- {files: 'other_*.csv', table: incidents}\n"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_refused_data_leave_the_pages_and_show_why(place, fault, capfd):
    shows = {"compare, lang, audience)": "compare, lang, audience, despite_refusal=True)"}
    write_notebook(place.notebooks, "01_quality", replace=shows)
    assert place.report() == 0
    numbers, tables = main_of(place.read()), sorted((place.data / "processed").glob("*.parquet"))
    before = [table.read_bytes() for table in tables]
    name, content = REFUSED[fault]
    (place.data / "raw" / name).write_bytes(content)
    assert place.report() == 3
    assert [table.read_bytes() for table in tables] == before
    assert main_of(place.read()) == numbers
    assert "更新失败" in place.read()
    quality = place.read("district/01_quality.zh.html")
    assert "未被采用" in quality
    assert "更新失败" not in quality
    assert "未被采用" in place.read("index.html")
    assert "Traceback" not in capfd.readouterr().err
    place.whole()
    write_deliveries_again(place)
    assert place.report() == 0
    assert "未被采用" not in place.read("index.html") + place.read("district/01_quality.zh.html") + place.read()


def write_deliveries_again(place):
    made = write_deliveries(place.folder / "again") / "raw"
    for name in ("incidents.csv", "sources.yml"):
        (place.data / "raw" / name).write_bytes((made / name).read_bytes())


def test_refused_data_without_any_before_publish_nothing(place, capfd):
    (place.data / "raw" / "incidents.csv").write_bytes(REFUSED["unreadable"][1])
    assert place.report() == 3
    assert not place.out.exists()
    assert "incidents.csv" in capfd.readouterr().err


def test_tables_that_cannot_be_written_are_told_and_the_pages_stay(place, capfd):
    assert place.report() == 0
    standing, tables = place.read(), place.data / "processed"
    subprocess.run(["mount", "--bind", tables, tables], check=False)
    done = subprocess.run(["mount", "-o", "remount,ro,bind", tables], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("mounting a file system is not allowed here")
    try:
        with (place.data / "raw" / "incidents.csv").open("a", encoding="utf-8") as stream:
            stream.write("J9,2021-09-04 10:00,平湖街道,鹅公岭社区,刑事警情,盗窃\n")
        assert place.report() == 3
    finally:
        subprocess.run(["umount", tables], check=True)
    said = capfd.readouterr().err
    assert f"cannot write to {tables}" in said and "Traceback" not in said
    assert place.read() == standing


def test_data_that_date_nothing_are_told_in_one_sentence(place, capfd):
    for name in ("incidents.csv", "projects.csv"):
        header = (place.data / "raw" / name).read_text(encoding="utf-8").split("\n")[0]
        (place.data / "raw" / name).write_text(f"{header}\n", encoding="utf-8")
    assert place.report() == 3
    said = capfd.readouterr().err
    assert "no incident and no project with a start" in said
    assert "incidents.csv, projects.csv" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("damage", [b"PAR1 cut short", b""])
def test_a_damaged_table_is_made_anew(place, damage):
    assert place.report() == 0
    numbers = main_of(place.read())
    (place.data / "processed" / "incidents.parquet").write_bytes(damage)
    loading._read.clear()
    assert place.report("--force") == 0
    assert main_of(place.read()) == numbers


@pytest.mark.parametrize("damage", ["", "{", "[]"])
def test_a_damaged_record_of_the_site_is_restored_from_the_runs(place, damage):
    assert place.report() == 0
    (place.out / "state.json").write_text(damage)
    place.breaks("1 / 0")
    assert place.report() == 1
    assert "更新失败" in place.read()
    place.whole()


def test_a_clock_set_back_loses_nothing(place, monkeypatch):
    from src.codebook import periods
    from src.reports.run import publish, runs

    assert place.report() == 0
    past = periods.now().replace(year=2019)
    for module in (periods, publish, runs):
        monkeypatch.setattr(module, "now", lambda: past)
    assert place.report("--force", "--keep", "1") == 0
    kept = [run.name for run in sorted((place.out / "runs").iterdir())]
    assert len(kept) == 1
    assert kept[0].startswith("000002-2019")
    assert (place.out / "runs" / kept[0] / "log.txt").is_file()
    place.whole()


def test_a_second_run_is_told_who_holds_the_folder(place, capfd):
    from src.reports.run.runs import only_run

    assert place.report() == 0
    with only_run(place.out):
        second = place.apart()
        _, said = second.communicate(timeout=120)
    assert second.returncode == 4
    assert f"pid {os.getpid()}" in said
    assert place.report("--wait", "0.01") == 0


@pytest.mark.parametrize("where", ["a file", "a link to itself", "read-only"])
def test_a_folder_that_cannot_be_written_to_is_named_before_anything_is_made(place, where, capfd):
    if where == "a file":
        place.out.write_text("")
    elif where == "a link to itself":
        place.out.symlink_to(place.out)
    else:
        place.out.mkdir()
        mounted(place.out, "ro")
    try:
        assert place.report() == 2
    finally:
        if where == "read-only":
            subprocess.run(["umount", place.out], check=True)
    assert str(place.out) in capfd.readouterr().err


def mounted(folder, options):
    """Mount a small file system, or skip where that is not allowed."""
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", folder], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("mounting a file system is not allowed here")


@pytest.mark.parametrize("name", [".lock", ".holder", "state.json", "index.html", PAGE])
def test_what_stands_in_the_way_is_named(place, name, capfd):
    (place.out / name).mkdir(parents=True)
    assert place.report() == 1
    said = capfd.readouterr().err
    assert str(place.out / name) in said
    assert "Traceback" not in said
    (place.out / name).rmdir()
    assert place.report() == 0
    place.whole()


CUT_SHORT = """
import errno, pathlib
write = pathlib.Path.write_text
def cut_short(path, text, *more, **others):
    write(path, text[:2000], *more, **others)
    raise OSError(errno.ENOSPC, "No space left on device")
pathlib.Path.write_text = cut_short
"""


def test_a_page_that_could_not_be_written_whole_is_not_kept_by_its_run(place):
    assert place.report() == 0
    standing = main_of(place.read())
    place.breaks(CUT_SHORT)  # in the process that writes the page
    assert place.report("--force") == 1
    write_notebook(place.notebooks)
    assert main_of(place.read()) == standing
    place.whole()
    assert place.report("--force") == 0
    assert len(re.findall(r'href="\.\./runs/', place.read())) == 1
    place.whole()


def test_output_deleted_during_a_run_is_made_by_the_next(place, capfd):
    assert place.report() == 0
    place.breaks(f"import shutil; shutil.rmtree({str(place.out)!r})")
    assert place.report("--force") == 1
    assert "Traceback" not in capfd.readouterr().err
    write_notebook(place.notebooks)
    assert place.report() == 0
    place.whole()


@pytest.mark.slow
@pytest.mark.parametrize("kilobytes", [16, 400, 900])
def test_a_full_disk_leaves_every_page_whole(place, kilobytes, capfd):
    place.out.mkdir()
    mounted(place.out, "size=4m")
    try:
        assert place.report() == 0
        used = sum(p.stat().st_size for p in place.out.rglob("*") if p.is_file())
        (place.out / "ballast").write_bytes(b"x" * (4 * 1024 * 1024 - used - 64 * 1024 - kilobytes * 1024))
        code = place.report("--force")
        said = capfd.readouterr().err
        assert code == 1 or kilobytes > 16  # what a run needs is between
        assert "Traceback" not in said
        place.whole()
        (place.out / "ballast").unlink()
        assert place.report("--force") == 0
        place.whole()
    finally:
        subprocess.run(["umount", "-l", place.out], check=True)


STAGES = {  # the file whose writing kills the run, and what stands afterwards
    "setting aside": ("quarantined.parquet", "new"),
    "building": ("incidents.parquet", "new"),
    "ledger": ("datapackage.json", "new"),
    "before the journal": ("publish.json", "old"),
    "while pages move": ("03_test.zh.html", "old"),
    "before the records": ("state.json", "old"),
    "before the index": ("index.html", "old"),
    "before the manifest": ("run.json", "old"),
}
KILL = """
import os
from src.ingest import folders
whole = folders.replace_file
def replace_file(path, write, **more):
    def killed(beside):
        beside.write_bytes(b"half")
        os.kill(os.getpid(), 9)
    whole(path, killed if path.name == {name!r} else write, **more)
folders.replace_file = replace_file
"""


@pytest.mark.slow
@pytest.mark.parametrize("stage", STAGES)
def test_a_run_killed_at_any_stage_is_finished_by_the_next(place, stage):
    name, _ = STAGES[stage]
    assert place.report() == 0
    with (place.data / "raw" / "incidents.csv").open("a", encoding="utf-8") as stream:
        stream.write("J9,2021-09-04 10:00,平湖街道,鹅公岭社区,刑事警情,盗窃\n")
    killed = place.apart(inject=KILL.format(name=name))
    killed.communicate(timeout=120)
    assert killed.returncode == -signal.SIGKILL
    assert none_left()
    place.whole()
    assert place.report() == 0
    place.whole()
    assert "136宗" in place.read()
    assert "136宗" in place.read("index.html")
    assert place.left() == []
    assert list(place.data.rglob(".half-*")) == []


@pytest.mark.slow
@pytest.mark.parametrize("engine_name", ["forked", "stock"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_interrupted_run_leaves_a_readable_site_and_no_process(place, number, engine_name):
    assert place.report() == 0
    page = place.read()
    started = place.folder / "started"
    place.breaks(f"import pathlib, time; pathlib.Path({str(started)!r}).touch(); time.sleep(600)")
    running = place.apart("--engine", engine_name)
    while not started.exists():
        assert running.poll() is None
        time.sleep(0.1)
    running.send_signal(number)
    running.communicate(timeout=60)
    assert running.returncode == (-9 if number == signal.SIGKILL else 130)
    assert none_left()
    assert place.read() == page
    place.whole()
    write_notebook(place.notebooks)
    assert place.report("--force") == 0
    place.whole()
    finished = [run for run in (place.out / "runs").iterdir() if (run / "run.json").is_file()]
    assert all(not list(run.glob("*/*")) for run in (place.out / "runs").iterdir() if run not in finished)
