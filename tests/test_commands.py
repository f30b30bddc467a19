"""The commands as a person types them: what is wrong is said in a sentence, with the exit code that says how."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from command_case import COMMANDS, PACKAGES, main
from report_case import write_deliveries

from src.codebook import paths
from src.codebook.command_line import interruptible
from src.ingest import store

REGISTER = "项目编号,项目名称,街道,社区,治理领域\n001,路口整治,布吉街道,{community},交通安全\n"


@pytest.fixture
def command(tmp_path, monkeypatch, capsys):
    """Run a command in an empty folder; return its exit code, what it printed, and what it said was wrong."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ANALYSIS_DATA", str(tmp_path / "data"))
    for name in ("ANALYSIS_RAW", "ANALYSIS_PROCESSED"):  # which a command may set
        monkeypatch.setenv(name, "")

    def run(line: str) -> tuple[int, str, str]:
        code = main(line.split())
        return code, *capsys.readouterr()

    return run


def sources(raw: Path, text: str) -> None:
    raw.mkdir(parents=True, exist_ok=True)
    (raw / "sources.yml").write_text(text, encoding="utf-8")


def picture(folder: Path) -> None:
    (folder / "x.xlsx").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))


def write(folder: Path, content: str) -> None:
    (folder / "x.csv").write_text(content, encoding="utf-8")


WRONG = {
    "no such file": (lambda f: None, "check x.csv --table projects", 3, "no such file in ."),
    "an empty file": (lambda f: write(f, ""), "check x.csv --table projects", 3, "is empty; send it as"),
    "a picture called .xlsx": (picture, "check x.xlsx --table projects", 3, "x.xlsx: 是PNG图片，不是表格"),
    "no community column": (
        lambda f: write(f, "项目编号,项目名称,街道,治理领域\n1,甲,布吉街道,环境\n"),
        "check x.csv --table projects",
        3,
        "a column it needs is missing: 社区",
    ),
    "an unknown table": (
        lambda f: write(f, REGISTER.format(community="南三社区")),
        "check x.csv --table project",
        2,
        "table: 'project' is not known; right would be one of projects,",
    ),
    "an unknown key": (
        lambda f: sources(f / "data" / "raw", "- files: x.csv\n  tabel: projects\n"),
        "build",
        3,
        "unknown key 'tabel'; did you mean 'table'?",
    ),
    "no deliveries there": (
        lambda f: None,
        "build --raw nowhere",
        3,
        "no such file; it lists",
    ),
    "a file for deliveries": (
        lambda f: write(f, ""),
        "build --raw x.csv",
        3,
        "no such file; it lists the deliveries",
    ),
    "no folder to write to": (lambda f: write(f, ""), "sample --to x.csv", 2, "x.csv cannot be used (File exists)"),
    "a workbook that is not there": (
        lambda f: None,
        "check x.xlsx --table incidents",
        3,
        "x.xlsx: . 中没有这个文件 no such file in .",
    ),
    "reports of no deliveries": (
        lambda f: None,
        "report --raw nowhere",
        3,
        "no such file; it lists",
    ),
    "a folder that cannot be written": (lambda f: None, "build --processed /proc/x", 3, "cannot write to /proc/x"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_told_in_a_sentence(command, tmp_path, name):
    prepare, line, expected, said = WRONG[name]
    prepare(tmp_path)
    code, _, wrong = command(line)
    assert (code, wrong.count("\n")) == (expected, 1)
    assert said in wrong


@pytest.mark.parametrize("option", ["--seed -1", "--seed x", "--scale 0", "--scale -2", "--scale inf"])
def test_an_impossible_number_is_told(command, capsys, option):
    with pytest.raises(SystemExit, match="2"):
        command(f"sample {option}")
    assert "is not possible; right would be a number," in capsys.readouterr().err


def test_build_prints_the_ledger_and_says_when_nothing_changed(command, tmp_path):
    write_deliveries(tmp_path / "data")
    (code, first, _), (again, second, _) = command("build"), command("build")
    assert code == again == 0
    assert "projects          3      3          0            0" in first
    assert "lines: header 2" in first
    assert ("rebuilt:" in first, "unchanged:" in second) == (True, True)


def test_check_finds_a_record_that_would_be_set_aside(command, tmp_path):
    write(tmp_path, REGISTER.format(community="北三社区"))
    code, said, _ = command("check x.csv --table projects")
    assert code == 1
    assert "x.csv:2 community “北三社区”" in said
    assert "no such community in the register; nearest: 南三社区" in said


def typed(line, **environment):
    """Run a command in a shell, as a program of its own."""
    line = re.sub(r"\banalysis (\w+)", lambda said: f"{sys.executable} -P -m {PACKAGES[said[1]]} {said[1]}", line)
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, env=os.environ | environment, check=False
    )


@pytest.mark.skipif(os.name == "nt", reason="written for a shell of Unix")
@pytest.mark.parametrize("ending", ["> /dev/full", "2> /dev/full", ">&- 2>&-", "| true; exit ${PIPESTATUS[0]}"])
def test_what_a_command_does_does_not_depend_on_who_reads_it(tmp_path, ending):
    done = typed(f"cd {tmp_path}; analysis schedule --to units {ending}")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(list((tmp_path / "units").iterdir())) == 6
    done = typed(f"cd {tmp_path}; analysis check no-such-file.csv --table projects {ending}")
    assert done.returncode == 3


@pytest.mark.skipif(os.name == "nt", reason="written for a shell of Unix")
def test_a_terminal_without_chinese_shows_the_english():
    done = typed("analysis schedule", PYTHONIOENCODING="ascii")
    assert done.returncode == 0
    assert "put these files into" in done.stdout


@pytest.fixture
def interrupted(monkeypatch):
    """Return what runs a command that does something else: its exit code, and whether it is still to be interrupted."""

    def run(work):
        monkeypatch.setattr(store, "build", lambda *_, **__: work())
        handlers = [signal.getsignal(number) for number in NUMBERS]
        code = main(["build"])
        assert [signal.getsignal(number) for number in NUMBERS] == handlers
        return code, signal.getitimer(signal.ITIMER_REAL)[0] > 0

    return run


NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)


@pytest.mark.parametrize("number", NUMBERS[:2])
def test_an_interruption_that_was_swallowed_comes_again(interrupted, number):
    heard = []

    def swallow():
        try:
            signal.raise_signal(number)
        except KeyboardInterrupt:
            heard.append(signal.getitimer(signal.ITIMER_REAL)[0] > 0)
        signal.raise_signal(signal.SIGALRM)
        heard.append("went on")

    assert interrupted(swallow) == (130, False)
    assert heard == [True]


def test_an_interruption_does_not_disturb_what_clears_away(interrupted):
    cleared = []

    def clear():
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            try:
                cleared.append("begun")
                raise ValueError("that file is not there")
            except ValueError:
                signal.raise_signal(signal.SIGALRM)
                cleared.append("done")

    assert interrupted(clear) == (130, False)
    assert cleared == ["begun", "done"]


def test_a_command_started_deaf_to_an_interruption_stays_so(interrupted):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with pytest.raises(ZeroDivisionError):
            interrupted(lambda: signal.raise_signal(signal.SIGINT) or 1 / 0)
    finally:
        signal.signal(signal.SIGINT, before)


def typed_to_run(*arguments):
    return subprocess.run([sys.executable, paths.ROOT / "run", *arguments], capture_output=True, text=True, check=False)


def test_help_lists_every_command():
    done = typed_to_run("--help")
    assert done.returncode == 0
    assert re.findall(r"^    \./run (\w+)", done.stdout, re.MULTILINE) == list(COMMANDS)


def test_an_unknown_command_is_told_at_once():
    done = typed_to_run("biuld", "--raw", "x")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "no command 'biuld'; see ./run --help" in done.stderr


def test_a_command_of_the_repository_is_found_from_any_folder(tmp_path):
    done = subprocess.run([paths.ROOT / "run", "sample", "--help"], cwd=tmp_path, capture_output=True, text=True)
    assert "usage: ./run sample" in done.stdout, done.stderr


def test_an_interruption_within_a_finaliser_is_not_told(capsys):
    class Ends:
        def __del__(self):
            raise KeyboardInterrupt

    with interruptible():
        Ends()
    assert capsys.readouterr().err == ""
