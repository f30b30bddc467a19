"""`new NAME`: a notebook of one's own that runs as it stands, to be written on."""

import argparse
import re
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from src.codebook import paths, vocabulary
from src.reports.parameters import ParameterError

TITLE = """\
# {title}"""
PARAMETERS = """\
area = "district"  # district, a street (布吉街道) or a community (布吉街道/龙岭社区)
period = ""  # such as 2021-01/2021-09; empty: January to the last complete month
compare = "previous_year"  # previous_year, previous_period, 2019, three_year_mean
lang = "zh"  # zh, en
audience = "internal"
top = 5  # a parameter of this notebook's own: ./run report {name} -p top 10"""
OPENING = """\
from src import analysis as la
from src.reports import describe, open_report

report = open_report(area, period, compare, lang, audience)
incidents = report.incidents
report"""
KINDS = """\
## 哪些种类最多 | Which kinds are there most of?"""
TABLE = """\
kinds = la.period_change(incidents, report.period, report.baseline, by="kind", missing=report.gaps)
most = kinds.nlargest(top, "current")[["kind", "current", "reference", "estimate", "lower", "upper"]]
report.table(most, "最多的种类 | The kinds there are most of", percent=["estimate", "lower", "upper"])"""
MONTHS = """\
## 逐月变化 | Month by month"""
CHART = """\
monthly = la.monthly_counts(incidents, months=report.months)
ax = la.plot_monthly_counts(monthly, lang=lang)  # an Axes: change it here
report.show(ax, monthly, describe.monthly(monthly, lang))"""
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}


def main(options: argparse.Namespace) -> int:
    """Write the notebook and say how to run it; raises `ParameterError` for a name that cannot be or is taken."""
    path = paths.notebooks() / f"{options.name.removesuffix('.ipynb')}.ipynb"
    if not re.fullmatch(r"[\w-]+", path.stem) or Path(options.name).name != options.name:
        raise ParameterError(vocabulary.both("new_name", name=options.name[:60]))
    try:
        with path.open("x", encoding="utf-8") as file:
            nbformat.write(notebook(path.stem), file)
    except FileExistsError:
        raise ParameterError(vocabulary.both("new_taken", name=path.name)) from None
    print(vocabulary.both("new_written", path=f"{path.parent.name}/{path.name}", name=path.stem))
    return 0


def notebook(name: str) -> nbformat.NotebookNode:
    """Return the notebook: a parameters cell, the report, one question with its table, one with its chart."""
    cells = [
        new_markdown_cell(TITLE.format(title=name)),
        new_code_cell(PARAMETERS.format(name=name), metadata={"tags": ["parameters"]}),
        new_code_cell(OPENING),
        new_markdown_cell(KINDS),
        new_code_cell(TABLE),
        new_markdown_cell(MONTHS),
        new_code_cell(CHART),
    ]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    return new_notebook(cells=cells, metadata=KERNEL)
