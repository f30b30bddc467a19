"""What runs unattended: the units, the cron line and the workflow are checked by the programs that will read them."""

import os
import shutil
import subprocess
import sys

import filelock
import pytest
from report_case import write_deliveries

from src.codebook import paths
from src.reports.__main__ import main
from src.reports.run import doctor, schedule


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
    said = [line for line in done.stderr.splitlines() if "longling" in line]
    assert (done.returncode, said) == (0, [])
    timer = (units / "longling-report.timer").read_text("utf-8")
    when = next(line.partition("=")[2] for line in timer.splitlines() if line.startswith("OnCalendar"))
    assert subprocess.run(["systemd-analyze", "calendar", when], capture_output=True, check=False).returncode == 0


def test_they_name_this_checkout_and_no_other(units):
    for name in (*schedule.UNITS, "crontab"):
        text = (units / name).read_text("utf-8")
        assert schedule.INSTALLED not in text or str(paths.ROOT) == schedule.INSTALLED
    assert str(paths.ROOT) in (units / "longling-report.service").read_text("utf-8")


def test_they_are_printed_as_well(capsys):
    assert main(["schedule"]) == 0
    said = capsys.readouterr().out
    assert all(word in said for word in ("Persistent=true", "OnFailure=", "TimeoutStartSec", "0 6 * * *"))


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


def test_doctor_misses_room_kernel_timer_letters_and_deliveries(healthy, monkeypatch):
    assert "2021-10-05" in next(doctor.data())
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda place: shutil._ntuple_diskusage(10**9, 10**9, 0))
    assert "--keep" in next(doctor.disk())
    monkeypatch.setattr(doctor.shutil, "which", lambda program: None)
    assert "python3" in next(doctor.kernel())
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


def test_doctor_ends_with_1_where_it_finds_something(healthy, capsys, monkeypatch):
    monkeypatch.setattr(doctor, "CHECKS", (doctor.lock,))
    assert main(["doctor"]) == 0
    (healthy / ".holder").write_text("pid 1", encoding="utf-8")
    assert main(["doctor"]) == 1
    assert "./run report" in capsys.readouterr().out
