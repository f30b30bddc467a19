"""The package as scripts meet it: importable from anywhere, and only under its own name."""

import doctest
import importlib
import pkgutil
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import src.analysis as package
from src.codebook import paths

SCRIPT = """
import sys
from src.analysis import load_incidents, read_table
assert callable(load_incidents) and callable(read_table)
try:
    import analysis
except ModuleNotFoundError:
    print("whole")
"""


@pytest.mark.parametrize("folder", ["elsewhere", *(pytest.param(n, marks=pytest.mark.slow) for n in ("", "notebooks"))])
def test_a_script_in_any_folder_imports_the_package_and_not_its_bare_name(tmp_path, folder):
    (tmp_path / "mine.py").write_text(SCRIPT, encoding="utf-8")
    cwd = tmp_path if folder == "elsewhere" else paths.ROOT / folder
    done = subprocess.run([sys.executable, str(tmp_path / "mine.py")], cwd=cwd, capture_output=True, text=True)
    assert done.stdout.strip() == "whole", done.stderr


@pytest.mark.parametrize("name", package.__all__)
def test_every_public_name_is_there_and_says_what_it_answers(name):
    thing = getattr(package, name)
    assert thing.__doc__.strip().splitlines()[0].rstrip(")").endswith((".", "?"))
    assert name in dir(package)


def test_star_and_tab_give_the_public_names_alone_each_of_one_module():
    given = {}
    exec("from src.analysis import *", given)
    assert set(given) - {"__builtins__"} == set(package.__all__) == set(dir(package))
    assert {"read_table", "load_incidents", "period_change", "plot_funnel", "use_style"} <= set(given)
    homes = [importlib.import_module(part.name) for part in pkgutil.walk_packages(package.__path__, "src.analysis.")]
    listed = [name for home in homes for name in getattr(home, "__all__", ())]
    assert len(listed) == len(set(listed))


def test_every_example_runs_on_the_sample(on_sample, capsys):
    tables = {
        "projects": package.load_projects(), "incidents": package.load_incidents(), "sites": package.load_sites(),
        "communities": package.load_communities(), "published": package.load_published_figures(), "np": np, "pd": pd,
    }  # fmt: skip
    public = {name: getattr(package, name) for name in package.__all__}
    runner = doctest.DocTestRunner()
    for name, thing in public.items():
        for case in doctest.DocTestFinder(recurse=False).find(thing, name, globs=public | tables):
            runner.run(case)
    assert runner.failures == 0, capsys.readouterr().out
    assert runner.tries > 20


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'load_incidentz'"):
        _ = package.load_incidentz


def test_outside_a_checkout_the_way_out_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    with pytest.raises(RuntimeError, match="ANALYSIS_DATA"):
        importlib.import_module("src.codebook.paths").data()


# The names that scripts may rely on; one is taken away only with a note under "Numbers that change".
CONTRACT = """
    load_projects load_incidents load_communities load_sites load_published_figures read_table build LoadResult
    BuildSummary UnreadableFile DataRefused wilson_interval proportion_difference rate_interval count_ratio
    poisson_e_test participation_rate participation_overlap overlap_bounds monthly_counts bulletin period_change
    contributions moving_annual_total seasonally_adjusted xmr reporting_completeness incident_rate funnel
    shrunken_rates area_changes concentration hotspot_persistence programme_effect effect_checks
    similar_communities coverage_gap three_lists
"""


@pytest.mark.parametrize("name", CONTRACT.split())
def test_a_name_that_scripts_rely_on_is_exported(name):
    assert callable(getattr(package, name))


def test_every_chart_of_a_tidy_table_is_exported():
    drawn = set()
    for file in (paths.SRC / "analysis" / "charts").glob("*.py"):
        drawn |= set(re.findall(r"^def (plot_\w+)\(", file.read_text(encoding="utf-8"), re.MULTILINE))
    assert drawn - set(package.__all__) == set()
