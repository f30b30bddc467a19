"""Reports made by workers of a cluster: separate processes with folders of their own, one of which dies."""

import os
import subprocess
import sys

import pytest
from report_case import write_deliveries, write_notebook

from src.analysis.report import cluster
from src.analysis.report.parameters import ParameterError
from src.analysis.report.plan import notebooks, plan
from src.analysis.report.side_by_side import make_all

pytestmark = [
    pytest.mark.filterwarnings("default"),  # distributed warns about what it closes
    pytest.mark.slow,  # starts a scheduler and workers, or waits for one that is not there
]


def start(folder, *arguments):
    folder.mkdir()
    environment = {**os.environ, "ANALYSIS_DATA": str(folder / "nothing")}
    return subprocess.Popen([sys.executable, "-m", *arguments], cwd=folder, env=environment, stderr=subprocess.DEVNULL)


@pytest.fixture
def workers(tmp_path):
    """Start a scheduler and two workers; yield its address and the workers by name."""
    file = tmp_path / "scheduler.json"
    scheduler = ["distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
    started = [start(tmp_path / "scheduler", *scheduler)]
    worker = ["distributed.cli.dask_worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-nanny"]
    worker += ["--local-directory", "."]  # a folder of its own
    named = {n: start(tmp_path / n, *worker, "--no-dashboard", "--name", n) for n in ("one", "two")}
    try:
        from distributed import Client

        with Client(scheduler_file=str(file), timeout=60) as client:
            client.wait_for_workers(2, timeout=120)
            yield client.scheduler.address, named
    finally:
        for process in [*named.values(), *started]:
            process.kill()
            process.wait()


def test_another_worker_makes_the_reports_of_one_that_died(tmp_path, monkeypatch, workers):
    address, named = workers
    monkeypatch.setenv("ANALYSIS_DATA", str(write_deliveries(tmp_path / "data")))
    write_notebook(tmp_path / "notebooks")
    due = plan(notebooks(folder=tmp_path / "notebooks"), "streets")
    reports = cluster.Cluster(address)
    run = tmp_path / "run"
    run.mkdir()
    asked = []

    def maker(report, folder, engine):
        asked.append(report)
        if len(asked) == 2:
            named["one"].kill()
        return reports.make(report, folder, engine)

    outcomes = make_all(due, run, None, reports.width, maker)
    assert [outcome.faults for outcome in outcomes] == [[]] * len(due)
    assert sorted(outcome.report.page for outcome in outcomes) == sorted(report.page for report in due)
    assert all((run / report.page).read_text("utf-8").startswith("<!DOCTYPE html>") for report in due)
    assert list((tmp_path / "two").rglob("datapackage.json"))  # it worked on tables in a folder of its own


def test_a_scheduler_that_is_not_there_is_told():
    with pytest.raises(ParameterError, match=r"tcp://127\.0\.0\.1:1 "):
        cluster.Cluster("tcp://127.0.0.1:1")
