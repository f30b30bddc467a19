"""Reports made by workers of a cluster: separate processes with folders of their own, one of which dies."""

import pytest
from report_case import write_deliveries, write_notebook

from src.ingest.parallel import Cluster, ClusterError
from src.reports.context.notebooks import notebooks
from src.reports.run.engine import Makers, make_all
from src.reports.run.plan import plan

pytestmark = [
    pytest.mark.filterwarnings("default"),  # distributed warns about what it closes
    pytest.mark.slow,  # starts a scheduler and workers, or waits for one that is not there
]


def test_another_worker_makes_the_reports_of_one_that_died(tmp_path, monkeypatch, workers):
    address, named = workers
    monkeypatch.setenv("ANALYSIS_DATA", str(write_deliveries(tmp_path / "data")))
    write_notebook(tmp_path / "notebooks")
    due = plan(notebooks(folder=tmp_path / "notebooks"), "streets")
    cluster = Cluster(address)
    reports = Makers(cluster)
    run = tmp_path / "run"
    run.mkdir()
    asked = []

    def maker(report, folder):
        asked.append(report)
        if len(asked) == 2:
            named["one"].kill()
        return reports.make(report, folder)

    outcomes = make_all(due, run, cluster.width, maker)
    assert [outcome.faults for outcome in outcomes] == [[]] * len(due)
    assert [outcome.report.page for outcome in outcomes] == [report.page for report in due]
    assert all((run / report.page).read_text("utf-8").startswith("<!DOCTYPE html>") for report in due)
    assert list((tmp_path / "two").rglob("datapackage.json"))  # it worked on tables in a folder of its own


def test_a_scheduler_that_is_not_there_is_told():
    with pytest.raises(ClusterError, match=r"tcp://127\.0\.0\.1:1 "):
        Cluster("tcp://127.0.0.1:1")
