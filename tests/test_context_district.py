"""What reports have in common is worked out once, and reaches only those that it is the same for."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from src.codebook.periods import parse_period
from src.reports import open_report
from src.reports.context import district
from src.reports.run import engine

GIVEN = {"period": "2021-01/2021-09", "compare": "previous_year", "audience": "internal"}
AREA = {"lang": "zh", "public": ("district", "street", "community")}


@pytest.fixture
def worked_out(on_sample, monkeypatch):
    monkeypatch.setattr(district, "worked_out", {})
    district.work_out(**GIVEN | {"period": parse_period(GIVEN["period"])})
    return district.worked_out


@pytest.mark.parametrize("audience", ["internal", "public"])
def test_it_is_what_a_report_would_have_found_by_itself(on_sample, monkeypatch, audience):
    alone = open_report("district", **GIVEN | {"audience": audience}, **AREA).district
    monkeypatch.setattr(district, "worked_out", {})
    district.work_out(parse_period(GIVEN["period"]), GIVEN["compare"], audience)
    found = open_report("布吉街道", **GIVEN | {"audience": audience}, **AREA).district
    assert found in district.worked_out.values() and found is not alone
    for name in district.FOR_ALL[audience]:
        assert name in vars(found)
        test = pd.testing.assert_series_equal if name == "change" else pd.testing.assert_frame_equal
        test(getattr(found, name), getattr(alone, name))


@pytest.mark.parametrize("other", [{"period": "2021-01/2021-06"}, {"compare": "2019"}, {"audience": "public"}])
def test_a_report_that_asks_for_something_else_has_none_of_it(worked_out, other):
    assert open_report("布吉街道", **GIVEN, **AREA).district in worked_out.values()
    assert open_report("布吉街道", **GIVEN | other, **AREA).district not in worked_out.values()


def test_tables_of_another_build_are_not_taken_for_these(worked_out):
    run = open_report("布吉街道", **GIVEN, **AREA)
    later = replace(run.build, fingerprint="of later deliveries")
    assert district.district_of(later, run.period, run.compare, run.audience) not in worked_out.values()


def test_it_knows_no_area_and_no_language():
    assert {field.name for field in fields(district.District)} == {"build", "period", "compare", "audience"}


@pytest.mark.skipif(not engine.available(), reason="forking is for Linux")
def test_reports_that_begin_at_once_find_the_server_running():
    engine.start_server()
    with ThreadPoolExecutor(8) as pool:
        begun = [pool.submit(engine.start_server) for _ in range(2000)]
    assert {call.exception() for call in begun} == {None}


SCRIPT = """
import nbformat
from src.ingest.parallel import apart
from src.reports.run import engine
from src.reports.run.cells import run_cells

engine.start_server("2021-01/2021-06", "2019", "internal")
done = apart(run_cells, nbformat.read("before.ipynb", 4), heard=id, seconds=60)
print(done.cells[0].outputs[0].data["text/plain"])
"""
CELL = """
from src.reports.context.district import worked_out
[(str(key[1]), *key[2:], "rates" in vars(known)) for key, known in worked_out.items()]
"""


@pytest.mark.slow  # starts a fork server of its own
@pytest.mark.skipif(not engine.available(), reason="forking is for Linux")
def test_the_processes_of_reports_are_forked_with_it(on_sample, tmp_path):
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=[new_code_cell(CELL)], metadata=kernel), tmp_path / "before.ipynb")
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[('2021-01/2021-06', '2019', 'internal', True)]"
