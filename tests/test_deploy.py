"""What runs unattended: the units, the cron line and the workflow are checked by the programs that will read them."""

import argparse
import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys

import filelock
import pytest
from report_case import write_deliveries

from src.codebook import paths
from src.codebook.periods import now
from src.reports.__main__ import add_arguments, main
from src.reports.context.delivered import Incomplete
from src.reports.run import doctor, schedule
from src.reports.run.run import asks_for_all


def needs(program):
    if shutil.which(program) is None:
        if os.environ.get("CI"):
            pytest.fail(f"{program} must be there in .ci/run")
        pytest.skip(f"{program} is not installed")


@pytest.fixture
def units(tmp_path):
    assert main(["schedule", "--to", str(tmp_path)]) == 0
    return tmp_path


def test_systemd_takes_the_units(units):
    needs("systemd-analyze")
    command = ["systemd-analyze", "verify", "--man=no", *(str(units / name) for name in schedule.UNITS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = [line for line in (done.stdout + done.stderr).splitlines() if "longling" in line]
    assert (done.returncode, said) == (0, [])
    for timer in units.glob("*.timer"):
        when = re.search("OnCalendar=(.*)", timer.read_text("utf-8"))[1]
        assert subprocess.run(["systemd-analyze", "calendar", when], capture_output=True, check=False).returncode == 0


ODD = 'it\'s "50%d" {x} $HOME 龙岗'


@pytest.fixture
def odd(tmp_path, monkeypatch):
    """The units of a checkout with everything in its path that a shell, cron or systemd reads as its own."""
    place = tmp_path / ODD
    shutil.copytree(paths.ROOT / "deploy", place / "deploy")
    program = place / "run"
    program.write_text(
        'import os, sys\nprint(os.getcwd(), *sys.argv[1:], os.environ["ANALYSIS_DATA"], sep="|")', "utf-8"
    )
    monkeypatch.setattr(paths, "ROOT", place)
    monkeypatch.setenv("ANALYSIS_DATA", str(place / "data"))
    assert main(["schedule", "--to", str(tmp_path / "units")]) == 0
    return place, tmp_path / "units"


def test_systemd_takes_any_path(odd):
    needs("systemd-analyze")
    place, units = odd
    command = ["systemd-analyze", "verify", "--man=no", *(str(units / name) for name in schedule.UNITS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = [line for line in (done.stdout + done.stderr).splitlines() if "longling" in line]
    assert (done.returncode, said) == (0, [])
    text = (units / "longling-report.service").read_text("utf-8")
    assert f"WorkingDirectory={str(place).replace('%', '%%')}\n" in text
    escaped = ODD.replace('"', r"\"").replace("%", "%%")
    assert f'{escaped}/run" report --complete' in text
    assert f'{escaped}/data"' in text


@pytest.mark.skipif(os.name == "nt", reason="cron runs its lines in a shell of Unix")
def test_cron_takes_any_path(odd):
    place, units = odd
    for line in (units / "crontab").read_text("utf-8").splitlines()[3:]:
        command = re.sub(r"\\%", "%", line.split(maxsplit=5)[5])
        assert len(re.findall(r"(?<!\\)%", line)) == 0  # it would end the command there
        done = subprocess.run(["/bin/sh", "-c", command], cwd="/", capture_output=True, text=True, check=False)
        log = place / "reports" / "cron.log"
        said = done.stdout or log.read_text("utf-8")
        assert said.startswith(f"{place}|{'doctor' if done.stdout else 'report'}|--"), done.stderr
        assert said.endswith(f"|{place / 'data'}\n")


def test_units_of_an_installed_version_outlive_it(tmp_path, monkeypatch):
    version = tmp_path / "versions" / "20990101-x"
    shutil.copytree(paths.ROOT / "deploy", version / "deploy")
    (tmp_path / "run").write_text("", "utf-8")
    monkeypatch.setattr(paths, "ROOT", version)
    assert main(["schedule", "--to", str(tmp_path / "units")]) == 0
    written = "".join(path.read_text("utf-8") for path in (tmp_path / "units").iterdir())
    assert f'ExecStart=:"{tmp_path}/run" report' in written
    assert f"cd {tmp_path} && ./run doctor" in written
    assert "20990101" not in written


def test_an_owner_without_a_name_is_given_by_number(tmp_path, monkeypatch):
    def owner(self):
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(type(tmp_path), "owner", owner)
    assert main(["schedule", "--to", str(tmp_path)]) == 0
    assert f"\nUser={paths.ROOT.stat().st_uid}\n" in (tmp_path / "longling-report.service").read_text("utf-8")


def test_units_are_hardened_and_end(units):
    for service in ("longling-report.service", "longling-report-stale.service"):
        text = (units / service).read_text("utf-8")
        for name in (
            "User",
            "NoNewPrivileges=yes",
            "ProtectSystem=strict",
            "MemoryMax",
            "TimeoutStartSec",
            "OnFailure",
        ):
            assert f"\n{name}" in text


def test_they_name_this_checkout_and_no_other(units):
    for name in (*schedule.UNITS, "crontab"):
        text = (units / name).read_text("utf-8")
        assert schedule.INSTALLED not in text or str(paths.ROOT) == schedule.INSTALLED
    assert str(paths.ROOT) in (units / "longling-report.service").read_text("utf-8")


def test_they_are_printed_as_well(capsys):
    assert main(["schedule"]) == 0
    said = capsys.readouterr().out
    assert all(
        word in said for word in ("Persistent=true", "OnFailure=", "TimeoutStartSec", "0 6 * * *", "doctor --pages")
    )


@pytest.mark.slow
def test_the_line_of_cron_runs_under_the_bare_environment_of_cron(units, tmp_path):
    data = write_deliveries(tmp_path / "data")
    line = next(x for x in (units / "crontab").read_text("utf-8").splitlines() if x.startswith("0 6"))
    command = line.split(maxsplit=5)[5].replace(">> reports/cron.log", f">> {tmp_path}/cron.log")
    command = command.replace("run report", "run report 02 --area district --lang zh")
    bare = {"HOME": os.environ["HOME"], "LOGNAME": "cron", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
    own = {"ANALYSIS_DATA": str(data), "ANALYSIS_REPORTS": str(tmp_path / "reports")}  # lines of a crontab
    done = subprocess.run(["/bin/sh", "-c", command], env=bare | own, cwd="/", check=False)
    assert done.returncode == 0, (tmp_path / "cron.log").read_text("utf-8")
    assert (tmp_path / "reports" / "district" / "02_participation.zh.html").is_file()


def test_github_takes_the_workflow():
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    done = subprocess.run([*command, paths.ROOT / "deploy" / "github-actions.yml"], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_dag_starts_what_there_is():
    dag = (paths.ROOT / "deploy" / "airflow_dag.py").read_text("utf-8")
    asked = re.search(r'bash_command="\./run report ([^"]+)"', dag)[1].split()
    parser = argparse.ArgumentParser(add_help=False)
    add_arguments(parser.add_argument)
    assert asks_for_all(parser.parse_args(asked))
    assert f"skip_on_exit_code={Incomplete.exit_code}" in dag
    notebook = re.search(r'input_nb=f"\{PLACE\}/([^"]+)"', dag)[1]
    assert (paths.ROOT / notebook).is_file()


@pytest.fixture
def healthy(tmp_path, monkeypatch):
    """Return a reports folder beside a data folder of which doctor has nothing to say but for what a test breaks."""
    monkeypatch.setenv("ANALYSIS_DATA", str(write_deliveries(tmp_path / "data")))
    monkeypatch.setenv("ANALYSIS_REPORTS", str(tmp_path / "reports"))
    (tmp_path / "reports").mkdir()
    return tmp_path / "reports"


def test_doctor_tells_a_killed_run_from_one_that_is_under_way(healthy):
    assert list(doctor.lock()) == []
    (healthy / ".holder").write_text("pid 1, 2021-10-05 06:00", encoding="utf-8")
    assert "killed" in next(doctor.lock())
    with filelock.FileLock(healthy / ".lock"):
        assert "under way" in next(doctor.lock())


def test_doctor_misses_room_timer_letters_and_deliveries(healthy, monkeypatch):
    assert "2021-10-05" in next(doctor.data())
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda place: shutil._ntuple_diskusage(10**9, 10**9, 0))
    assert "--keep" in next(doctor.disk())
    monkeypatch.setattr(doctor, "_said", lambda *command: "")
    assert "schedule" in next(doctor.timer())
    monkeypatch.setattr(doctor, "_said", lambda *command: "failed" if "is-failed" in command else "enabled")
    assert "journalctl" in next(doctor.timer())
    monkeypatch.setattr(doctor, "_said", lambda *command: "enabled")
    assert list(doctor.timer()) == []


def test_doctor_finds_another_version_than_the_locked_one(monkeypatch):
    assert list(doctor.packages()) == []
    monkeypatch.setattr(doctor.metadata, "distributions", lambda: [])
    assert any("pandas" in line for line in doctor.packages())


def test_doctor_tells_where_pages_have_not_been_up_to_date_for_days(healthy, capsys, monkeypatch):
    assert main(["doctor", "--pages"]) == 1
    assert "was last all up to date at —" in capsys.readouterr().out
    day = now()
    (healthy / "current.json").write_text(json.dumps({"at": day.isoformat()}), encoding="utf-8")
    assert (main(["doctor", "--pages"]), capsys.readouterr().out) == (0, "")
    monkeypatch.setattr(doctor, "now", lambda: day + dt.timedelta(days=3, minutes=1))
    assert main(["doctor", "--pages"]) == 1
    assert f"{day:%Y-%m-%d %H:%M}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "whole"),
    [("", True), ("--complete --keep 3", True), ("03", False), ("--area streets", False), ("--period 2021Q1", False)],
)
def test_only_a_run_of_everything_says_that_the_pages_are_up_to_date(words, whole):
    parser = argparse.ArgumentParser(add_help=False)
    add_arguments(parser.add_argument)
    assert asks_for_all(parser.parse_args(words.split())) is whole


def test_doctor_ends_with_1_where_it_finds_something(healthy, capsys, monkeypatch):
    monkeypatch.setattr(doctor, "CHECKS", {"doctor_lock": doctor.lock})
    assert main(["doctor"]) == 0
    (healthy / ".holder").write_text("pid 1", encoding="utf-8")
    assert main(["doctor"]) == 1
    assert "./run report" in capsys.readouterr().out
